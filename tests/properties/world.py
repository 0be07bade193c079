"""A Connect, a DataHub, a Dagster on disk and a recipe, all full of secrets, and what was seen of each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from dagster import DagsterInstance, Definitions, build_sensor_context, serialize_value
from dagster._core.remote_representation.external_data import RepositorySnap

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.failures import TickFailed
from kc_lineage_dagster.defs.resources import DataHubResource, KafkaConnectResource
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from tests.cli.run import kc_lineage
from tests.connect.stand_in import ConnectStandIn
from tests.defs.clusters import execute
from tests.emit.gms import Answer, Gms, Request
from tests.properties.leaks import Search
from tests.properties.planted import MARKER

ROOT = Path(__file__).resolve().parents[2]
OWN = ("PASSWORD", "BEARER", "HEADER", "PROVIDED", "TOKEN", "PROXY")  # the recipe's secrets


class World:
    """``own``: the recipe's secrets, which the environment holds under the same names; ``planted``: how many in all."""

    def __init__(self, folder: Path, connect: ConnectStandIn, gms: Gms, own: dict[str, str], planted: int) -> None:
        self.folder, self.connect, self.gms, self.own, self.planted = folder, connect, gms, own, planted
        self.search = Search()
        self.gms.fault = self.listens
        (folder / "dagster").mkdir()
        (folder / "out").mkdir()
        (folder / "recipes").mkdir()
        shutil.copy(ROOT / "dagster.yaml", folder / "dagster")

    def listens(self, request: Request) -> None:
        """A GMS whose requests are searched."""
        self.search.look("sent", json.dumps([request.path, request.proposals], default=repr))

    def refuses(self, request: Request) -> Answer:
        """A GMS that repeats the credentials it does not like."""
        self.listens(request)
        seen = " ".join([*self.gms.headers[-1].values(), *self.own.values()])
        return Answer(401, json.dumps({"status": 401, "message": f"{MARKER}: Unauthorized: {seen}"}))

    def recipe(self, sink: dict[str, Any], *, literal: bool, **config: Any) -> Path:
        """``shop.yml``; secrets stand in it as they are, with a bearer token, or as variables, with a password."""
        given = {name: value if literal else f"${{{name}}}" for name, value in self.own.items()}
        basic = {} if literal else {"username": "u", "password": given["PASSWORD"]}
        bearer = {"bearer_token": given["BEARER"]} if literal else {}
        generic = {"connector_name": f"{MARKER}-generic", "target_dataset": f"{MARKER}.t", "target_platform": "hive"}
        source = {
            "connect_uri": self.connect.uri,
            "cluster_name": "shop",
            **basic,
            "provided_configs": [{"provider": "env", "path_key": "PW", "value": given["PROVIDED"]}],
            "generic_connectors": [generic],
            **config,
        }
        secret = {"token": given["TOKEN"], "extra_headers": {"X-Proxy-Auth": given["PROXY"]}}
        document = {
            "source": {"type": "kafka-connect", "config": source},
            "sink": {**sink, "config": {**sink["config"], **(secret if sink["type"] == "datahub-rest" else {})}},
            "options": {
                "connect": {"retries": 0, "headers": {"X-Own": given["HEADER"]}, **bearer},
                "external_assets": {"enabled": True},
                "frontend_url": f"http://{MARKER}",
            },
        }
        path = self.folder / "recipes" / "shop.yml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return path

    def run(self, recipe: Path, jobs: Iterable[str], *, fails: bool = False) -> None:
        """Runs jobs with Dagster's files below ``dagster``, and a tick; what Dagster hands back is searched."""
        definitions = build_definitions(recipe)
        with DagsterInstance.from_config(str(self.folder / "dagster")) as instance:
            self.tick(definitions, instance)
            for job in jobs:
                result = execute(definitions, instance, job)
                assert result.success != fails, job
                self.search.look(f"events of {job}", repr(result.all_events))
            self.search.look("runs", repr([(run, run.run_config) for run in instance.get_runs()]))

    def tick(self, definitions: Definitions, instance: DagsterInstance) -> None:
        """A sensor's tick; one that fails is what its interface shows of the error."""
        sensor = definitions.resolve_sensor_def("shop_connector_changes")
        try:
            with build_sensor_context(instance=instance, definitions=definitions) as context:
                tick = sensor.evaluate_tick(context)
        except TickFailed as error:
            self.search.look("failed tick", said(error))
        else:
            self.search.look("tick", repr(tick) + serialize_value(tick))

    def commands(self, recipe: Path) -> None:
        """What the command prints and logs, at its most talkative."""
        for command in ("doctor", "preview", "lineage", "page", "record"):
            done = kc_lineage("-vv", command, recipe, *(["-o", "-"] if command in ("page", "record") else []))
            self.search.look(f"kc-lineage {command}", done.output)

    def shown(self, recipe: Path) -> None:
        """What the web interface, its launchpad and a debugger show without any run."""
        repository = build_definitions(recipe).get_repository_def()
        self.search.look("repository", serialize_value(RepositorySnap.from_def(repository)))
        for job in repository.get_all_jobs():
            self.search.look("launchpad", serialize_value(job.get_config_schema_snapshot()))
            self.search.look("launchpad", serialize_value(job.get_job_snapshot()))
        file = read_recipe(recipe)
        own = Cluster.of(file)
        shown = [
            file,
            own,
            own.connect_settings(),
            own.reading_rules().provided,
            own.naming(),
            own.recipe.options.connect,
        ]
        resources = repository.get_top_level_resources().values()
        opened = [KafkaConnectResource.from_recipe(file), DataHubResource.from_recipe(file)]
        for one in (*shown, *opened, *resources, repository):
            self.search.look("shown", f"{one!r} {one}")

    def finish(self) -> Search:
        """Everything that stands in a file by now."""
        for folder in ("state", "dagster", "out"):
            self.search.files(folder, self.folder / folder)
        return self.search


def said(error: BaseException | None) -> str:
    """An exception with everything that hangs on it."""
    parts = []
    while error is not None:
        parts += [repr(error), str(error), repr(error.args)]
        error = error.__cause__ or error.__context__
    return "\n".join(parts)
