"""Aliyun's sink copies each topic into a folder of a bucket of its object store: ``<oss.bucket>/<topics.dir>/<topic>``.

It is built on the storage library of Confluent's sinks, and shares their layout.

Source: https://github.com/aliyun/kafka-connect-oss
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
    folder = topic_folder(config, required(config, "oss.bucket"), topic_of(record))
    return (refused_rename(record) or qualified("oss", folder),)


FAMILY = SinkFamily(
    name="oss_sink",
    classes=("com.aliyun.oss.connect.kafka.OSSSinkConnector",),
    platform="oss",
    writes=_writes,
    naming=("oss.bucket", *LAYOUT_KEYS),
    never_known="folders of a partitioner that is not Confluent's own",
    spelled="bucket/folder (DataHub has no platform and no ingestion of it)",
    rule="https://github.com/aliyun/kafka-connect-oss",
)
