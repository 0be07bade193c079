"""Before anything is removed, the worker is asked once more: a listing can be partial, or another cluster's."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kc_lineage_dagster.connect.answers import NAMES, Answers, connector_path
from kc_lineage_dagster.connect.listing import concurrently
from kc_lineage_dagster.errors import ConnectError, ConnectNotFound, ConnectUnaddressable
from kc_lineage_dagster.run.cluster import Cluster

# Kafka 3.9 and later (KIP-1017): "healthy", "unhealthy", or "starting" while the config topic has not been read.
_HEALTH = "/health"


def doubted(cluster: Cluster, names: Collection[str]) -> dict[str, str]:
    """Those of ``names``, which the listing lacks, that may exist all the same, with why.

    A connector that ``connector_patterns`` exclude is gone by the recipe's word. Of the others the worker must say that
    it does not know them (404), and it must have read its config topic.
    """
    allowed = cluster.allowed()
    asked = sorted(name for name in names if allowed(name))
    if not asked:
        return {}
    try:
        with cluster.answers() as answers:
            starting = _starting(answers)
            if starting:
                return dict.fromkeys(asked, starting)
            found = dict(
                zip(asked, concurrently(answers, lambda name: _still_there(answers, name), asked), strict=True)
            )
    except ConnectError as error:
        return dict.fromkeys(asked, f"it could not be asked for once more: {error}")
    return {name: why for name, why in found.items() if why}


def another_cluster(known: str | None, now: str | None) -> str | None:
    """Why nothing may be removed, when the worker belongs to another Kafka cluster than before; None otherwise.

    ``known``: the ``kafka_cluster_id`` of the last run that could remove, ``now``: that of the last reading.
    """
    if known is None or now is None or known == now:
        return None
    return (
        f"the worker belongs to another Kafka cluster now (id {now}, before: {known}): nothing is removed;"
        " if that is meant, run once with the run config `allow_removal: true`"
    )


def _starting(answers: Answers) -> str | None:
    try:
        body = answers.get(_HEALTH)
    except ConnectNotFound:
        return None  # before Kafka 3.9, or a saved cluster
    except ConnectError as error:
        return f"the worker is not healthy: {error}"
    status = body.get("status") if isinstance(body, Mapping) else None
    return f"the worker is {status}" if status in ("starting", "unhealthy") else None


def _still_there(answers: Answers, name: str) -> str | None:
    if not name:
        return None  # no path leads to it, so nobody can ask
    try:
        answers.get(connector_path(name))
    except ConnectNotFound:
        return None
    except ConnectUnaddressable:
        return _named(answers, name)
    except ConnectError as error:
        return f"it could not be asked for once more: {error}"
    return "the listing lacks it, but the worker has it (GET /connectors/NAME)"


def _named(answers: Answers, name: str) -> str | None:
    """Ask for the names of all connectors once more: no path of this worker carries this one's."""
    try:
        names = answers.get(NAMES)
    except ConnectError as error:
        return f"it could not be asked for once more: {error}"
    if not isinstance(names, list):
        return "it could not be asked for once more: the worker gives no list of names"
    return "the listing lacks it, but the worker names it (GET /connectors)" if name in names else None
