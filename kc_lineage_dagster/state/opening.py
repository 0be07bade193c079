"""Open the state of a cluster: find its place, and take over first what release 0.1 left."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.database import database_at
from kc_lineage_dagster.state.place import place_of
from kc_lineage_dagster.state.takeover import take_over


def state_of(slug: str, home: Path, environ: Mapping[str, str] | None = None) -> ClusterState:
    """Return the state of a cluster, after taking over what release 0.1 left of it.

    Args:
        slug: The name of the cluster in the state (``recipe.files.RecipeFile.slug``).
        home: See ``place.place_of``.
        environ: See ``place.place_of``.

    Raises:
        StateError: When the state cannot be used.
    """
    state = ClusterState(database_at(place_of(home, environ)), slug)
    try:
        take_over(state, home, environ)
    except OSError as error:  # also of looking for files in a folder that this user may not enter
        reason = error.strerror or error
        raise StateError(
            f"the state in {error.filename} cannot be used: {reason}; check the rights of its folder"
        ) from error
    return state
