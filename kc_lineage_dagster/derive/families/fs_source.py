"""Mario Molina's source copies the files of local and remote file systems into one topic (``topic``).

``fs.uris`` lists the folders; the scheme of each says the platform.

Source: https://kafka-connect-fs.readthedocs.io/en/latest/config_options.html
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, items
from kc_lineage_dagster.derive.family import SourceFamily
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.lineage import Dataset, Unresolved

_URIS = "fs.uris"
_PLATFORMS = {"file": "file", "hdfs": "hdfs", "s3": "s3", "s3a": "s3", "s3n": "s3", "gs": "gcs", "ftp": "ftp"}


def _places(config: Config) -> Iterator[Dataset | Unresolved]:
    uris = items(config.get(_URIS))
    for uri in uris:
        scheme, _, path = uri.partition("://")
        if "${" in path:
            yield Unresolved(uri, "holds a date or an expression, so its files lie in places that change")
        elif not path or scheme.lower() not in _PLATFORMS:
            yield Unresolved(uri, "has a scheme that is not known")
        else:
            yield Dataset(_PLATFORMS[scheme.lower()], path.rpartition("@")[2] if scheme == "ftp" else path.rstrip("/"))
    if not uris:
        yield Unresolved(_URIS, "is not set")


FAMILY = SourceFamily(
    name="fs_source",
    classes=("com.github.mmolimar.kafka.connect.fs.FsSourceConnector",),
    platform="by the scheme: file, hdfs, s3, gcs, ftp",
    reads=into_topic(_places, "topic"),
    rule="https://kafka-connect-fs.readthedocs.io/en/latest/config_options.html",
    naming=("topic", _URIS),
    never_known="URIs with expressions",
    spelled="the path, or bucket/path",
)
