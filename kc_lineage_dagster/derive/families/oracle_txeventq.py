"""Oracle's connectors for its transactional event queues (TxEventQ) copy one queue into one topic (``kafka.topic``),
and topics into one queue.

``txeventq.queue.name`` names the queue; a sink's queue is ``<txeventq.queue.schema>.<queue>``.

Source: https://github.com/oracle/okafka/tree/master/connectors
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place, place_within
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_PLATFORM = "txeventq"
_QUEUE, _SCHEMA = "txeventq.queue.name", "txeventq.queue.schema"
_RULE = "https://github.com/oracle/okafka/tree/master/connectors"

FAMILIES = (
    SourceFamily(
        name="txeventq_source",
        classes=("oracle.jdbc.txeventq.kafka.connect.source.TxEventQSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(place(_PLATFORM, _QUEUE)),
        rule=_RULE,
        naming=("kafka.topic", _QUEUE),
        spelled="the queue, in the schema of the connection (DataHub has no platform and no ingestion of it)",
    ),
    SinkFamily(
        name="txeventq_sink",
        classes=("oracle.jdbc.txeventq.kafka.connect.sink.TxEventQSinkConnector",),
        platform=_PLATFORM,
        writes=always(place_within(_PLATFORM, (_SCHEMA,), (_QUEUE,))),
        rule=_RULE,
        naming=(_SCHEMA, _QUEUE),
        spelled="schema.queue (DataHub has no platform and no ingestion of it)",
    ),
)
