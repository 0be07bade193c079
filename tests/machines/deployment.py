"""Machines that share only PostgreSQL and Redis: a code server, a daemon, a web server and workers of dagster-celery.

Each machine is a group of processes with a home, a working folder, temporary files, a DAGSTER_HOME and a copy of the
recipes of its own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import yaml

from tests.live.machine import Process, free_ports, postgres, postgres_missing
from tests.waiting import wait

ROOT = Path(__file__).resolve().parents[2]
_PAGE = ROOT / "docs/deploying.md"

_WORKSPACE = "load_from: [{{grpc_server: {{host: 127.0.0.1, port: {code}, location_name: kc_lineage_dagster}}}}]\n"
_LOCATIONS = "{repositoriesOrError{...on RepositoryConnection{nodes{name}}}}"
_QUEUE = '{instance{daemonHealth{daemonStatus(daemonType:"QUEUED_RUN_COORDINATOR"){healthy}}}}'


def missing() -> str | None:
    """Why such a deployment cannot be started here; None when it can."""
    for module in ("dagster_celery", "dagster_postgres", "redis"):
        if importlib.util.find_spec(module) is None:
            return f"{module} is not installed (pip install -e '.[machines]')"
    if shutil.which("redis-server") is None:
        return "redis-server is not installed"
    return postgres_missing()


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

    @property
    def pids(self) -> list[int]:
        """The processes that are alive on it."""
        return processes_of(self.running.pid) if self.running else []

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

    def ended(self) -> int | None:
        """The exit code of its first process; None while it runs or is not started."""
        return self.running.poll() if self.running else None

    def wait(self, until: Callable[[], Any], what: str) -> None:
        """Wait for what this machine's first process brings about; StuckError, with its last words, once it cannot."""

        def said() -> str:
            return f"(exit code {self.ended()}): {self.log.read_text(errors='replace')[-3000:]}"

        wait(until, what, told=said, over=lambda: self.ended() is not None)

    def kill(self) -> None:
        """End all of its processes at once, as a machine that loses its power does."""
        running, pids = self.running, self.pids
        self.running = None
        if running is None:
            return
        for pid in pids:
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


def commands_told() -> dict[str, list[str]]:
    """Process -> the command by which docs/deploying.md starts it; ``tables``: the one that comes before them."""
    page = _PAGE.read_text(encoding="utf-8")
    found = dict(re.findall(r"^\| (code server|daemon|web server) \| `([^`]+)`", page, re.MULTILINE))
    (found["tables"],) = re.findall(r"^dagster instance migrate$", page, re.MULTILINE)
    (found["worker"],) = re.findall(r"^dagster-celery worker start .*$", page, re.MULTILINE)
    return {process: command.split() for process, command in found.items()}


def _with(command: Sequence[str], **options: object) -> list[str]:
    """A command with other values of some of its options, each of which it has."""
    found = list(command)
    for name, value in options.items():
        found[found.index(f"-{name}" if len(name) == 1 else f"--{name}") + 1] = str(value)
    return found


class Deployment:
    """The machines, as docs/deploying.md tells how to start them; a context manager.

    ``folder``: where all their folders are made.
    ``recipes``: name of a recipe file without its ending -> the recipe. All machines get a copy when they start.
    ``workers``: names of the workers.
    ``slots``: how many runs a worker takes at a time.
    """

    def __init__(
        self, folder: Path, recipes: Mapping[str, Mapping[str, Any]], workers: Sequence[str], slots: int = 2
    ) -> None:
        self.folder = folder
        folder.chmod(0o755)  # PostgreSQL's account must get in
        self.recipes = recipes
        self.workers = tuple(workers)
        self.slots = slots
        self.ports = dict(zip(("postgres", "redis", "code", "web"), free_ports(4), strict=True))
        self.state = f"postgresql://postgres@127.0.0.1:{self.ports['postgres']}/postgres"
        self.machines: dict[str, Machine] = {}
        self.postgres = postgres(folder, self.ports["postgres"], "max_connections=300\n")
        self._stack = ExitStack()

    def __enter__(self) -> Deployment:
        with ExitStack() as stack:
            stack.callback(self.postgres.stop)
            self.postgres.start()
            redis = self._redis()
            stack.callback(redis.stop)
            redis.start()
            for name, command in self._commands().items():
                self.machines[name] = self._machine(name, command)
                stack.callback(self.machines[name].kill)
            self._make_tables()
            for name in ("code", *self.workers, "web"):
                self.machines[name].start()
            web, daemon = self.machines["web"], self.machines["daemon"]
            web.wait(lambda: self._asked(_LOCATIONS).get("nodes"), "the web server reaches the code server")
            daemon.start()
            daemon.wait(self._queue_works, "the daemon works")
            for name in self.workers:
                worker = self.machines[name]
                worker.wait(lambda log=worker.log: b" ready." in log.read_bytes(), f"worker {name} listens")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def client(self) -> Any:
        """Dagster's own GraphQL client of the web server."""
        from dagster_graphql import DagsterGraphQLClient

        return DagsterGraphQLClient("127.0.0.1", port_number=self.ports["web"])

    def _redis(self) -> Process:
        command = ["redis-server", "--port", str(self.ports["redis"]), "--bind", "127.0.0.1", "--save", ""]
        return Process("Redis", command, self.ports["redis"], self.folder / "redis.log")

    def _commands(self) -> dict[str, list[str]]:
        """Machine -> command."""
        told = commands_told()
        code = _with(told["code server"], h="127.0.0.1", p=self.ports["code"])
        web = _with(told["web server"], h="127.0.0.1", p=self.ports["web"])
        workers = {name: _with(told["worker"], n=name, concurrency=self.slots) for name in self.workers}
        return {"code": code, "daemon": told["daemon"], "web": web, **workers}

    def _make_tables(self) -> None:
        """Make Dagster's tables before processes start that would all do it at the same time."""
        machine = self.machines["daemon"]
        command, environ = commands_told()["tables"], machine.environ
        subprocess.run(command, cwd=machine.folder / "work", env=environ, check=True, capture_output=True, text=True)

    def _machine(self, name: str, command: list[str]) -> Machine:
        folder = self.folder / name
        for part in ("work", "home", "tmp", "dagster", "recipes"):
            (folder / part).mkdir(parents=True)
        _write(folder / "dagster/dagster.yaml", self._instance())
        _write(folder / "work/celery.yaml", self._told("execution"))
        (folder / "work/workspace.yaml").write_text(_WORKSPACE.format(**self.ports))
        for recipe, document in self.recipes.items():
            _write(folder / f"recipes/{recipe}.yml", document)
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

    def _told(self, key: str) -> dict[str, Any]:
        """The settings of docs/deploying.md that begin with a key, with this Redis."""
        (block,) = re.findall(rf"```yaml\n({key}:.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
        settings: dict[str, Any] = yaml.safe_load(block.replace("//redis/", f"//127.0.0.1:{self.ports['redis']}/"))
        return settings

    def _instance(self) -> dict[str, Any]:
        """``deploy/dagster.yaml`` with this PostgreSQL, Celery's launcher, as many runs as slots and a shorter poll."""
        settings: dict[str, Any] = yaml.safe_load((ROOT / "deploy/dagster.yaml").read_text())
        settings["storage"]["postgres"]["postgres_db"].update(
            hostname="127.0.0.1", port=self.ports["postgres"], username="postgres", password="-", db_name="postgres"
        )
        settings |= self._told("run_launcher")
        settings["concurrency"]["runs"]["max_concurrent_runs"] = self.slots * len(self.workers)
        settings["run_monitoring"]["poll_interval_seconds"] = 10
        return settings

    def _queue_works(self) -> bool:
        """Whether the daemon that starts queued runs has said of late that it is well."""
        answer = self._asked(_QUEUE)
        return bool(answer and answer["daemonHealth"]["daemonStatus"]["healthy"])

    def _asked(self, query: str) -> dict[str, Any]:
        """The one field of the web server's answer to a GraphQL query; empty while there is no server."""
        try:
            address = f"http://127.0.0.1:{self.ports['web']}/graphql?query={quote(query)}"
            answer = json.load(urllib.request.urlopen(address, timeout=10))
        except OSError:
            return {}
        (found,) = answer["data"].values()
        return dict(found)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(document)))
