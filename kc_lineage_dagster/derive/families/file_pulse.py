"""FilePulse copies the files of one folder or bucket into one topic (``topic``).

``fs.listing.class`` says where the files lie, and by that which keys name the folder or bucket. A filter may set
``$topic`` for each record: then active topics tell the topics. The topic of the files' status is book-keeping.

Source: https://streamthoughts.github.io/kafka-connect-file-pulse/docs/developer-guide/configuration/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, entries, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.topic_sources import flows, wherever
from kc_lineage_dagster.lineage import Dataset, Unresolved

# The only listing class before version 2, which has no key fs.listing.class.
_LOCAL = "LocalFSDirectoryListing"
# Simple name of the listing class -> platform, key of the bucket, keys of the path in the bucket.
_LISTINGS: dict[str, tuple[str, str | None, tuple[str, ...]]] = {
    _LOCAL: ("file", None, ("fs.listing.directory.path", "fs.scan.directory.path")),
    "AmazonS3FileSystemListing": ("s3", "aws.s3.bucket.name", ("aws.s3.bucket.prefix",)),
    "GcsFileSystemListing": ("gcs", "gcs.bucket.name", ("gcs.blobs.filter.prefix",)),
    "SftpFilesystemListing": ("sftp", None, ("sftp.listing.directory.path",)),
}
_STATUS_TOPIC = "connect-file-pulse-status"


def _origin(config: Config) -> Dataset | Unresolved:
    before_2 = first(config, "fs.scan.directory.path")
    listing = (first(config, "fs.listing.class") or (_LOCAL if before_2 else "")).rpartition(".")[2]
    if listing not in _LISTINGS:
        return Unresolved("fs.listing.class", f"{listing or 'is not set, or'} is no listing this project knows")
    platform, bucket_key, path_keys = _LISTINGS[listing]
    path = first(config, *path_keys)
    if bucket_key is None:
        return Dataset(platform, path) if path else Unresolved(path_keys[0], "is not set")
    bucket = first(config, bucket_key)
    if bucket is None:
        return Unresolved(bucket_key, "is not set")
    return Dataset(platform, "/".join(part.strip("/") for part in (bucket, path or "") if part.strip("/")))


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    origin, topic = _origin(config), first(config, "topic")
    named = entries(config, lambda key, value: key.startswith("filters.") and re.search(r"\$topic\b", value))
    yield from flows((origin,), (topic,) if topic else (), "topic", evidence)
    if named and isinstance(origin, Dataset) and evidence.topics:
        # a filter chooses the topic of each record; all of them come from the one place
        yield wherever(origin, "topic", frozenset({_status_topic(config)}))
    elif named:
        yield Unresolved("filters", "a filter sets $topic, so records may go to further topics")


def _internal(config: Config, topic: str) -> bool:
    return topic == _status_topic(config)


def _status_topic(config: Config) -> str:
    return first(config, "tasks.file.status.storage.topic") or _STATUS_TOPIC


FAMILY = SourceFamily(
    name="file_pulse",
    classes=(
        "io.streamthoughts.kafka.connect.filepulse.source.FilePulseSourceConnector",
        "io.streamthoughts.kafka.connect.filepulse.source.FilePulseSourceConnectorV2",
    ),
    platform="by fs.listing.class: file, s3, gcs, sftp",
    reads=_reads,
    rule="https://streamthoughts.github.io/kafka-connect-file-pulse/docs/developer-guide/configuration/",
    naming=(
        "topic",
        "fs.listing.class",
        *(key for _, bucket_key, path_keys in _LISTINGS.values() for key in (bucket_key, *path_keys) if key),
    ),
    internal=_internal,
    never_known="folders of other listings",
    spelled="the folder's path as configured; bucket/prefix",
)
