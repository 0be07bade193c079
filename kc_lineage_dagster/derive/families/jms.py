"""Confluent's connectors for JMS brokers copy one queue or topic of the broker into one Kafka topic, and topics into
one queue or topic.

``jms.destination.name`` names the place in the broker, ``kafka.topic`` a source's topic. The connectors differ in the
client library they carry and share the keys that name places. IBM's own connectors, whose keys differ, are in
``ibm_mq``.

Source: https://docs.confluent.io/kafka-connectors/jms-source/current/, and the pages of the other brokers beside it
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import Family, SinkFamily, SourceFamily, no_internal_topics
from kc_lineage_dagster.derive.readers.places import always, place
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_DESTINATION = "jms.destination.name"
_DOCS = "https://docs.confluent.io/kafka-connectors"


def _is_state_topic(config: Config, topic: str) -> bool:
    """Tell whether a source keeps the state of its exactly-once delivery in the topic."""
    return topic == first(config, "state.topic.name")


@dataclass(frozen=True, slots=True)
class _Broker:
    """One broker and the connectors that read and write it.

    Args:
        platform: DataHub's id.
        page: What the connectors are called in the addresses of Confluent's documentation.
        source: The name of the family of sources, then its classes.
        sink: The name of the family of sinks, then its classes; () where there is none.
        internal: Whether a topic is the source's own book-keeping (see ``SourceFamily``).
    """

    platform: str
    page: str
    source: tuple[str, ...]
    sink: tuple[str, ...] = ()
    internal: Callable[[Config, str], bool] = no_internal_topics


_BROKERS = (
    _Broker(
        "activemq",
        "activemq",
        source=("activemq_source", "io.confluent.connect.activemq.ActiveMQSourceConnector", "ActiveMQSource"),
        sink=("activemq_sink", "io.confluent.connect.jms.ActiveMqSinkConnector"),
    ),
    _Broker(
        "ibm-mq",
        "ibmmq",
        source=("ibm_mq_source_confluent", "io.confluent.connect.ibm.mq.IbmMQSourceConnector", "IbmMQSource"),
        sink=("ibm_mq_sink_confluent", "io.confluent.connect.jms.IbmMqSinkConnector", "IbmMqSink"),
        internal=_is_state_topic,
    ),
    _Broker(
        "jms",
        "jms",
        source=("jms_source", "io.confluent.connect.jms.JmsSourceConnector", "JMSSource"),
        sink=("jms_sink", "io.confluent.connect.jms.JmsSinkConnector"),
    ),
    _Broker(
        "solace",
        "solace",
        source=("solace_source", "io.confluent.connect.solace.SolaceSourceConnector", "SolaceSource"),
        sink=("solace_sink", "io.confluent.connect.jms.SolaceSinkConnector", "SolaceSink"),
    ),
    _Broker(
        "tibco",
        "tibco",
        source=("tibco_source", "io.confluent.connect.tibco.TibcoSourceConnector", "TIBCOSource"),
        sink=("tibco_sink", "io.confluent.connect.jms.TibcoSinkConnector"),
    ),
    _Broker(
        "weblogic",
        "weblogic",
        source=("weblogic_source", "io.confluent.connect.weblogic.WeblogicSourceConnector"),
    ),
)


def _families(broker: _Broker) -> Iterator[Family]:
    spelled = "the queue or topic (DataHub has no platform and no ingestion of it)"
    yield SourceFamily(
        name=broker.source[0],
        classes=broker.source[1:],
        platform=broker.platform,
        reads=into_topic(place(broker.platform, _DESTINATION)),
        rule=f"{_DOCS}/{broker.page}-source/current/",
        naming=("kafka.topic", _DESTINATION),
        internal=broker.internal,
        spelled=spelled,
    )
    if broker.sink:
        yield SinkFamily(
            name=broker.sink[0],
            classes=broker.sink[1:],
            platform=broker.platform,
            writes=always(place(broker.platform, _DESTINATION)),
            rule=f"{_DOCS}/{broker.page}-sink/current/",
            naming=(_DESTINATION,),
            spelled=spelled,
        )


FAMILIES = tuple(family for broker in _BROKERS for family in _families(broker))
