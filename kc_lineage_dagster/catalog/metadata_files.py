"""Read DataHub metadata files (``options.catalog``): the datasets and schemas that DataHub's file sink wrote.

They are read as plain JSON, because DataHub's classes take 25 times as long, and stop at the first odd record. The last
record of an aspect wins, as it would in DataHub.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kc_lineage_dagster.catalog.dataset_urns import parse_urn
from kc_lineage_dagster.catalog.field_paths import columns_of
from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema

# The largest file that is read, in bytes; some 70,000 datasets of 30 columns.
LARGEST = 1_000_000_000

_SNAPSHOT = "com.linkedin.pegasus2avro.metadata.snapshot.DatasetSnapshot"
_OF_SNAPSHOT = {
    "com.linkedin.pegasus2avro.schema.SchemaMetadata": "schemaMetadata",
    "com.linkedin.pegasus2avro.common.Status": "status",
    "com.linkedin.pegasus2avro.common.SubTypes": "subTypes",
    "com.linkedin.pegasus2avro.dataset.ViewProperties": "viewProperties",
}


def read_metadata_files(paths: Iterable[Path], env: str) -> Holdings:
    """Return the datasets of one environment.

    A file that cannot be read, and records that are not DataHub's, become notes.

    ``paths``: files, and folders whose ``*.json`` are read. ``env``: DataHub's environment, for example ``PROD``.
    """
    found = _Found(env)
    for path in _files(paths):
        found.read(path)
    return found.holdings()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.json")) if path.is_dir() else (path,)


@dataclass(slots=True)
class _Found:
    """What the files have told so far, by URN.

    Args:
        env: The environment whose datasets count.
        schemas: The schema of each dataset; None where none was told.
        removed: Whether a dataset is removed.
        views: Whether a dataset is a view; None where nothing tells.
        notes: What could not be read, one line each.
    """

    env: str
    schemas: dict[str, Schema | None] = field(default_factory=dict)
    removed: dict[str, bool] = field(default_factory=dict)
    views: dict[str, bool | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def read(self, path: Path) -> None:
        try:
            if path.stat().st_size > LARGEST:
                raise ValueError(f"it has more than {LARGEST:,} bytes")
            records = _records(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
            self.notes.append(f"options.catalog: {path.name}: cannot be read: {reason}")
            return
        odd = sum(not self._take(record) for record in records)
        if odd:
            self.notes.append(
                f"options.catalog: {path.name}: {odd} of {len(records)} records are not DataHub's: skipped"
            )

    def _take(self, record: Any) -> bool:
        """Take up one record; tell whether it is one of DataHub's, whatever it is about."""
        if not isinstance(record, Mapping):
            return False
        proposed = record.get("proposedSnapshot")
        if isinstance(proposed, Mapping):
            snapshot = proposed.get(_SNAPSHOT)
            return not isinstance(snapshot, Mapping) or self._snapshot(snapshot)
        urn, name = record.get("entityUrn"), record.get("aspectName")
        if not isinstance(urn, str) or not isinstance(name, str):
            return isinstance(record.get("entityType"), str)
        if record.get("changeType", "UPSERT") == "DELETE":
            self.removed[urn] = True
            return True
        if record.get("changeType") == "PATCH":
            return True
        aspect = _content(record.get("aspect"))
        return aspect is None or self._aspect(urn, name, aspect)

    def _snapshot(self, snapshot: Mapping[str, Any]) -> bool:
        urn, aspects = snapshot.get("urn"), snapshot.get("aspects")
        if not isinstance(urn, str) or not isinstance(aspects, list):
            return False
        self._dataset(urn)
        named = ((str(name), one[name]) for one in aspects if isinstance(one, Mapping) for name in one)
        taken = [self._aspect(urn, _OF_SNAPSHOT.get(name, name), content) for name, content in named]
        return all(taken)

    def _aspect(self, urn: str, name: str, content: Any) -> bool:
        if not self._dataset(urn):
            return True
        if not isinstance(content, Mapping):
            return False
        if name == "schemaMetadata":
            self.schemas[urn] = schema_of(content)
        elif name == "subTypes" and not self.views.get(urn):
            self.views[urn] = is_view(content.get("typeNames"))
        elif name == "viewProperties":
            self.views[urn] = True
        elif name == "status":
            self.removed[urn] = content.get("removed") is True
        return True

    def _dataset(self, urn: str) -> bool:
        if not urn.startswith("urn:li:dataset:"):
            return False
        self.schemas.setdefault(urn, None)
        return True

    def holdings(self) -> Holdings:
        """Return what was found, without datasets that are removed or of another environment."""
        platforms: defaultdict[str, dict[str, Schema]] = defaultdict(dict)
        for urn, schema in self.schemas.items():
            parsed = parse_urn(urn)
            if parsed and parsed.env == self.env and not self.removed.get(urn):
                platforms[parsed.platform][parsed.name] = replace(schema or Schema(), view=self.views.get(urn))
        return Holdings({name: Platform(names) for name, names in platforms.items()}, notes=tuple(self.notes))


def schema_of(aspect: Mapping[str, Any]) -> Schema:
    """Return the fields that a ``schemaMetadata`` lists.

    An empty list counts as unknown, because it is what DataHub's translators give for a schema that they cannot read.

    >>> schema_of({"fields": [{"fieldPath": "id"}, {"fieldPath": "mail"}]}).fields
    ('id', 'mail')
    """
    fields = aspect.get("fields")
    paths = [one.get("fieldPath") for one in fields if isinstance(one, Mapping)] if isinstance(fields, list) else []
    value, key = columns_of(path for path in paths if isinstance(path, str))
    return Schema(value or None, key or None)


def is_view(kinds: Any) -> bool | None:
    """Tell whether the names in a ``subTypes`` say that a dataset is a view; None when they say neither.

    >>> is_view(["Materialized View"]), is_view(["Table"]), is_view(["Topic"])
    (True, False, None)
    """
    names = [str(kind).lower() for kind in kinds] if isinstance(kinds, list) else []
    if any("view" in name for name in names):
        return True
    return False if any("table" in name or "collection" in name for name in names) else None


def _content(aspect: Any) -> Any:
    """Return what an aspect holds: the object under ``json``, or the JSON in the text under ``value``."""
    if not isinstance(aspect, Mapping):
        return None
    if "json" in aspect:
        return aspect["json"]
    text = aspect.get("value")
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _records(text: str) -> list[Any]:
    """Return the records of a file: a JSON array, one object, or an object a line.

    Raises:
        ValueError: For anything else.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        lines = [line for line in text.split("\n") if line.strip()]  # U+2028 and its like may stand inside a string
        if len(lines) < 2 or not lines[0].startswith("{"):
            raise ValueError(f"it is not JSON as DataHub's file sink writes it: {error}") from None
        return [_line(line) for line in lines]
    return data if isinstance(data, list) else [data]


def _line(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
