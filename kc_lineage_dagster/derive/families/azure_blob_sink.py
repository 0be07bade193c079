"""Confluent's sink to Azure Blob Storage copies each topic into the folder
``<azblob.container.name>/<topics.dir>/<topic>``.

Folders are laid out as by the S3 sink. DataHub's ``abs`` source leaves the storage account out of the name, and so does
the dataset here. A topic that a transform renamed fails the task.

Source: https://docs.confluent.io/kafka-connectors/azure-blob-storage-sink/current/overview.html
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
    folder = topic_folder(config, required(config, "azblob.container.name"), topic_of(record))
    return (refused_rename(record) or qualified("abs", folder),)


FAMILY = SinkFamily(
    name="azure_blob_sink",
    classes=("io.confluent.connect.azure.blob.AzureBlobStorageSinkConnector", "AzureBlobSink"),
    platform="abs",
    writes=_writes,
    naming=("azblob.container.name", *LAYOUT_KEYS),
    never_known="folders of a partitioner that is not Confluent's own",
    spelled="container/folder, without account, as DataHub's abs source",
    rule="docs.confluent.io/kafka-connectors/azure-blob-storage-sink/current/overview.html",
)
