"""ServiceNow: one table into one topic, topics into one table."""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_PLATFORM = "servicenow"
_TABLE = place(_PLATFORM, "servicenow.table")
_RULE = "https://docs.confluent.io/kafka-connectors/servicenow/current/"
_SPELLED = "the table (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="servicenow_source",
        classes=("io.confluent.connect.servicenow.ServiceNowSourceConnector", "ServiceNowSource"),
        platform=_PLATFORM,
        reads=into_topic(_TABLE),
        rule=_RULE,
        naming=("kafka.topic", "servicenow.table"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="servicenow_sink",
        classes=("io.confluent.connect.servicenow.ServiceNowSinkConnector", "ServiceNowSink"),
        platform=_PLATFORM,
        writes=always(_TABLE),
        rule=_RULE,
        naming=("servicenow.table",),
        spelled=_SPELLED,
    ),
)
