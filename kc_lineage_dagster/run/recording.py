"""Record a live cluster's answers, without secrets, as a file that ``connect_uri`` reads (``kc-lineage record``).

For bug reports and tests: request path -> answer. Secrets are removed by what the plugins declare, by key and by shape,
in configurations, task configurations, traces and offsets (``connect.secrets``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kc_lineage_dagster.connect.answers import EXPANDED, NAMES, PLUGINS, Answers, connector_path, segment
from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.errors import ConnectError
from kc_lineage_dagster.run.cluster import Cluster


def recorded(snapshot: Snapshot) -> dict[str, Any]:
    """Return request path -> answer, from a snapshot, which holds no secret.

    A connector that was not read answers 500.
    """
    listing = {one.name: {"info": _info(one), "status": _status(one)} for one in snapshot.connectors}
    answers: dict[str, Any] = {
        "/": {"version": snapshot.version, "kafka_cluster_id": snapshot.kafka_cluster_id},
        EXPANDED: listing,
        NAMES: [*listing, *snapshot.unread],
    }
    for name, keys in snapshot.password_keys.items():
        declared = [{"name": key, "type": "PASSWORD"} for key in sorted(keys)]
        answers[f"/connector-plugins/{segment(name)}/config"] = declared
    for one in snapshot.connectors:
        answers |= _evidence(one)
    for name, reason in snapshot.unread.items():
        answers[connector_path(name)] = {"status": 500, "body": {"error_code": 500, "message": reason}}
    return answers


def _info(one: Connector) -> dict[str, Any]:
    tasks = [{"connector": one.name, "task": task.id} for task in one.tasks]
    return {"name": one.name, "config": dict(one.config), "tasks": tasks, "type": one.kind}


def _status(one: Connector) -> dict[str, Any]:
    connector = {"state": one.state, "worker_id": ""} | ({"trace": one.trace} if one.trace else {})
    tasks = [
        {"id": task.id, "state": task.state, "worker_id": ""} | ({"trace": task.trace} if task.trace else {})
        for task in one.tasks
    ]
    return {"name": one.name, "connector": connector, "tasks": tasks, "type": one.kind}


def _evidence(one: Connector) -> dict[str, Any]:
    """Return what the worker said about one connector beyond the listing; nothing where it could not say."""
    offsets = [{"partition": dict(item.partition), "offset": _plain(item.offset)} for item in one.offsets]
    configs = [{"id": {"connector": one.name, "task": at}, "config": dict(c)} for at, c in enumerate(one.task_configs)]
    found: dict[str, Any] = {
        "/topics": None if one.topics is None else {one.name: {"topics": list(one.topics)}},
        "/offsets": {"offsets": offsets},
        "/tasks": configs,
    }
    failed = {f"/{note.about}" for note in one.notes}
    told = sorted(tail for tail in found.keys() - failed if found[tail] is not None)
    return {connector_path(one.name, tail): found[tail] for tail in told}


def _plain(offset: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if offset is None else dict(offset)


def record(cluster: Cluster) -> dict[str, Any]:
    """Ask a cluster for everything that lineage can use, and return request path -> answer.

    Raises:
        ConnectError: When the cluster cannot be listed.
    """
    answers = recorded(cluster.fetch())
    with cluster.answers() as worker:
        return answers | {PLUGINS: _plugins(worker)}


def _plugins(worker: Answers) -> list[dict[str, str]]:
    """Return class, type and version of the installed plugins; none when the worker does not tell."""
    try:
        body = worker.get(PLUGINS)
    except ConnectError:
        return []
    entries = [entry for entry in body if isinstance(entry, Mapping)] if isinstance(body, list) else []
    return [{key: str(entry[key]) for key in ("class", "type", "version") if key in entry} for entry in entries]
