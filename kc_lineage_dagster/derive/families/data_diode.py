"""Confluent's data diode copies topics one way, over UDP, to a cluster that nothing comes back from.

Each end sees only its own topics. The source learns the topics' names from the packets and puts ``kafka.topic.prefix``
before them, so only its active topics tell the names.

Source: https://docs.confluent.io/kafka-connectors/data-diode/current/overview.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import no_dataset
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record

_PREFIX, _MISSING = "kafka.topic.prefix", "missing.records.topic"
_RULE = "https://docs.confluent.io/kafka-connectors/data-diode/current/overview.html"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    prefix = first(config, _PREFIX) or ""

    def origin(topic: str) -> Record | None:
        return Record(None, topic, evidence=(ACTIVE_TOPICS,)) if topic.startswith(prefix) else None

    yield Selection("topics named by the sending end", origin, frozenset({prefix}))


FAMILIES = (
    SourceFamily(
        name="data_diode_source",
        classes=("io.confluent.connect.diode.source.DataDiodeSourceConnector",),
        platform="(nothing upstream)",
        reads=_reads,
        rule=_RULE,
        naming=(_PREFIX,),
        internal=lambda config, topic: topic == first(config, _MISSING),
        never_known="the topics of the sending cluster",
    ),
    SinkFamily(
        name="data_diode_sink",
        classes=("io.confluent.connect.diode.sink.DataDiodeSinkConnector",),
        platform="(no dataset)",
        writes=no_dataset("is sent over a data diode to a cluster that this one cannot see"),
        rule=_RULE,
        never_known="the topics of the receiving cluster",
    ),
)
