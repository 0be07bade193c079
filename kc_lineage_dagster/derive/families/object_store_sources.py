"""Sources that read object stores, Confluent's and Aiven's, copy files of S3, Google Cloud Storage, Azure and HDFS back
into topics.

Confluent's, restoring a backup (``mode=RESTORE_BACKUP``, also when nothing is said): every folder of
``<bucket>/<topics.dir>`` goes to the topic of its name. With ``mode=GENERIC``, as always in Confluent Cloud,
``topic.regex.list`` sends files below ``topics.dir`` to topics by their paths: they come from that folder, or from the
folder within it that their pattern begins with.

Aiven's: ``topic`` (or ``topics``) names the topic, and all objects go there; without it ``file.name.template`` says
where in an object's name ``{{topic}}`` stands.

Source: https://docs.confluent.io/kafka-connectors/s3-source/current/ (backup-and-restore/overview.html,
generalized/overview.html), https://github.com/Aiven-Open/cloud-storage-connectors-for-apache-kafka
(s3-source-connector/README.md)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SourceFamily
from kc_lineage_dagster.derive.readers.object_paths import (
    LAYOUT_KEYS,
    joined,
    template_folder,
    topic_folder,
    topics_dir,
)
from kc_lineage_dagster.derive.readers.table_names import required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.java_regex import literal_prefix
from kc_lineage_dagster.lineage import Dataset, Unresolved

_TEMPLATE = "file.name.template"
# characters that make a template a regular expression
_NOT_PLAIN = re.compile(r"[^\w/={}:-]")
_UNKNOWN = "is made of files chosen by name; which dataset they are is not known"


def _reads(platform: str, bucket_keys: tuple[str, ...], config: Config, evidence: Evidence) -> Iterable[Found]:
    """Return what Confluent's connectors read: folders named like their topics, or those of ``topic.regex.list``."""
    place = required(config, *bucket_keys)
    if isinstance(place, Unresolved):
        return (place,)
    bucket = (place.partition("://")[2] or place).rstrip("/")
    chosen = [item.partition(":")[::2] for item in items(first(config, "topic.regex.list")) if ":" in item]
    if (first(config, "mode") or ("GENERIC" if chosen else "RESTORE_BACKUP")).upper() == "GENERIC":
        folders = ((topic.strip(), _folder_of(pattern, topics_dir(config))) for topic, pattern in chosen)
        return tuple(Record(Dataset(platform, joined(bucket, folder)), topic) for topic, folder in folders)

    def origin(topic: str) -> Record | Unresolved:
        folder = topic_folder(config, bucket, topic)
        return folder if isinstance(folder, Unresolved) else Record(Dataset(platform, folder), topic)

    return (Selection(f"folders of {platform}:{bucket}/{topics_dir(config)}".rstrip("/"), origin),)


def _folder_of(pattern: str, top: str) -> str:
    """Return the folder of all paths that match a pattern: the pattern's plain beginning, or ``topics.dir``."""
    below = literal_prefix(pattern).rpartition("/")[0]
    return below if not top or below == top or below.startswith(f"{top}/") else top


def _reads_aiven(
    platform: str, bucket_key: str, prefix_key: str, config: Config, evidence: Evidence
) -> Iterable[Found]:
    """Return what Aiven's connectors read: the folder that a template gives for a topic, or only the topic."""
    bucket = required(config, bucket_key)
    if isinstance(bucket, Unresolved):
        return (bucket,)
    template = re.sub(r"\s", "", first(config, _TEMPLATE) or "")
    path = (first(config, prefix_key) or "") + _NOT_PLAIN.split(template, maxsplit=1)[0]
    named = items(first(config, "topic", "topics"))
    if named or "{{topic}}" not in template:
        folder = template_folder(bucket, path.partition("{{")[0], "")
        return tuple(found for topic in named for found in _all_of(platform, folder, topic))

    def origin(topic: str) -> Record | Unresolved:
        folder = template_folder(bucket, path, topic)
        if folder is None:
            return Unresolved(topic, _UNKNOWN, topic=topic)
        return Record(Dataset(platform, folder), topic)

    return (Selection(f"objects of {platform}:{bucket} named {template}", origin),)


def _all_of(platform: str, folder: str | None, topic: str) -> tuple[Found, ...]:
    if folder is None:
        return Record(None, topic), Unresolved(f"origin of {topic}", _UNKNOWN)
    return (Record(Dataset(platform, folder), topic),)


def _confluent(name: str, platform: str, bucket_keys: tuple[str, ...], *classes: str) -> SourceFamily:
    return SourceFamily(
        name=name,
        classes=classes,
        platform=platform,
        reads=partial(_reads, platform, bucket_keys),
        naming=(*bucket_keys, *LAYOUT_KEYS, "mode", "topic.regex.list"),
        never_known="folders of a partitioner that is not Confluent's own",
        spelled="bucket/folder, without scheme",
        rule="docs.confluent.io/kafka-connectors/s3-source/current/backup-and-restore/overview.html",
    )


def _aiven(name: str, platform: str, bucket_key: str, prefix_key: str, *classes: str) -> SourceFamily:
    return SourceFamily(
        name=name,
        classes=classes,
        platform=platform,
        reads=partial(_reads_aiven, platform, bucket_key, prefix_key),
        naming=(bucket_key, prefix_key, _TEMPLATE, "topic", "topics"),
        never_known="the datasets behind templates that give topics no folder",
        spelled="bucket/folder, without scheme",
        rule="io.aiven.kafka.connect.common.config.FileNameFragment",
    )


FAMILIES = (
    _confluent("s3_source", "s3", ("s3.bucket.name",), "io.confluent.connect.s3.source.S3SourceConnector", "S3Source"),
    _confluent("gcs_source", "gcs", ("gcs.bucket.name",), "io.confluent.connect.gcs.GcsSourceConnector", "GcsSource"),
    _confluent(
        "hdfs_source",
        "hdfs",
        ("store.url", "hdfs.url"),
        "io.confluent.connect.hdfs2.Hdfs2SourceConnector",
        "io.confluent.connect.hdfs3.Hdfs3SourceConnector",
    ),
    _confluent(
        "azure_blob_source",
        "abs",
        ("azblob.container.name",),
        "io.confluent.connect.azure.blob.storage.AzureBlobStorageSourceConnector",
        "AzureBlobSource",
    ),
    _aiven(
        "aiven_s3_source",
        "s3",
        "aws.s3.bucket.name",
        "aws.s3.prefix",
        "io.aiven.kafka.connect.s3.source.S3SourceConnector",
        "io.aiven.kafka.connect.s3.S3SourceConnector",
    ),
    _aiven(
        "aiven_azure_blob_source",
        "abs",
        "azure.storage.container.name",
        "azure.blob.prefix",
        "io.aiven.kafka.connect.azure.source.AzureBlobSourceConnector",
    ),
)
