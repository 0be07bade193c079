"""Confluent's S3 sink copies each topic into the folder ``<s3.bucket.name>/<topics.dir>/<topic>``.

A topic that a transform renamed fails the task, because its writers belong to the partitions that it consumes.

Source: ``io.confluent.connect.s3.TopicPartitionWriter``, ``io.confluent.connect.s3.S3SinkTask``
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.object_paths import LAYOUT_KEYS, topic_folder
from kc_lineage_dagster.derive.readers.table_names import qualified, refused_rename, required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the folder that a topic's files go to."""
    folder = topic_folder(config, required(config, "s3.bucket.name"), topic_of(record))
    return (refused_rename(record) or qualified("s3", folder),)


FAMILY = SinkFamily(
    name="s3_sink",
    classes=("io.confluent.connect.s3.S3SinkConnector", "S3_SINK"),
    platform="s3",
    writes=_writes,
    naming=("s3.bucket.name", *LAYOUT_KEYS),
    never_known="folders of a partitioner that is not Confluent's own",
    spelled="bucket/folder, without scheme",
    rule="io.confluent.connect.s3.TopicPartitionWriter, io.confluent.connect.s3.S3SinkTask",
)
