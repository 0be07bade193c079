"""Amazon's sink to Timestream copies all topics into one table, named
``<timestream.database.name>.<timestream.table.name>``.

Source: https://github.com/awslabs/amazon-timestream-tools/tree/mainline/integrations/kafka_connector
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily
from kc_lineage_dagster.derive.readers.places import always, place_within

_DATABASE, _TABLE = "timestream.database.name", "timestream.table.name"

FAMILY = SinkFamily(
    name="timestream_sink",
    classes=("software.amazon.timestream.TimestreamSinkConnector",),
    platform="timestream",
    writes=always(place_within("timestream", (_DATABASE,), (_TABLE,))),
    rule="https://github.com/awslabs/amazon-timestream-tools/tree/mainline/integrations/kafka_connector",
    naming=(_DATABASE, _TABLE),
    spelled="database.table (DataHub has no platform and no ingestion of it)",
)
