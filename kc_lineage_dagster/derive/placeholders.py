"""Recognizes texts that stand for another text: references that the worker resolves, and placeholders that a template
left.

None of them is a name: a dataset or topic is never drawn under such a text.
"""

from __future__ import annotations

import re

from kc_lineage_dagster.derive.config import REFERENCE, Config, is_reference
from kc_lineage_dagster.lineage import KAFKA, REDACTED, WITHHELD, Dataset, Edge, Unresolved

_TAKEN = (
    "was taken for a secret and is not shown: if it names a topic, table or file, say so under generic_connectors of "
    "the recipe"
)

# ${PREFIX} {{ prefix }} #{prefix} $(PREFIX) <prefix> <%= prefix %> %prefix% @prefix@ $PREFIX __PREFIX__: of shells,
# Helm and Ansible, Octopus, Kubernetes and Azure pipelines, documentation, ERB, Windows, Maven, shells again, sed
_IN_TEXT = (
    r"\$\{[A-Z][A-Z0-9_]*(?::?[-?][^{}]*)?\}",
    r"\{\{(?!\s*(?:topic|partition|start_offset|timestamp|key|utc_date|local_date)\b)[^{}]*\}\}",
    r"(?<!\?)(?<!\?P)<[A-Z][A-Z0-9 _-]*>",
    r"(?<!\?)(?<!\?P)<%=?[^<>]*%>",
)
# shapes that statements and conditions may hold (LIKE '%a%', a <b and c> d), so only in texts without blanks
_IN_NAME = (
    *_IN_TEXT,
    r"\$\([A-Za-z_][\w.]*\)",
    r"[#@%]\{[^{}]*\}",
    r"(?<!\?)(?<!\?P)< ?[A-Za-z_][\w .:-]*>",
    r"%[A-Za-z_]\w*%",
    r"@[A-Za-z_][\w.]*@",
    # names do not begin with $; inside one it is a letter like others (V$SESSION, Company_$Item)
    r"\A\$+[A-Za-z_]\w*",
    r"(?<=[/.:,=@_-])\$+[A-Z][A-Z0-9_]+(?![\w $])",
    r"(?<!\w)__[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*__(?!\w)",
)
# what is left in a name that is finished, after the connector has filled in its own variables
_LEFT = (*_IN_NAME, r"\$\{[^{}]*\}", r"\{\{[^{}]*\}\}", r"(?<![\w\\])\{[A-Za-z_][\w ./-]*\}")
_TEXT, _NAME, _FINISHED = (re.compile("|".join(shapes)) for shapes in (_IN_TEXT, _IN_NAME, _LEFT))
# spares most texts the long expressions
_MARKS = re.compile(r"[$#@%]\{|\$[(A-Za-z_]|\{[{A-Za-z_]|<|%[A-Za-z_]|@[A-Za-z_]|__[A-Z]")

# https://<redacted>@host/queue and ?sig=<redacted> name what they named before their credentials were taken out
_CREDENTIALS = re.compile(rf"{REDACTED}@|(?<==){REDACTED}")
_TOPIC = re.compile(r"[a-zA-Z0-9._-]{1,249}")  # org.apache.kafka.common.internals.Topic
# platform -> what ends the first part of a name, what that part may be, and how a name that is none is told
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html (old buckets have capitals, underscores),
# https://cloud.google.com/storage/docs/buckets#naming, com.mongodb.MongoNamespace.checkDatabaseNameValidity
_BUCKET = re.compile(r"[a-zA-Z0-9._-]+")
_NO_BUCKET = "no bucket can be called so: its name is letters, digits, dots, dashes and underscores, without a scheme"
_DATABASE = re.compile(r'[^/\\ "$\0]+')
_NO_DATABASE = "no database of MongoDB can be called so: not with blanks, slashes, quotes or dollars"
_FIRST_PARTS = {
    "s3": ("/", _BUCKET, _NO_BUCKET),
    "gcs": ("/", _BUCKET, _NO_BUCKET),
    "mongodb": (".", _DATABASE, _NO_DATABASE),
}


def hidden(value: str) -> str | None:
    """Tell why the value of a key is no name yet; None when it is one, perhaps with variables of the connector's own.

    ``${topic}`` and ``{{topic}}`` are such variables; ``${PREFIX}`` and ``{{ .Values.prefix }}`` are not.
    """
    if not _MARKS.search(value):  # a reference has such a mark too
        return None
    if is_reference(value):
        return REFERENCE
    value = _CREDENTIALS.sub("", value)
    if not _MARKS.search(value):
        return None
    found = _TEXT.search(value) or (_NAME.fullmatch(value) if " " in value else _NAME.search(value))
    return unfilled(found.group()) if found else None


def unfilled(text: str) -> str:
    """Return the reason for a text that a template was never filled with, or that stands where a secret was."""
    if text in (REDACTED, WITHHELD):
        return _TAKEN
    return f"holds {text}, which looks like a placeholder of a template: render the file before it is read"


def left_over(name: str) -> str | None:
    """Return the first reference or placeholder in a finished name, None when there is none."""
    found = _FINISHED.search(name) if _MARKS.search(name) else None
    return found.group() if found else None


def _impossible(dataset: Dataset) -> str | None:
    """Tell why there can be no dataset of this name; None when there can."""
    placeholder = left_over(dataset.name)
    if placeholder is not None:
        return REFERENCE if is_reference(placeholder) else unfilled(placeholder)
    if dataset.platform == KAFKA and (not _TOPIC.fullmatch(dataset.name) or dataset.name in (".", "..")):
        return "no topic can be called so: letters, digits, dots, dashes and underscores, 249 at most"
    if dataset.platform in _FIRST_PARTS:
        end, allowed, reason = _FIRST_PARTS[dataset.platform]
        if not allowed.fullmatch(dataset.name.partition(end)[0]):
            return reason
    return None if dataset.name.strip() else "has an empty name"


def possible(item: Edge | Unresolved, config: Config) -> Edge | Unresolved:
    """Return the item unchanged; an edge to or from a dataset that cannot exist becomes unresolved, under the key that
    holds its name.

    ``config``: the entries that were read.
    """
    if isinstance(item, Unresolved):
        return item
    for dataset in (item.upstream, item.downstream):
        reason = _impossible(dataset) if dataset else None
        if dataset and reason:
            text = left_over(dataset.name)
            keys = (key for key, value in config.items() if text and text in value)
            return Unresolved(next(keys, dataset.name), reason)
    return item
