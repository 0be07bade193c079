"""Small saved clusters and recipes for tests of the Dagster side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import AssetKey, DagsterInstance, Definitions

from kc_lineage_dagster import build_definitions

POSTGRES = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "shop",
    "database.password": "s3cr3t-of-the-test",
    "topic.prefix": "pg",
    "table.include.list": "public.users,public.orders",
}
SINK = {
    "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
    "connection.url": "jdbc:postgresql://h:5432/dw?password=s3cr3t-of-the-test",
    "topics": "pg.public.users",
    "table.name.format": "landing.users",
}
CONNECTORS: dict[str, dict[str, Any]] = {
    "cdc": POSTGRES,
    "dw/sink": SINK,
    "ödd ../name": {**POSTGRES, "topic.prefix": "p2"},
}


LITE = {"type": "datahub-lite", "config": {"config": {"file": "lite.sqlite"}}}


def with_own_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Dagster instance of the folder's own, and a recipe there that syncs the small cluster to DataHub Lite."""
    home = folder / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.delenv("KC_LINEAGE_STATE", raising=False)
    save_cluster(folder, CONNECTORS)
    return write_recipe(folder, sink=LITE)


def save_cluster(folder: Path, connectors: dict[str, dict[str, Any]]) -> Path:
    """The answer of ``GET /connectors?expand=info&expand=status`` for these configurations."""
    path = folder / "cluster.json"
    answer = {
        name: {
            "info": {"name": name, "config": config, "type": "sink" if "topics" in config else "source", "tasks": []},
            "status": {
                "name": name,
                "connector": {"state": "RUNNING", "worker_id": "w"},
                "tasks": [{"id": 0, "state": "RUNNING", "worker_id": "w"}],
            },
        }
        for name, config in connectors.items()
    }
    path.write_text(json.dumps(answer), encoding="utf-8")
    return path


def write_recipe(folder: Path, *, sink: dict[str, Any] | None = None, **config: Any) -> Path:
    """A recipe ``shop.yml`` that reads the saved cluster beside it and writes a file beside it."""
    recipe = {
        "source": {"type": "kafka-connect", "config": {"connect_uri": "cluster.json", **config}},
        "sink": sink or {"type": "file", "config": {"filename": "out.json"}},
    }
    path = folder / "shop.yml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return path


def execute(definitions: Definitions, instance: DagsterInstance, job: str = "sync_shop", **kwargs: Any) -> Any:
    """Runs a job in this process; a failed run is a result, not an exception."""
    return definitions.resolve_job_def(job).execute_in_process(instance=instance, raise_on_error=False, **kwargs)


def run(folder: Path, instance: DagsterInstance, **kwargs: Any) -> Any:
    """Loads the recipe of a folder and runs its sync."""
    return execute(build_definitions(folder / "shop.yml"), instance, **kwargs)


def materialize(folder: Path, instance: DagsterInstance, *assets: str, **kwargs: Any) -> Any:
    """What the web interface does for one partition, a range (tags) or some assets: Dagster's own job over these."""
    job = build_definitions(folder / "shop.yml").resolve_implicit_global_asset_job_def()
    selection = [AssetKey(["shop", one]) for one in assets or ("connector_lineage",)]
    return job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=selection, **kwargs)


def emitted(folder: Path) -> list[dict[str, Any]]:
    """What stands in the file sink."""
    return json.loads((folder / "out.json").read_text(encoding="utf-8"))
