"""From a snapshot of a Connect cluster to the lineage of each connector. Pure: no dagster, no datahub, no HTTP, no
logging.

A connector's way: ``cluster`` (the connectors of one cluster) -> ``derive`` (one connector) -> ``registry`` (the family
of its class) -> ``source`` or ``sink`` (families meet transforms and evidence) -> ``source_columns`` or
``sink_columns`` (the fields of the edges).
"""
