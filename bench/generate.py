"""Generate a cluster as the answers of Connect's REST API: request path -> JSON.

The same size and seed give the same cluster on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from bench.mix import MIX, Made

EXPANDED = "/connectors?expand=info&expand=status"
PLUGINS = "/connector-plugins?connectorsOnly=false"
_SECRET_WORDS = ("password", "private.key")


def cluster(size: int, seed: int) -> dict[str, Any]:
    """Return the answers of a cluster of ``size`` connectors; the same for the same ``seed``."""
    random = Random(f"{size}/{seed}")
    weights, makers = zip(*MIX, strict=True)
    chosen = random.choices(makers, weights, k=size)
    return answers({_name(number): maker(random, number) for number, maker in enumerate(chosen)})


def _name(number: int) -> str:
    return f"team{number % 17:02}-connector-{number:05}"


def answers(connectors: Mapping[str, Made]) -> dict[str, Any]:
    """Return every answer that this project or ``datahub ingest`` asks for: request path -> JSON."""
    found: dict[str, Any] = {
        "/": {"version": "3.9.1", "commit": "0", "kafka_cluster_id": "bench"},
        "/connectors": list(connectors),
        EXPANDED: {
            name: {"info": _info(name, made), "status": _status(name, made)} for name, made in connectors.items()
        },
        **_plugins(connectors.values()),
    }
    for name, made in connectors.items():
        found |= of_connector(name, made)
    return found


def of_connector(name: str, made: Made) -> dict[str, Any]:
    """Return the answers about one connector: request path -> JSON."""
    path = f"/connectors/{name}"
    task = {"id": {"connector": name, "task": 0}, "config": {**made.config, **made.task}}
    sink_offsets = [
        {"partition": {"kafka_topic": topic, "kafka_partition": 0}, "offset": {"kafka_offset": 41}}
        for topic in made.topics
    ]
    return {
        path: _info(name, made),
        f"{path}/config": made.config,
        f"{path}/status": _status(name, made),
        f"{path}/tasks": [task],
        f"{path}/topics": {name: {"topics": list(made.topics)}},
        f"{path}/offsets": {"offsets": sink_offsets if made.kind == "sink" else []},
    }


def _info(name: str, made: Made) -> dict[str, Any]:
    config = {"name": name, "tasks.max": "1", **made.config}
    return {"name": name, "config": config, "tasks": [{"connector": name, "task": 0}], "type": made.kind}


def _status(name: str, made: Made) -> dict[str, Any]:
    running = {"state": "RUNNING", "worker_id": "127.0.0.1:8083"}
    return {"name": name, "connector": running, "tasks": [{"id": 0, **running}], "type": made.kind}


def _plugins(connectors: Iterable[Made]) -> dict[str, Any]:
    """Return the answers about the installed plugins and the keys that each of them declares."""
    kinds: dict[str, str] = {}
    keys: dict[str, set[str]] = {}
    for made in connectors:
        kinds[made.config["connector.class"]] = made.kind
        keys.setdefault(made.config["connector.class"], set()).update(made.config)
        for key, value in made.config.items():
            if key.startswith("transforms.") and key.endswith(".type"):
                kinds[value] = "transformation"
    listed = [{"class": name, "type": kind, "version": _version(name)} for name, kind in kinds.items()]
    declared = {
        f"/connector-plugins/{name}/config": [
            {"name": key, "type": "PASSWORD" if key.endswith(_SECRET_WORDS) else "STRING"}
            for key in sorted(keys.get(name, ()))
        ]
        for name in kinds
    }
    return {"/connector-plugins": listed, PLUGINS: listed, **declared}


def _version(class_name: str) -> str:
    """Return a release of a plugin that people run: what a connector's keys mean may depend on it."""
    versions = {"io.debezium.": "3.0.8.Final", "io.confluent.": "10.8.0", "com.snowflake.": "2.5.0"}
    return next((version for start, version in versions.items() if class_name.startswith(start)), "3.9.1")
