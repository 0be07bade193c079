"""Other recipes that write the same entities: their receipts beside ours, and recipes that look alike while loading."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.receipts import Receipts

FORGOTTEN_AFTER = 14 * 24 * 3600  # seconds since another cluster was last read
_SHOWN = 3
_ADDRESS = ("server", "filename", "type", "config", "connection")  # fields of ``sink.config`` that say where it is


def others(state: ClusterState, identity: str | None) -> Iterator[tuple[str, frozenset[str]]]:
    """Slug and URNs of the other recipes that share this state folder and sink.

    A cluster that was not read for two weeks is one whose recipe was renamed or taken away: it holds nothing any more.
    """
    for folder in sorted(state.folder.parent.glob("*/receipts")):
        other = ClusterState(folder.parent)
        if other.folder == state.folder or time.time() - (other.index().read_at or 0) > FORGOTTEN_AFTER:
            continue
        receipts = Receipts.load(folder, read_only=True)
        if receipts.identity == identity:
            yield other.folder.name, receipts.all_urns()


def shared_flows(state: ClusterState) -> dict[str, str]:
    """DataFlows that this cluster's receipts and another recipe's both hold, with that recipe's slug."""
    own = Receipts.load(state.receipts, read_only=True)
    held = own.all_urns()
    return {
        urn: slug
        for slug, urns in others(state, own.identity)
        for urn in sorted(urns & held)
        if urn.startswith("urn:li:dataFlow:")
    }


def with_notes(files: Iterable[RecipeFile]) -> list[RecipeFile]:
    """Return the recipes with a warning at each that would overwrite what another one writes (``alike``)."""
    files = list(files)
    notes = alike(files)
    return [replace(one, warnings=(*one.warnings, notes[one.slug])) if one.slug in notes else one for one in files]


def alike(files: Iterable[RecipeFile]) -> dict[str, str]:
    """Slug -> warning, for recipes with one sink, environment and platform instance: a connector that two of their
    clusters have under one name is one DataFlow in DataHub, and each sync overwrites the other's.
    """
    groups: defaultdict[str, list[RecipeFile]] = defaultdict(list)
    for file in files:
        if not file.problem:
            groups[_place(file.data)].append(file)
    return {
        file.slug: f"{file.path}: {_names(file, same)} have the same sink, env and platform_instance: connectors of one"
        " name would overwrite each other in DataHub; give each recipe its own platform_instance"
        for same in groups.values()
        if len(same) > 1
        for file in same
    }


def _place(data: Mapping[str, Any]) -> str:
    config = (data.get("source") or {}).get("config") or {}
    sink = data.get("sink") or {}
    where = {name: value for name, value in (sink.get("config") or {}).items() if name in _ADDRESS}
    env = str(config.get("env") or "PROD").upper()
    return json.dumps([sink.get("type"), where, env, config.get("platform_instance")], sort_keys=True, default=str)


def _names(file: RecipeFile, same: list[RecipeFile]) -> str:
    names = [one.path.name for one in same if one is not file]
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    *most, last = ["it", *names[:_SHOWN], *more]
    return f"{', '.join(most)} and {last}"
