"""Instaclustr's sink to S3 copies each topic into a folder of its own, below ``prefix`` in ``aws.s3.bucket``.

Source: ``com.instaclustr.kafka.connect.s3.AwsConnectorStringFormats`` (``<prefix>/<topic>/<partition>/<offsets>``),
``com.instaclustr.kafka.connect.s3.sink.AwsStorageSinkTask``
"""

from __future__ import annotations

from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.table_names import refused_rename, required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    prefix = config.get("prefix", "").strip().removesuffix("/")
    folder = f"{prefix}/{topic_of(record)}" if prefix else topic_of(record)
    bucket = required(config, "aws.s3.bucket")
    if isinstance(bucket, Unresolved):
        return (bucket,)
    return (refused_rename(record) or Dataset("s3", f"{bucket}/{folder}"),)


FAMILY = SinkFamily(
    name="instaclustr_s3_sink",
    classes=("com.instaclustr.kafka.connect.s3.sink.AwsStorageSinkConnector",),
    platform="s3",
    writes=_writes,
    naming=("aws.s3.bucket", "prefix"),
    spelled="bucket/folder, without scheme",
    rule="https://github.com/instaclustr/kafka-connect-connectors",
)
