"""Find recipes that write the same entities to the same DataHub, by their receipts and by their configuration.

Two recipes may share a DataHub, and their clusters a connector's name. Where both name one DataFlow, each sync would
overwrite the other's, and removing it for one recipe would take it from the other.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select

from kc_lineage_dagster.chunks import chunks
from kc_lineage_dagster.recipe.files import RecipeFile
from kc_lineage_dagster.state import tables
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.wording import enumerated

FORGOTTEN_AFTER = 14 * 24 * 3600  # seconds since its last reading, after which another cluster holds nothing any more
_SHOWN = 4  # recipes that a warning names
_URNS = 500  # in one statement
_ADDRESS = ("server", "filename", "type", "config", "connection")  # fields of ``sink.config`` that say where it leads


def held_by_others(state: ClusterState, identity: str | None, urns: Iterable[str]) -> dict[str, str]:
    """Return URN -> slug of the other recipe, for the entities that another recipe with this state and sink holds too.

    A cluster that was not read for two weeks holds nothing any more: its recipe was renamed or taken away.

    Args:
        state: Of this recipe's cluster.
        identity: Of the sink (``emit.sinks.sink_identity``), None when nothing was sent yet.
        urns: The entities in question.
    """
    entity = tables.entity
    found: dict[str, str] = {}
    for chunk in chunks(urns, _URNS):
        with state.database.reading() as connection:
            chosen = _others(state, identity).where(entity.c.urn.in_(chunk))
            found |= {row.urn: row.cluster for row in connection.execute(chosen)}
    return found


def shared_flows(state: ClusterState) -> dict[str, str]:
    """Return URN -> slug of the other recipe, for DataFlows in the receipts of both this cluster and another one."""
    entity, sink = tables.entity, tables.sink
    own = entity.alias()
    with state.database.reading() as connection:
        identity = connection.execute(select(sink.c.identity).where(sink.c.cluster == state.slug)).scalar_one_or_none()
        held = select(own.c.urn).where(own.c.cluster == state.slug, own.c.urn.startswith("urn:li:dataFlow:"))
        chosen = _others(state, identity).where(entity.c.urn.in_(held)).order_by(entity.c.urn)
        return {row.urn: row.cluster for row in connection.execute(chosen)}


def _others(state: ClusterState, identity: str | None) -> Select[tuple[str, str]]:
    """Return the query for URN and slug of all entities that other recipes hold in the sink of this ``identity``."""
    entity, sink, cluster = tables.entity, tables.sink, tables.cluster
    return (
        select(entity.c.urn, entity.c.cluster)
        .join(sink, sink.c.cluster == entity.c.cluster)
        .join(cluster, cluster.c.cluster == entity.c.cluster)
        .where(
            entity.c.cluster != state.slug,
            sink.c.identity == identity,
            cluster.c.listed_at > time.time() - FORGOTTEN_AFTER,
        )
    )


def with_notes(files: Iterable[RecipeFile]) -> list[RecipeFile]:
    """Return the recipes, with the warning of ``alike`` added to each that would overwrite what another one writes."""
    files = list(files)
    notes = alike(files)
    return [replace(one, warnings=(*one.warnings, notes[one.slug])) if one.slug in notes else one for one in files]


def alike(files: Iterable[RecipeFile]) -> dict[str, str]:
    """Return slug -> warning, for recipes that share sink, environment and platform instance.

    A connector that two of their clusters have under one name is one DataFlow in DataHub, and each sync overwrites
    what the other one wrote.
    """
    groups: defaultdict[str, list[RecipeFile]] = defaultdict(list)
    for file in files:
        if not file.problem:
            groups[_place(file.data)].append(file)
    return {file.slug: _warning(same) for same in groups.values() if len(same) > 1 for file in same}


def _warning(same: Sequence[RecipeFile]) -> str:
    """Return the warning that recipes with one place share, so that fifty of them are told of in one line."""
    names = enumerated([file.path.name for file in same], _SHOWN)
    return (
        f"{same[0].path.parent}: {names} have the same sink, env and platform_instance: connectors of one name would"
        " overwrite each other in DataHub; give each recipe its own platform_instance"
    )


def _place(data: Mapping[str, Any]) -> str:
    """Return what the URNs and the address of a recipe's entities depend on, as text that can be compared."""
    config = (data.get("source") or {}).get("config") or {}
    sink = data.get("sink") or {}
    where = {name: value for name, value in (sink.get("config") or {}).items() if name in _ADDRESS}
    env = str(config.get("env") or "PROD").upper()
    return json.dumps([sink.get("type"), where, env, config.get("platform_instance")], sort_keys=True, default=str)
