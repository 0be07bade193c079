"""DataHub's field paths, turned into the simple paths (``after.id``) by which lineage compares columns.

Version 2 of the paths spells out types. Source: https://docs.datahub.com/docs/advanced/field-path-spec-v2. DataHub's
own downgrade splits a path at its dots first, and so breaks types with dots in their names, which Kafka Connect's JSON
schemas have; here whole tokens are removed first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kc_lineage_dagster.wording import encodable

_TOKEN = re.compile(r"\[(?:version|key|type)=[^\]]*\]\.?")
_KEY = "[key=True]"


def simple_path(path: str) -> str:
    """Return a path without the tokens of version 2; "" for a record that is one unnamed value.

    >>> simple_path("[version=2.0].[type=Envelope].[type=Value].after.[type=int].id")
    'after.id'
    """
    return _TOKEN.sub("", path).rstrip(".") if path.startswith("[version=") else path


def columns_of(paths: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the simple paths of the value (or of a table's columns), and those of a topic's key, each once, in order.

    >>> columns_of(["[version=2.0].[key=True].[type=int].id", "id", "mail"])
    (('id', 'mail'), ('id',))
    """
    value: dict[str, None] = {}
    key: dict[str, None] = {}
    for path in paths:
        simple = encodable(simple_path(path))
        if simple:
            (key if _KEY in path else value)[simple] = None
    return tuple(value), tuple(key)
