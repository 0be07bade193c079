"""Recipe folders whose runs write to a GMS that the test controls: with a saved cluster, and with a worker."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kc_lineage_dagster.emit.patience import Patience
from kc_lineage_dagster.emit.sinks import Sink, open_sink, sink_identity
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.reading import read_cluster
from kc_lineage_dagster.run.report import ConnectorResult, Report, Request
from kc_lineage_dagster.run.sync import Sync
from tests.connect.stand_in import ConnectStandIn, worker
from tests.defs.clusters import save_cluster, write_recipe
from tests.emit.gms import Gms

BATCH = 5  # proposals that a run of a ``Place`` sends at a time


@dataclass
class Impatient:
    """A DataHub that is not waited for as long as in real life."""

    config: dict[str, Any]

    def open(self, run_id: str, pipeline_name: str | None = None) -> Sink:
        # less than one wait, and a clock that stands still: a busy machine spends none of it
        patience = Patience(limit=0.2, clock=lambda: 0.0)
        return open_sink("datahub-rest", self.config, run_id=run_id, pipeline_name=pipeline_name, patience=patience)

    def identity(self) -> str:
        return sink_identity("datahub-rest", self.config)

    def renders_whole(self) -> bool:
        return False


@dataclass
class Place:
    """A recipe folder with a saved cluster, and the GMS it writes to."""

    folder: Path
    gms: Gms
    results: list[ConnectorResult] = field(default_factory=list)

    def save(self, connectors: dict[str, Any]) -> None:
        save_cluster(self.folder, connectors)

    def run(self, name: str = "shop", **request: Any) -> Report:
        cluster = Cluster.of(read_recipe(self.folder / f"{name}.yml"))
        read_cluster(cluster, cluster)
        self.gms.requests.clear()
        datahub = Impatient({"server": self.gms.url, "max_per_batch": BATCH})
        run = Sync(cluster, datahub, Request("run-1", **request))
        self.results = list(run)
        return run.report


DEBEZIUM = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "shop",
    "table.include.list": "public\\..*",
}


def config(name: str) -> dict[str, str]:
    return {**DEBEZIUM, "topic.prefix": name}


def topics(name: str) -> list[str]:
    return [f"{name}.public.users", f"{name}.public.orders"]


class Served:
    """A worker, a GMS, and a state between them."""

    def __init__(self, folder, gms):
        self.folder, self.gms = folder, gms
        self.further, self.options = {}, {}  # of the recipe
        self.names = [f"c{at}" for at in range(10)]
        self.stand_in = ConnectStandIn(self.answers())

    def answers(self, names=None):
        chosen = self.names if names is None else names
        return worker({name: config(name) for name in chosen}, topics={name: topics(name) for name in chosen})

    def serve(self, answers):
        self.stand_in.by_spot = ConnectStandIn(answers).by_spot

    def cluster(self):
        sink = {"type": "datahub-rest", "config": {"server": self.gms.url}}
        source = {name: value for name, value in self.further.items() if name != "pipeline_name"}
        path = write_recipe(self.folder, sink=sink, connect_uri=self.stand_in.uri, **source)
        recipe = yaml.safe_load(path.read_text()) | ({"options": self.options} if self.options else {})
        path.write_text(yaml.safe_dump(recipe | {k: v for k, v in self.further.items() if k == "pipeline_name"}))
        return Cluster.of(read_recipe(path))

    def read(self):
        cluster = self.cluster()
        return read_cluster(cluster, cluster)

    def sync(self, **request):
        run = Sync(self.cluster(), Impatient({"server": self.gms.url}), Request("run", **request))
        self.results = list(run)
        assert run.report.problem is None
        return run.report

    def run(self, **request):
        self.read()
        return self.sync(**request)

    @property
    def alive(self):
        return self.gms.entities(removed=False)
