"""Kafka Backup copies each topic into a folder of its name, and back.

``target.dir`` is the folder that the sink writes to, ``source.dir`` the one that the source restores ``topics`` from.

Source: https://github.com/itadventurer/kafka-backup (docs/Kafka_Connect.md)
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_TARGET, _SOURCE = "target.dir", "source.dir"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    folder = first(config, _TARGET)
    yield _folder(folder, topic_of(record)) if folder else Unresolved(_TARGET, "is not set")


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    folder, topics = first(config, _SOURCE), items(config.get("topics"))
    if not folder:
        yield Unresolved(_SOURCE, "is not set")
    if not topics:
        yield Unresolved("topics", "is not set")
    yield from (Record(_folder(folder, topic) if folder else None, topic) for topic in topics)


def _folder(folder: str, topic: str) -> Dataset:
    return Dataset("file", f"{folder.rstrip('/')}/{topic}")


_RULE = "https://github.com/itadventurer/kafka-backup"
_SPELLED = "folder/topic"

FAMILIES = (
    SourceFamily(
        name="kafka_backup_source",
        classes=("de.azapps.kafkabackup.source.BackupSourceConnector",),
        platform="file",
        reads=_reads,
        rule=_RULE,
        naming=(_SOURCE, "topics"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="kafka_backup_sink",
        classes=("de.azapps.kafkabackup.sink.BackupSinkConnector",),
        platform="file",
        writes=_writes,
        rule=_RULE,
        naming=(_TARGET,),
        spelled=_SPELLED,
    ),
)
