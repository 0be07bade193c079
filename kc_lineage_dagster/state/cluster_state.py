"""What a cluster's runs leave for the next one: JSON documents in one folder, no pickle, no secret.

    <state>/<slug>/snapshots/<digest>.json   what the cluster answered, redacted
    <state>/<slug>/index.json                which snapshot is current; what was last derived and emitted per connector
    <state>/<slug>/lineage.json              the lineage as last derived
    <state>/<slug>/lineage.html              its picture, for people
    <state>/<slug>/receipts/                 what DataHub acknowledged
    <state>/<slug>/lock                      held by the run that is at work

No file is named after a connector, so no name can escape.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.documents import read_document, read_list, unreadable, write_document, write_list
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, FieldEdge, Unresolved

STATE_VARIABLE = "KC_LINEAGE_STATE"
_SNAPSHOTS_KEPT = 3


def state_folder(slug: str, home: Path, environ: Mapping[str, str] | None = None) -> Path:
    """A cluster's folder: below ``KC_LINEAGE_STATE``, else ``$DAGSTER_HOME/kc_lineage``, else ``home/kc_lineage``."""
    variables = os.environ if environ is None else environ
    if variables.get(STATE_VARIABLE):
        return Path(variables[STATE_VARIABLE]).expanduser().absolute() / slug
    dagster_home = variables.get("DAGSTER_HOME")
    return (Path(dagster_home).expanduser().absolute() if dagster_home else home) / "kc_lineage" / slug


@dataclass(frozen=True, slots=True)
class Known:
    """What the index holds of one connector.

    ``config``: fingerprint of the configuration that was last derived and emitted. ``lineage``: fingerprint of that
    lineage. ``first_seen``: seconds since the epoch.
    """

    config: str
    lineage: str
    first_seen: float


@dataclass(frozen=True, slots=True)
class Index:
    """``index.json``. ``version``: of this package, when it last derived all connectors."""

    snapshot: str | None = None
    read_at: float | None = None
    connectors: Mapping[str, Known] = field(default_factory=dict)
    version: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterState:
    """The folder of one cluster."""

    folder: Path

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.folder / "lock"

    @property
    def receipts(self) -> Path:
        """The receipts' folder."""
        return self.folder / "receipts"

    def index(self) -> Index:
        """The index; an empty one before the first run."""
        data = read_document(self.folder / "index.json") or {}
        known = {name: Known(**one) for name, one in data.get("connectors", {}).items()}
        return Index(data.get("snapshot"), data.get("read_at"), known, data.get("version"))

    def save_index(self, index: Index) -> None:
        """Replaces the index."""
        known = {name: _plain(one) for name, one in index.connectors.items()}
        write_document(self.folder / "index.json", {**_plain(index), "connectors": known})

    def save_snapshot(self, snapshot: Snapshot) -> str:
        """Stores a snapshot under its digest and returns that; the oldest ones go."""
        folder = self.folder / "snapshots"
        write_document(folder / f"{snapshot.digest}.json", snapshot.to_json())
        oldest_first = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
        for path in oldest_first[:-_SNAPSHOTS_KEPT]:
            path.unlink(missing_ok=True)
        return snapshot.digest

    def snapshot(self, digest: str | None) -> Snapshot | None:
        """A stored snapshot."""
        data = read_document(self.folder / "snapshots" / f"{digest}.json") if digest else None
        return None if data is None else Snapshot.from_json(data)

    def lineages(self) -> dict[str, ConnectorLineage]:
        """The lineage as last derived, by connector."""
        path, dataset = self.folder / "lineage.json", lru_cache(maxsize=None)(Dataset)  # a topic is named by many
        try:
            return {one["connector"]: lineage_from(one, dataset) for one in read_list(path)}
        except (KeyError, TypeError, AttributeError) as error:  # JSON of another shape
            raise unreadable(path, error) from error

    def save_lineages(self, lineages: Iterable[ConnectorLineage]) -> None:
        """Replaces the stored lineage."""
        write_list(self.folder / "lineage.json", map(lineage_document, lineages))


def lineage_document(lineage: ConnectorLineage) -> dict[str, Any]:
    """As ``dataclasses.asdict``, in a third of its time."""

    def edge(one: Edge) -> dict[str, Any]:
        fields = [_plain(field) for field in one.fields]
        upstream = one.upstream and _plain(one.upstream)
        return {"upstream": upstream, "downstream": _plain(one.downstream), "fields": fields, "evidence": one.evidence}

    edges, unresolved = [edge(one) for one in lineage.edges], [_plain(one) for one in lineage.unresolved]
    return {**_plain(lineage), "edges": edges, "unresolved": unresolved}


def _plain(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def lineage_from(data: Mapping[str, Any], dataset: Callable[..., Dataset] = Dataset) -> ConnectorLineage:
    """The inverse of ``lineage_document``. ``dataset``: makes the datasets."""

    def edge(one: Mapping[str, Any]) -> Edge:
        fields = tuple(FieldEdge(**{**field, "upstream": tuple(field["upstream"])}) for field in one["fields"])
        upstream = dataset(**one["upstream"]) if one["upstream"] else None
        return Edge(upstream, dataset(**one["downstream"]), fields, sys.intern(one["evidence"]))

    edges, unresolved = map(edge, data["edges"]), (Unresolved(**one) for one in data["unresolved"])
    return ConnectorLineage(**{**data, "edges": tuple(edges), "unresolved": tuple(unresolved)})
