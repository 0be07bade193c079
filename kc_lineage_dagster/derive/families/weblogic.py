"""WebLogic JMS: one queue or topic of the broker."""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.places import place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_DESTINATION = ("jms.destination.name",)
_SPELLED = "the queue or topic (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="weblogic_source",
        classes=("io.confluent.connect.weblogic.WeblogicSourceConnector",),
        platform="weblogic",
        reads=into_topic(place("weblogic", *_DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/weblogic-source/current/",
        naming=("kafka.topic", *_DESTINATION),
        spelled=_SPELLED,
    ),
)
