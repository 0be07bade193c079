"""Confluent's sink to Google Cloud Storage copies each topic into the folder
``<gcs.bucket.name>/<topics.dir>/<topic>``.

Folders are laid out as by the S3 sink. A topic that a transform renamed fails the task.

Source: https://docs.confluent.io/kafka-connectors/gcs-sink/current/overview.html
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
    folder = topic_folder(config, required(config, "gcs.bucket.name"), topic_of(record))
    return (refused_rename(record) or qualified("gcs", folder),)


FAMILY = SinkFamily(
    name="gcs_sink",
    classes=("io.confluent.connect.gcs.GcsSinkConnector", "GcsSink"),
    platform="gcs",
    writes=_writes,
    naming=("gcs.bucket.name", *LAYOUT_KEYS),
    never_known="folders of a partitioner that is not Confluent's own",
    spelled="bucket/folder, without scheme",
    rule="docs.confluent.io/kafka-connectors/gcs-sink/current/overview.html",
)
