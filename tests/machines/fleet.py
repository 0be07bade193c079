"""A small Dagster deployment: machines that share only PostgreSQL and Redis, ten Connect clusters, one DataHub.

Each machine is a group of processes with a home, a working folder, temporary files, a DAGSTER_HOME and a copy of the
recipes of its own. Kafka Connect and DataHub are loopback servers in the test's process.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.state.lock import Holder, holder
from tests.connect.stand_in import ConnectStandIn, spot_of, worker
from tests.emit.gms import Gms
from tests.live.machine import Process, free_ports, postgres, postgres_missing

ROOT = Path(__file__).resolve().parents[2]
CLUSTERS = [f"c{number}" for number in range(10)]
PATIENCE = 900.0  # seconds until something that must happen counts as not happening
TICK = 15  # seconds between two ticks of a sensor

_WORKSPACE = "load_from: [{{grpc_server: {{host: 127.0.0.1, port: {code}, location_name: kc_lineage_dagster}}}}]\n"


def missing() -> str | None:
    """Why such a deployment cannot be started here; None when it can."""
    for module in ("dagster_celery", "dagster_postgres", "redis"):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed (pip install -e '.[machines]')"
    if shutil.which("redis-server") is None:
        return "redis-server is not installed"
    return postgres_missing()


def wait(until: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What ``until`` gives as soon as it is true; AssertionError when that does not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = until()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"waited {seconds:.0f} s in vain until {what}")


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


@dataclass
class Machine:
    """A group of processes in folders of their own."""

    name: str
    folder: Path
    command: list[str]
    environ: dict[str, str]
    running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.running = subprocess.Popen(
                self.command,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder / "work",
                env=self.environ,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End all of its processes at once, as a machine that loses its power does."""
        running, self.running = self.running, None
        if running is None:
            return
        for pid in processes_of(running.pid):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        running.wait()


def processes_of(session: int) -> list[int]:
    """The processes of a session (``man 5 proc``: field 6 of ``stat``)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found.append(int(path.parent.name))
    return found


class Fleet:
    """The deployment; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)  # PostgreSQL's account must get in
        self.ports = dict(zip(("postgres", "redis", "code", "web"), free_ports(4), strict=True))
        self.gms = Gms()
        self.connect: dict[str, ConnectStandIn] = {}
        self.machines: dict[str, Machine] = {}
        self._stack = ExitStack()
        self.postgres: Process | None = None
        self.state = f"postgresql://postgres@127.0.0.1:{self.ports['postgres']}/postgres"

    def __enter__(self) -> Fleet:
        with ExitStack() as stack:
            stack.enter_context(self.gms)
            for name in CLUSTERS:
                self.connect[name] = stack.enter_context(ConnectStandIn(answers(connectors(name, 12))))
            self.postgres = postgres(self.folder, self.ports["postgres"], "max_connections=300\n")
            self.postgres.start()
            stack.callback(self.postgres.stop)
            self._redis(stack)
            for name, command in self._commands().items():
                self.machines[name] = self._machine(name, command)
                stack.callback(self.machines[name].kill)
            for name in ("code", "a", "b", "web"):
                self.machines[name].start()
            wait(self._loaded, "the code server answers", 180)
            self.machines["daemon"].start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def _redis(self, stack: ExitStack) -> None:
        command = ["redis-server", "--port", str(self.ports["redis"]), "--bind", "127.0.0.1", "--save", ""]
        server = Process("Redis", command, self.ports["redis"], self.folder / "redis.log")
        server.start()
        stack.callback(server.stop)

    def _commands(self) -> dict[str, list[str]]:
        """Machine -> command, as docs/deploying.md tells them."""
        python = [sys.executable, "-m"]
        here, code, web = "127.0.0.1", str(self.ports["code"]), str(self.ports["web"])
        script = Path(sys.executable).parent
        celery = [str(script / "dagster-celery"), "worker", "start", "-A", "dagster_celery.app", "-y", "celery.yaml"]
        definitions = ["-m", "kc_lineage_dagster.definitions"]
        return {
            "code": [*python, "dagster", "api", "grpc", *definitions, "--host", here, "--port", code],
            "daemon": [str(script / "dagster-daemon"), "run", "-w", "workspace.yaml"],
            "web": [*python, "dagster_webserver", "-w", "workspace.yaml", "-h", here, "-p", web],
            "a": [*celery, "-n", "a", "--", "--concurrency", "2"],
            "b": [*celery, "-n", "b", "--", "--concurrency", "2"],
        }

    def _machine(self, name: str, command: list[str]) -> Machine:
        folder = self.folder / name
        for part in ("work", "home", "tmp", "dagster", "recipes"):
            (folder / part).mkdir(parents=True)
        broker = {"broker": self._redis_url(0), "backend": self._redis_url(1)}
        self._write(folder / "dagster/dagster.yaml", self._instance(broker))
        self._write(folder / "work/celery.yaml", {"execution": {"config": broker}})
        (folder / "work/workspace.yaml").write_text(_WORKSPACE.format(**self.ports))
        for cluster, connect in self.connect.items():
            self._write(folder / f"recipes/{cluster}.yml", self._recipe(cluster, connect.uri))
        environ = {
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "DAGSTER_HOME": str(folder / "dagster"),
            "PYTHONPATH": str(ROOT),
            "KC_LINEAGE_RECIPES": str(folder / "recipes"),
            "KC_LINEAGE_STATE": self.state,
            "DATAHUB_TELEMETRY_ENABLED": "false",
        }
        return Machine(name, folder, command, environ)

    def _redis_url(self, number: int) -> str:
        return f"redis://127.0.0.1:{self.ports['redis']}/{number}"

    def _instance(self, broker: dict[str, str]) -> dict[str, Any]:
        """``deploy/dagster.yaml`` with this PostgreSQL, Celery's launcher and a shorter poll."""
        settings: dict[str, Any] = yaml.safe_load((ROOT / "deploy/dagster.yaml").read_text())
        settings["storage"]["postgres"]["postgres_db"].update(
            hostname="127.0.0.1", port=self.ports["postgres"], username="postgres", password="-", db_name="postgres"
        )
        settings["run_launcher"] = {
            "module": "dagster_celery.launcher",
            "class": "CeleryRunLauncher",
            "config": broker,
        }
        settings["run_monitoring"]["poll_interval_seconds"] = 10
        return settings

    def _recipe(self, cluster: str, uri: str) -> dict[str, Any]:
        return {
            "source": {"type": "kafka-connect", "config": {"connect_uri": uri, "cluster_name": cluster}},
            "sink": {"type": "datahub-rest", "config": {"server": self.gms.url}},
            "options": {"sensor_enabled": True, "sensor_interval": TICK, "schedule_enabled": True},
        }

    @staticmethod
    def _write(path: Path, document: dict[str, Any]) -> None:
        path.write_text(yaml.safe_dump(document))

    def _loaded(self) -> bool:
        address = f"http://127.0.0.1:{self.ports['web']}/graphql?query=%7BrepositoriesOrError%7B__typename%7D%7D"
        try:
            return b"RepositoryConnection" in urllib.request.urlopen(address, timeout=10).read()
        except OSError:
            return False

    def client(self) -> Any:
        """Dagster's own GraphQL client of the web server."""
        from dagster_graphql import DagsterGraphQLClient

        return DagsterGraphQLClient("127.0.0.1", port_number=self.ports["web"])

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
        if found is None:
            return None
        for name in ("a", "b"):
            running = self.machines[name].running
            if running is not None and found.pid in processes_of(running.pid):
                return self.machines[name]
        return None

    def flows(self, *, removed: bool) -> set[str]:
        """Names of the connectors whose DataFlow DataHub holds as alive, or as removed."""
        urns = self.gms.entities(removed=removed)
        return {urn.split(",")[1] for urn in urns if urn.startswith("urn:li:dataFlow:(kafka-connect,")}
