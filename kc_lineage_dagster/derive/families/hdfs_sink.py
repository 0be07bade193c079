"""Confluent's sinks to HDFS copy each topic into the folder ``<store.url>/<topics.dir>/<topic>``, and with
``hive.integration`` into a Hive table besides.

``topics.dir`` may hold ``${topic}`` and, with ``topic.capture.groups.regex``, ``${n}``. The Hive table is
``<hive.database>.<hive.table.name>`` with dots and hyphens as underscores, in lower case as the metastore keeps it. A
topic that a transform renamed fails the task. The write-ahead log is not lineage.

Source: ``io.confluent.connect.hdfs.HdfsSinkConnectorConfig``, ``io.confluent.connect.hdfs.DataWriter``,
``io.confluent.connect.storage.hive.HiveMetaStore.tableNameConverter``
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kc_lineage_dagster.derive.config import Config, first, flag, replaced
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.readers.object_paths import LAYOUT_KEYS, topic_folder, topics_dir
from kc_lineage_dagster.derive.readers.table_names import qualified, refused_rename, required
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.java_regex import Refused, compile_java
from kc_lineage_dagster.lineage import Dataset, Unresolved

# datahub.ingestion.source.sql.hive.storage_lineage: scheme of a location -> platform
_PLATFORMS = {"hdfs": "hdfs", "s3": "s3", "s3a": "s3", "s3n": "s3", "gs": "gcs"}


def _writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
    """Return the topic's folder and, with Hive integration, the topic's table."""
    refused = refused_rename(record)
    if refused:
        return (refused,)
    folder = _folder(config, topic_of(record))
    if not flag(config, "hive.integration"):
        return (folder,)
    table = (first(config, "hive.table.name") or "${topic}").replace("${topic}", topic_of(record))
    database = first(config, "hive.database") or "default"
    return folder, qualified("hive", database.lower(), re.sub(r"[.-]", "_", table).lower())


def _folder(config: Config, topic: str) -> Dataset | Unresolved:
    url = required(config, "store.url", "hdfs.url")
    directory = _substituted(config, topics_dir(config), topic)
    if isinstance(url, Unresolved) or isinstance(directory, Unresolved):
        return next(one for one in (url, directory) if isinstance(one, Unresolved))
    scheme, _, place = url.partition("://")
    platform = _PLATFORMS.get(scheme.lower()) if place else None
    if platform is None:
        return Unresolved("store.url", "has a scheme other than hdfs, s3 and gs")
    folder = topic_folder(replaced(config, {"topics.dir": directory}), place, topic)
    return folder if isinstance(folder, Unresolved) else Dataset(platform, re.sub(r"/+", "/", folder))


def _substituted(config: Config, directory: str, topic: str) -> str | Unresolved:
    directory = directory.replace("${topic}", topic)
    pattern = first(config, "topic.capture.groups.regex")
    if pattern is None:
        return (
            Unresolved("topics.dir", "refers to groups, but topic.capture.groups.regex is not set")
            if ("${" in directory)
            else directory
        )
    compiled = compile_java(pattern)
    groups = compiled if isinstance(compiled, Refused) else compiled.captures(topic)
    if isinstance(groups, Refused):
        return Unresolved("topic.capture.groups.regex", groups.reason)
    if groups is None:
        return Unresolved(topic, "does not match topic.capture.groups.regex, and the connector fails on it")
    for index, text in enumerate((topic, *groups)):
        directory = directory.replace(f"${{{index}}}", text or "")
    return directory


FAMILY = SinkFamily(
    name="hdfs_sink",
    classes=("io.confluent.connect.hdfs.HdfsSinkConnector", "io.confluent.connect.hdfs3.Hdfs3SinkConnector"),
    platform="hdfs, hive; s3 or gcs by the scheme of store.url",
    writes=_writes,
    naming=(
        "store.url",
        "hdfs.url",
        "topic.capture.groups.regex",
        "hive.integration",
        "hive.database",
        "hive.table.name",
        *LAYOUT_KEYS,
    ),
    never_known="folders of a partitioner that is not Confluent's own",
    spelled="host:port/folder, as DataHub's Hive sources spell storage; database.table",
    rule="io.confluent.connect.hdfs.HdfsSinkConnectorConfig, io.confluent.connect.hdfs.DataWriter",
)
