"""Take over the state that release 0.1 left, a folder of JSON files per cluster, into the database; then delete it.

<slug>/index.json               which snapshot is current; what was last derived and emitted per connector
<slug>/snapshots/<digest>.json  what the cluster answered
<slug>/lineage.json             the lineage as last derived
<slug>/receipts/                receipts.json, and receipts.journal: a line per change since
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.connect.snapshot import PROPERTIES, Connector, Note, Offset, Snapshot, TaskState, sorted_by_name
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, FieldEdge, Unresolved
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.cluster_state import ClusterState, Derived, Emitted
from kc_lineage_dagster.state.place import default_folder
from kc_lineage_dagster.state.receipts import ALIVE, REMOVING, UNKNOWN, Held, Receipts, SinkFacts

_log = logging.getLogger(__name__)

_Entities = dict[str, dict[str, dict[str, str]]]  # connector -> URN -> aspect -> hash


def take_over(state: ClusterState, home: Path, environ: Mapping[str, str] | None = None) -> None:
    """Take over what release 0.1 left of a cluster, where it left anything, and delete its files.

    A damaged file is left out, with a warning in the log; what it held is sent to DataHub again.

    Args:
        state: Of the cluster.
        home: See ``place.place_of``.
        environ: See ``place.place_of``.
    """
    folder = state.folder or default_folder(home, environ) / state.slug
    if not (folder / "index.json").is_file():
        return
    if state.facts() is None:
        _copy(state, folder)
        _log.warning("the state that release 0.1 left in %s was taken over into %s", folder, state.database.place.shown)
    for name in ("receipts", "snapshots"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in (*folder.glob(".*.tmp"), folder / "lineage.json", folder / "index.json"):
        path.unlink(missing_ok=True)


def _copy(state: ClusterState, folder: Path) -> None:
    """Write what the files of one cluster hold into the database."""
    index = _document(folder / "index.json")
    snapshot = _snapshot(folder / "snapshots" / f"{index.get('snapshot')}.json")
    emitted = {name: Emitted(str(one["config"]), str(one["lineage"])) for name, one in _known(index)}
    for chunk in chunks(_lineages(folder / "lineage.json")):
        rows = [Derived(one, codec.lineages().dump(one), emitted.get(one.connector)) for one in chunk]
        with state.database.writing() as connection:
            state.remember(connection, rows)
    _copy_receipts(state, folder / "receipts")
    if snapshot is not None:  # stored last, because ``take_over`` takes a state with a snapshot for complete
        number = state.begin_reading()
        for part in chunks(snapshot.connectors):
            state.save_connectors(number, part)
        state.finish_reading(number, snapshot)
        state.derived_by(index.get("version"))


def _copy_receipts(state: ClusterState, folder: Path) -> None:
    """Write the receipts into the database; texts that are no hash of 32 digits (``?``, ``removing``) are left out."""
    facts, entities = _receipts(folder)
    receipts = Receipts(state)
    held = {
        urn: Held(
            connector or None, _state(aspects), {name: value for name, value in aspects.items() if len(value) == 32}
        )
        for connector, urns in entities.items()
        for urn, aspects in urns.items()
    }
    for chunk in chunks(held.items()):
        with state.database.writing() as connection:
            receipts.store(connection, dict(chunk))
    receipts.note(facts)


def _state(aspects: Mapping[str, str]) -> str:
    """Return the state of an entity; release 0.1 wrote ``?`` for a hash that is not relied on."""
    status = aspects.get("status")
    if status == "removing":
        return REMOVING
    return ALIVE if status and status != "?" else UNKNOWN


def _document(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; an empty one when there is no file or no object, or the file is damaged."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("%s cannot be read and is left out: %s", path, error)
        return {}
    return found if isinstance(found, dict) else {}


def _known(index: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the name and the entry of each connector in ``index.json`` that was derived and emitted."""
    connectors = index.get("connectors")
    for name, one in connectors.items() if isinstance(connectors, dict) else ():
        if isinstance(one, dict) and {"config", "lineage"} <= one.keys():
            yield name, one


def _snapshot(path: Path) -> Snapshot | None:
    """Return the snapshot in a file; None when there is none, or the file is damaged."""
    document = _document(path)
    try:
        return _snapshot_of(document) if document else None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        _log.warning("%s cannot be read and is left out: %s: %s", path, type(error).__name__, error)
        return None


def _snapshot_of(document: Mapping[str, Any]) -> Snapshot:
    """Return what a document of format 1, the only one of release 0.1, says."""
    if document.get("format") != 1:
        raise ValueError(f"a snapshot of format 1 was expected, found {document.get('format')!r}")
    return Snapshot(
        source=document["source"],
        version=document["version"],
        kafka_cluster_id=document["kafka_cluster_id"],
        connectors=sorted_by_name(_connector(entry) for entry in document["connectors"]),
        unread=dict(document["unread"]),
        plugin_classes=frozenset(document["plugin_classes"]),
        password_keys={name: frozenset(keys) for name, keys in document["password_keys"].items()},
    )


def _connector(document: Mapping[str, Any]) -> Connector:
    topics = document["topics"]
    return Connector(
        name=document["name"],
        kind=document["kind"],
        config=dict(document["config"]),
        state=document["state"],
        trace=document["trace"],
        tasks=tuple(TaskState(task["id"], task["state"], task["trace"]) for task in document["tasks"]),
        topics=None if topics is None else tuple(topics),
        offsets=tuple(Offset(at["partition"], at["offset"]) for at in document["offsets"]),
        task_configs=tuple(dict(config) for config in document["task_configs"]),
        notes=tuple(map(_note, document["notes"])),
    )


def _note(text: str) -> Note:
    """Return a note that release 0.1 kept as one text: what it is about, and what is so."""
    about, _, said = text.partition(": ")
    return Note(about, said, failed=about != PROPERTIES and "does not offer" not in said)


def _lineages(path: Path) -> Iterator[ConnectorLineage]:
    """Yield the records of ``lineage.json``, a JSON list; none when one of them is damaged."""
    try:
        records = json.loads(path.read_bytes())
        yield from [_lineage(one) for one in records]
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        _log.warning("%s cannot be read and is left out: %s", path, error)


def _lineage(data: Mapping[str, Any]) -> ConnectorLineage:
    def edge(one: Mapping[str, Any]) -> Edge:
        fields = tuple(FieldEdge(tuple(field["upstream"]), field["downstream"]) for field in one["fields"])
        upstream = Dataset(**one["upstream"]) if one["upstream"] else None
        return Edge(upstream, Dataset(**one["downstream"]), fields, one["evidence"])

    unresolved = tuple(Unresolved(**one) for one in data["unresolved"])
    return ConnectorLineage(**{**data, "edges": tuple(map(edge, data["edges"])), "unresolved": unresolved})


def _receipts(folder: Path) -> tuple[SinkFacts, _Entities]:
    """Return what ``receipts.json`` holds after the changes in ``receipts.journal``."""
    document = _document(folder / "receipts.json")
    found = _Replay(
        document.get("identity"),
        document.get("incarnation"),
        document.get("baseline"),
        document.get("connectors") or {},
    )
    try:
        lines = (folder / "receipts.journal").read_bytes().split(b"\n")
    except OSError:
        lines = []
    for line in lines:
        try:
            operation, *arguments = json.loads(line)
            getattr(found, f"do_{operation}")(*arguments)
        except (ValueError, TypeError, AttributeError):
            continue  # the line is empty, torn by a kill, or of a release in between
    return SinkFacts(found.identity, found.incarnation, found.baseline), found.connectors


class _Replay:
    """The document ``receipts.json`` of release 0.1, with a method ``do_...`` for each operation of its journal."""

    def __init__(
        self, identity: str | None, incarnation: str | None, baseline: int | None, connectors: _Entities
    ) -> None:
        self.identity, self.incarnation, self.baseline, self.connectors = identity, incarnation, baseline, connectors

    def do_ack(self, rows: list[list[str]]) -> None:
        for connector, urn, aspect, content in rows:
            self.connectors.setdefault(connector, {}).setdefault(urn, {})[aspect] = content

    def do_gone(self, urns: list[str]) -> None:
        for entities in self.connectors.values():
            for urn in urns:
                entities.pop(urn, None)

    def do_removing(self, urns: list[str]) -> None:
        for urn in urns:
            owner = next((name for name, entities in self.connectors.items() if urn in entities), "")
            self.connectors.setdefault(owner, {}).setdefault(urn, {})["status"] = "removing"

    def do_distrust(self) -> None:
        for entities in self.connectors.values():
            for aspects in entities.values():
                aspects.update({name: "?" for name, content in aspects.items() if content != "removing"})

    def do_forget(self, connector: str) -> None:
        self.connectors.pop(connector, None)

    def do_reset(self, identity: str, incarnation: str | None) -> None:
        self.identity, self.incarnation, self.baseline, self.connectors = identity, incarnation, None, {}

    def do_is(self, identity: str, incarnation: str | None) -> None:
        self.identity, self.incarnation = identity, incarnation

    def do_baseline(self, entities: int | None) -> None:
        self.baseline = entities
