"""Single message transforms: from ``transforms.*`` of a configuration to steps that carry topic and fields together.

``chain`` reads the keys, ``steps`` runs the chain forwards and backwards. ``kafka``, ``confluent``, ``debezium``,
``aiven``, ``jcustenborder`` and ``others`` hold the transforms by who wrote them: for each class a builder, from its
options (``TransformOptions``) to a ``Transform``. The docstring of a builder says what its transform does to a record,
and by which source.
"""
