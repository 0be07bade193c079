"""A recipe folder whose runs write to a GMS that the test controls."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kc_lineage_dagster.emit.patience import Patience
from kc_lineage_dagster.emit.sinks import Sink, open_sink, sink_identity
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.reading import read_cluster
from kc_lineage_dagster.run.report import ConnectorResult, Report, Request
from kc_lineage_dagster.run.sync import Sync
from tests.defs.clusters import save_cluster
from tests.emit.gms import Gms


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
        datahub = Impatient({"server": self.gms.url, "max_per_batch": 5})
        run = Sync(cluster, datahub, Request("run-1", **request))
        self.results = list(run)
        return run.report
