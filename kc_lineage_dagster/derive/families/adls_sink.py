"""Confluent's sink to Azure Data Lake Storage Gen2 copies each topic into the folder ``<topic>`` of the file system
``<topics.dir>``.

There is no key for the file system: ``topics.dir`` is it. The platform is ``abs``, because DataHub has no ingestion
that emits ``adlsGen2``, and all its sources that meet Azure storage name it ``abs``. A topic that a transform renamed
fails the task.

Source: https://docs.confluent.io/kafka-connectors/azure-data-lake-gen2-storage-sink/current/overview.html
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.object_paths import LAYOUT_KEYS, topic_folder, topics_dir
from kc_lineage_dagster.derive.readers.table_names import qualified, refused_rename
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the folder that a topic's files go to."""
    if not topics_dir(config):
        return (Unresolved("topics.dir", "is blank, so the file system is not known"),)
    return (refused_rename(record) or qualified("abs", topic_folder(config, "", topic_of(record))),)


FAMILY = SinkFamily(
    name="adls_sink",
    classes=("io.confluent.connect.azure.datalake.gen2.AzureDataLakeGen2SinkConnector", "AzureDataLakeGen2Sink"),
    platform="abs",
    writes=_writes,
    naming=LAYOUT_KEYS,
    never_known="folders of a partitioner that is not Confluent's own",
    spelled="file system/folder, without account, as DataHub's abs source",
    rule="docs.confluent.io/kafka-connectors/azure-data-lake-gen2-storage-sink/current/overview.html",
)
