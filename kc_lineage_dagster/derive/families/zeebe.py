"""Zeebe's connectors copy jobs of workflows into the topics that the jobs' own headers name, and records into messages
to workflows.

Workflows are no datasets, and only active topics tell the topics.

Source: ``io.zeebe.kafka.connect``, https://github.com/camunda-community-hub/kafka-connect-zeebe
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import no_dataset
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record

_RULE = "io.zeebe.kafka.connect, https://github.com/camunda-community-hub/kafka-connect-zeebe"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    header = first(config, "job.header.topics") or "kafka-topic"
    yield Selection(
        f"header {header}",
        lambda topic: Record(None, topic, evidence=(ACTIVE_TOPICS,)),
        why="each job of a workflow names its topic",
    )


FAMILIES = (
    SourceFamily(
        name="zeebe_source",
        classes=("io.zeebe.kafka.connect.ZeebeSourceConnector",),
        platform="(nothing upstream)",
        reads=_reads,
        rule=_RULE,
        never_known="workflows; topics that no record was written to yet",
    ),
    SinkFamily(
        name="zeebe_sink",
        classes=("io.zeebe.kafka.connect.ZeebeSinkConnector",),
        platform="(no dataset)",
        writes=no_dataset("becomes messages to the workflows of Zeebe, which are no dataset of a catalog"),
        rule=_RULE,
        never_known="workflows",
    ),
)
