"""A deployment of two workers over ten Connect clusters and one DataHub, loopback servers in the test's process."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state.lock import Holder, holder
from tests.connect.stand_in import ConnectStandIn, spot_of, worker
from tests.emit.gms import Gms
from tests.machines.deployment import Deployment, Machine

CLUSTERS = [f"c{number}" for number in range(10)]
TICK = 15  # seconds between two ticks of a sensor


def connectors(cluster: str, count: int) -> dict[str, dict[str, str]]:
    """Debezium sources of three tables each."""
    return {
        f"{cluster}-cdc-{number}": {
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "database.dbname": f"db_{cluster}",
            "topic.prefix": f"{cluster}-{number}",
            "table.include.list": f"public.a{number},public.b{number},public.c{number}",
        }
        for number in range(count)
    }


def answers(configs: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Request path -> answer of a worker that runs these connectors, each with all of its topics active."""
    topics = {
        name: [f"{one['topic.prefix']}.{table}" for table in one["table.include.list"].split(",")]
        for name, one in configs.items()
    }
    return worker({name: {**one, "name": name} for name, one in configs.items()}, topics=topics)


class Fleet(Deployment):
    """The deployment with its clusters and DataHub; a context manager."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, {}, ["a", "b"])
        self.gms = Gms()
        self.connect: dict[str, ConnectStandIn] = {}
        self._servers = ExitStack()

    def __enter__(self) -> Fleet:
        with ExitStack() as stack:
            stack.enter_context(self.gms)
            for name in CLUSTERS:
                self.connect[name] = stack.enter_context(ConnectStandIn(answers(connectors(name, 12))))
            self.recipes = {name: self._recipe(name, connect.uri) for name, connect in self.connect.items()}
            super().__enter__()
            self._servers = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        self._servers.close()

    def _recipe(self, cluster: str, uri: str) -> dict[str, Any]:
        return {
            "source": {"type": "kafka-connect", "config": {"connect_uri": uri, "cluster_name": cluster}},
            "sink": {"type": "datahub-rest", "config": {"server": self.gms.url}},
            "options": {"sensor_enabled": True, "sensor_interval": TICK, "schedule_enabled": True},
        }

    def set(self, cluster: str, configs: dict[str, dict[str, str]]) -> None:
        """From now on the cluster runs these connectors and no others."""
        self.connect[cluster].by_spot = {spot_of(path): answer for path, answer in answers(configs).items()}

    def holder(self, cluster: str) -> Holder | None:
        """Who holds the lock of a cluster."""
        os.environ["KC_LINEAGE_STATE"] = self.state
        try:
            return holder(Cluster.of(read_recipe(self.folder / f"code/recipes/{cluster}.yml")).state)
        finally:
            del os.environ["KC_LINEAGE_STATE"]

    def worker_of(self, cluster: str) -> Machine | None:
        """The machine whose process holds the lock of a cluster."""
        found = self.holder(cluster)
        workers = [self.machines[name] for name in self.workers]
        return next((one for one in workers if found is not None and found.pid in one.pids), None)

    def flows(self, *, removed: bool) -> set[str]:
        """Names of the connectors whose DataFlow DataHub holds as alive, or as removed."""
        urns = self.gms.entities(removed=removed)
        return {urn.split(",")[1] for urn in urns if urn.startswith("urn:li:dataFlow:(kafka-connect,")}
