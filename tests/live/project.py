"""The project beside a live cluster: a recipe, a DataHub, Dagster's home."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance, build_sensor_context

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.emit.urns import by_connector
from kc_lineage_dagster.lineage import ConnectorLineage
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from tests.emit.gms import Gms
from tests.live import world
from tests.live.lab import Lab

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Live:
    """The cluster, the DataHub, and the project's own state between tests."""

    lab: Lab
    gms: Gms
    folder: Path

    @property
    def recipe(self) -> Path:
        return self.folder / "recipes" / "live.yml"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def cluster(self) -> Cluster:
        return Cluster.of(read_recipe(self.recipe))

    def edges(self) -> dict[str, set[tuple[str, str]]]:
        """What the project derived: connector -> edges, as (from, to) names."""
        return {one.connector: names_of(one) for one in self.cluster().state.lineages()}

    def execute(self, *further: str) -> str:
        """``dagster job execute``, as a user runs it; its output."""
        command = [sys.executable, "-m", "dagster", "job", "execute", "-m", "kc_lineage_dagster.definitions"]
        done = subprocess.run([*command, "-j", "sync_live", *further], capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout + done.stderr

    def sync(self, run_config: Any = None) -> bool:
        """The same job in this process; whether it succeeded."""
        job = build_definitions(self.recipe).resolve_job_def("sync_live")
        with DagsterInstance.get() as instance:
            return job.execute_in_process(instance=instance, raise_on_error=False, run_config=run_config).success

    def tick(self) -> list[Any]:
        """The sensor's run requests."""
        definitions = build_definitions(self.recipe)
        with DagsterInstance.get() as instance:
            context = build_sensor_context(instance=instance, definitions=definitions)
            return list(definitions.resolve_sensor_def("live_connector_changes").evaluate_tick(context).run_requests)

    def follow(self) -> list[str]:
        """One tick, and the run it asks for; the connectors it named."""
        (request,) = self.tick()
        assert self.sync(request.run_config)
        return list(request.run_config["ops"]["live__sync"]["config"]["connectors"])

    def dead(self) -> set[str]:
        """The connectors with anything that DataHub was told to forget."""
        return set(by_connector(self.cluster().naming(), self.gms.entities(removed=True)))


def names_of(lineage: ConnectorLineage) -> set[tuple[str, str]]:
    return {(edge.upstream.name if edge.upstream else "", edge.downstream.name) for edge in lineage.edges}


@contextmanager
def beside(lab: Lab, folder: Path) -> Iterator[Live]:
    """The project beside a cluster whose connectors have moved what they can."""
    with pytest.MonkeyPatch.context() as patch, Gms() as gms:
        found = Live(lab, gms, folder)
        found.recipe.parent.mkdir()
        found.home.mkdir()
        (found.home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
        config = {"connect_uri": lab.rest, "cluster_name": "live"}
        document = {
            "source": {"type": "kafka-connect", "config": config},
            "sink": {"type": "datahub-rest", "config": {"server": gms.url}},
            "options": {"cluster_aliases": {"west": None}},
        }
        found.recipe.write_text(yaml.safe_dump(document))
        for key, value in (("DAGSTER_HOME", found.home), ("KC_LINEAGE_RECIPES", found.recipe.parent)):
            patch.setenv(key, str(value))
        patch.setenv("DATAHUB_TELEMETRY_ENABLED", "false")
        _prepare(lab)
        yield found


def _prepare(lab: Lab) -> None:
    world.seed(lab)
    for name, config in world.connectors(lab).items():
        lab.create(name, config)
    lab.wait(lambda: "quiet" in lab.topics(), "the file that is to be paused arrives")
    lab.call("PUT", "/connectors/paused/pause")
    world.settled(lab)
