"""Confluent's sink to Azure Data Lake Storage Gen1 copies each topic into the folder ``<topics.dir>/<topic>`` of one
account.

The account is no part of the dataset's name: it is left to the platform instance. A topic that a transform renamed
fails the task.

Source: https://docs.confluent.io/kafka-connectors/azure-data-lake-gen1-storage-sink/current/overview.html
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.object_paths import LAYOUT_KEYS, topic_folder
from kc_lineage_dagster.derive.readers.table_names import qualified, refused_rename
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    yield refused_rename(record) or qualified("adlsGen1", topic_folder(config, "", topic_of(record)))


FAMILY = SinkFamily(
    name="adls_gen1_sink",
    classes=("io.confluent.connect.azure.datalake.gen1.AzureDataLakeGen1StorageSinkConnector",),
    platform="adlsGen1",
    writes=_writes,
    rule="https://docs.confluent.io/kafka-connectors/azure-data-lake-gen1-storage-sink/current/overview.html",
    naming=LAYOUT_KEYS,
    never_known="folders of a partitioner that is not Confluent's own",
    spelled="folder; the account is left to the platform instance",
)
