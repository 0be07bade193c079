"""Aiven's sinks, and Redpanda's with the same keys, copy topics into files of object stores: S3, Google Cloud Storage,
Azure Blob Storage.

Files are ``<bucket>/<prefix><file name>``, the file name made by ``file.name.template``, whose default
``{{topic}}-{{partition}}-{{start_offset}}`` gives topics no folder of their own. The dataset is the folder that all
files of the topic certainly lie in; there is none where they lie at the top of the bucket or below a folder whose name
depends on time, partition or key. S3 leaves the prefix out when a template is set.

Source: ``io.aiven.kafka.connect.common.config.FileNameFragment``, ``io.aiven.kafka.connect.s3.S3SinkTask``
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.object_paths import template_folder
from kc_lineage_dagster.derive.readers.table_names import required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_TEMPLATE = "file.name.template"
_DEFAULT = "{{topic}}-{{partition}}-{{start_offset}}"


def _writes_s3(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the folder that a topic's files go to in S3."""
    bucket = required(config, "aws.s3.bucket.name", "aws_s3_bucket")
    prefix = first(config, "aws.s3.prefix", "aws_s3_prefix") or ""
    return (_folder("s3", bucket, first(config, _TEMPLATE) or f"{prefix}{_DEFAULT}", record),)


def _writes(platform: str, bucket_key: str, config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the folder that a topic's files go to in the other stores."""
    path = (first(config, "file.name.prefix") or "") + (first(config, _TEMPLATE) or _DEFAULT)
    return (_folder(platform, required(config, bucket_key), path, record),)


def _folder(platform: str, bucket: str | Unresolved, path: str, record: Record) -> Dataset | Unresolved:
    if isinstance(bucket, Unresolved):
        return bucket
    topic = topic_of(record)
    folder = template_folder(bucket, path, topic)
    if folder is None:
        return Unresolved(topic, f"its files {path} lie in no folder of bucket {bucket} that is known beforehand")
    return Dataset(platform, folder)


_NEVER = "topics whose files lie at the top of the bucket, or below a folder named by time, partition or key"
_RULE = "io.aiven.kafka.connect.common.config.FileNameFragment"

FAMILIES = (
    SinkFamily(
        name="aiven_s3_sink",
        classes=(
            "io.aiven.kafka.connect.s3.AivenKafkaConnectS3SinkConnector",
            "com.redpanda.kafka.connect.s3.S3SinkConnector",
        ),
        platform="s3",
        writes=_writes_s3,
        naming=("aws.s3.bucket.name", "aws_s3_bucket", "aws.s3.prefix", "aws_s3_prefix", _TEMPLATE),
        never_known=_NEVER,
        spelled="bucket/folder, without scheme",
        rule=f"{_RULE}, io.aiven.kafka.connect.s3.S3SinkTask",
    ),
    SinkFamily(
        name="aiven_gcs_sink",
        classes=("io.aiven.kafka.connect.gcs.GcsSinkConnector", "com.redpanda.kafka.connect.gcs.GcsSinkConnector"),
        platform="gcs",
        writes=partial(_writes, "gcs", "gcs.bucket.name"),
        naming=("gcs.bucket.name", "file.name.prefix", _TEMPLATE),
        never_known=_NEVER,
        spelled="bucket/folder, without scheme",
        rule=_RULE,
    ),
    SinkFamily(
        name="aiven_azure_blob_sink",
        classes=("io.aiven.kafka.connect.azure.sink.AzureBlobSinkConnector",),
        platform="abs",
        writes=partial(_writes, "abs", "azure.storage.container.name"),
        naming=("azure.storage.container.name", "file.name.prefix", _TEMPLATE),
        never_known=_NEVER,
        spelled="container/folder, without account",
        rule=_RULE,
    ),
)
