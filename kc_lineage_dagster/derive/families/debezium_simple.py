"""Connectors that exist to try things out copy nothing: the sources make their records up, the sinks write nowhere.

A source's topic is ``topic.name`` or ``topic``.

Source: ``io.debezium.connector.simple.SimpleSourceConnector``, ``org.apache.kafka.connect.tools`` (Apache Kafka),
https://github.com/scholzj/echo-sink, https://github.com/jcustenborder/kafka-connect-simulator
"""

from __future__ import annotations

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.records import Opaque, Record
from kc_lineage_dagster.lineage import Dataset

_TOOLS = "org.apache.kafka.connect.tools"
_SIMULATOR = "com.github.jcustenborder.kafka.connect.simulator"


def _reads(config: Config, evidence: Evidence) -> tuple[Record, ...]:
    """Return the one topic, which has no dataset upstream; ``MockSourceConnector`` writes none."""
    topic = first(config, "topic.name", "topic")
    return (Record(None, topic, value=Opaque()),) if topic else ()


def _writes(config: Config, record: Record) -> tuple[Dataset, ...]:
    return ()


FAMILIES = (
    SourceFamily(
        name="test_source",
        classes=(
            "io.debezium.connector.simple.SimpleSourceConnector",
            f"{_TOOLS}.VerifiableSourceConnector",
            f"{_TOOLS}.SchemaSourceConnector",
            f"{_TOOLS}.MockSourceConnector",
            f"{_SIMULATOR}.SimulatorSourceConnector",
        ),
        platform="none",
        reads=_reads,
        rule="io.debezium.connector.simple.SimpleSourceConnector, org.apache.kafka.connect.tools",
        naming=("topic.name", "topic"),
    ),
    SinkFamily(
        name="test_sink",
        classes=(
            f"{_TOOLS}.VerifiableSinkConnector",
            f"{_TOOLS}.MockSinkConnector",
            f"{_SIMULATOR}.SimulatorSinkConnector",
            "cz.scholz.kafka.connect.echosink.EchoSinkConnector",
        ),
        platform="none",
        writes=_writes,
        rule="org.apache.kafka.connect.tools, https://github.com/scholzj/echo-sink",
    ),
)
