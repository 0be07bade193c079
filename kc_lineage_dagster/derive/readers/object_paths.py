"""Folders of object stores and file systems that hold the data of one topic.

Source: ``io.confluent.connect.storage.partitioner`` (Confluent), ``io.aiven.kafka.connect.common.templating.Template``
(Aiven)
"""

from __future__ import annotations

import re

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.lineage import Unresolved

# io.confluent.connect.storage.partitioner; Confluent Cloud writes the simple names
_PARTITIONERS = frozenset(f"{kind}Partitioner" for kind in ("Default", "TimeBased", "Daily", "Hourly", "Field"))
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*(?::[^{}]*)?\}\}")

# the keys that decide a folder of Confluent's storage connectors
LAYOUT_KEYS = ("topics.dir", "directory.delim", "partitioner.class")


def topics_dir(config: Config) -> str:
    """Return ``topics.dir``: default ``topics``; blank means that the topics' folders lie at the top.

    >>> topics_dir({})
    'topics'
    """
    return config.get("topics.dir", "topics").strip()


def topic_folder(config: Config, root: str | Unresolved, topic: str) -> str | Unresolved:
    """Return ``<root>/<topics.dir>/<topic>``, where Confluent's storage connectors keep the data of a topic.

    Partitioners only decide what follows the topic; one nobody knows may lay out folders in any way.

    Source: ``io.confluent.connect.s3.TopicPartitionWriter``,
    ``io.confluent.connect.storage.partitioner.DefaultPartitioner``.

    Args:
        config: The connector's configuration.
        root: The bucket, or what stands above the folders; "" for nothing. An Unresolved is the answer itself.
        topic: The topic whose data lies there.

    >>> topic_folder({"topics.dir": "raw"}, "bucket", "orders")
    'bucket/raw/orders'
    """
    if isinstance(root, Unresolved):
        return root
    partitioner = first(config, "partitioner.class")
    if partitioner and not partitioner.startswith("io.confluent.connect.") and partitioner not in _PARTITIONERS:
        return Unresolved(f"partitioner.class = {partitioner}", "is not known, it may lay out folders in another way")
    if first(config, "directory.delim") not in (None, "/"):
        return Unresolved("directory.delim", "is not a slash, so objects do not lie in folders")
    return "/".join(part for part in (root, topics_dir(config), topic) if part)


def template_folder(bucket: str, template: str, topic: str) -> str | None:
    """Return the folder that the file names of a template (``{{topic}}/{{partition}}-{{start_offset}}``) certainly lie
    in; None where that is the bucket itself.

    Only text and ``{{topic}}`` before the first other variable count, up to the last slash.

    Args:
        bucket: Stands before the folder.
        template: The template of file names.
        topic: Fills ``{{topic}}``.

    >>> template_folder("bucket", "raw/{{topic}}/{{partition}}-{{start_offset}}", "orders")
    'bucket/raw/orders'
    >>> template_folder("bucket", "{{topic}}-{{partition}}", "orders") is None
    True
    """
    known, at = "", 0
    for variable in _VARIABLE.finditer(template):
        known += template[at : variable.start()]
        at = variable.end()
        if variable[1] != "topic":
            break
        known += topic
    else:
        known += template[at:]
    folder = known.rpartition("/")[0].strip("/")
    return f"{bucket}/{folder}" if folder else None


def joined(root: str, *folders: str) -> str:
    """Return a path of folders below a root, which may be ``/``; blank folders, and slashes at their ends, do not
    count.

    >>> joined("/", "data/", "orders")
    '/data/orders'
    """
    below = "/".join(part for folder in folders if (part := folder.strip().strip("/")))
    return f"{root.rstrip('/')}/{below}" if below else root
