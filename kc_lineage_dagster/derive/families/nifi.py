"""Stateless NiFi (also in Cloudera's distribution) runs a NiFi data flow as a connector: between topics and whatever
the flow reads or writes.

Only the flow knows its far end, which is not worked out. ``topics`` names a source's topic, unless
``topic.name.attribute`` lets each flow file do so.

Source: ``org.apache.nifi.kafka.connect.StatelessNiFiSourceConnector``
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import no_dataset
from kc_lineage_dagster.derive.readers.topic_sources import flows, wherever
from kc_lineage_dagster.lineage import Unresolved

_PACKAGE = "org.apache.nifi.kafka.connect"
_TOPIC, _ATTRIBUTE, _FLOW = "topics", "topic.name.attribute", "flow.snapshot"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the one topic. It is unresolved where an attribute of each flow file names the topic."""
    problem = Unresolved(_FLOW, "what the data flow reads is not worked out")
    topic = first(config, _TOPIC)
    if first(config, _ATTRIBUTE):
        yield problem
        yield wherever(None, _ATTRIBUTE)
    else:
        yield from flows((problem,), (topic,) if topic else (), _TOPIC, evidence)


_RULE = f"{_PACKAGE}.StatelessNiFiSourceConnector"

FAMILIES = (
    SourceFamily(
        name="stateless_nifi_source",
        classes=(f"{_PACKAGE}.StatelessNiFiSourceConnector",),
        platform="(the topics only)",
        reads=_reads,
        rule=_RULE,
        naming=(_TOPIC, _ATTRIBUTE),
        never_known="what the data flow reads",
    ),
    SinkFamily(
        name="stateless_nifi_sink",
        classes=(f"{_PACKAGE}.StatelessNiFiSinkConnector",),
        platform="(no dataset)",
        writes=no_dataset("is handed to a NiFi data flow, and what that writes is not worked out"),
        rule=_RULE,
        never_known="what the data flow writes",
    ),
)
