"""TIBCO EMS: one queue or topic of the broker."""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_DESTINATION = ("jms.destination.name",)
_SPELLED = "the queue or topic (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="tibco_source",
        classes=("io.confluent.connect.tibco.TibcoSourceConnector", "TIBCOSource"),
        platform="tibco",
        reads=into_topic(place("tibco", *_DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/tibco-source/current/",
        naming=("kafka.topic", *_DESTINATION),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="tibco_sink",
        classes=("io.confluent.connect.jms.TibcoSinkConnector",),
        platform="tibco",
        writes=always(place("tibco", *_DESTINATION)),
        rule="https://docs.confluent.io/kafka-connectors/tibco-sink/current/",
        naming=_DESTINATION,
        spelled=_SPELLED,
    ),
)
