"""What several families read in the same way, so that each rule stands once.

For JDBC: ``jdbc_*`` and ``sql*``; for connectors whose topics are named after tables: ``debezium_*``, ``table_*``,
``name_lists``, ``templates``; for the long tail: ``places``, ``topic_sources``, ``topic_maps``; for what a catalog
adds: ``catalog_tables``, ``jdbc_existing``.
"""
