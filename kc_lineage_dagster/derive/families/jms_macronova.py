"""Macronova's connectors for JMS brokers copy one queue or topic of the broker (``jms.destination.name``) into the
topics of ``topics``, and topics into one queue or topic.

Source: https://github.com/macronova/kafka-connect-jms
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topics

_DESTINATION = "jms.destination.name"
_PACKAGE = "io.macronova.kafka.connect.jms"
_RULE = "https://github.com/macronova/kafka-connect-jms"
_SPELLED = "the queue or topic (DataHub has no platform and no ingestion of it)"

FAMILIES = (
    SourceFamily(
        name="jms_source_macronova",
        classes=(f"{_PACKAGE}.JmsSourceConnector",),
        platform="jms",
        reads=into_topics(place("jms", _DESTINATION), "topics"),
        rule=_RULE,
        naming=("topics", _DESTINATION),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="jms_sink_macronova",
        classes=(f"{_PACKAGE}.JmsSinkConnector",),
        platform="jms",
        writes=always(place("jms", _DESTINATION)),
        rule=_RULE,
        naming=(_DESTINATION,),
        spelled=_SPELLED,
    ),
)
