"""A live cluster on 127.0.0.1: PostgreSQL, a one-node KRaft broker, a distributed Connect worker."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from tests.live.machine import Process, free_ports, postgres, postgres_binaries
from tests.live.parts import CONVERTER, Versions
from tests.waiting import wait

SECRET = "s3cr3t-0f-the-live-lab"
_INTERNAL = ("connect-", "__", "mm2-")
_REBALANCE = 300.0  # seconds after which a rebalance can be called endless
_LOG4J = """log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
"""
_BROKER = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{kafka},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{kafka}
controller.listener.names=CONTROLLER
log.dirs={folder}/kafka
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""
_WORKER = """bootstrap.servers=127.0.0.1:{kafka}
group.id=live
listeners=http://127.0.0.1:{rest}
rest.advertised.host.name=127.0.0.1
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
config.storage.topic=connect-configs
offset.storage.topic=connect-offsets
status.storage.topic=connect-status
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
offset.storage.partitions=1
status.storage.partitions=1
offset.flush.interval.ms=1000
plugin.path={plugins}
plugin.discovery=service_load
config.providers=file
config.providers.file.class=org.apache.kafka.common.config.provider.FileConfigProvider
topic.creation.enable=true
scheduled.rebalance.max.delay.ms=2000
"""
_POSTGRES = """wal_level=logical
max_replication_slots=20
max_wal_senders=20
fsync=off
shared_buffers=32MB
"""


class Lab:
    """A context manager; everything it starts is stopped, and everything it wrote removed, when it ends."""

    def __init__(self, versions: Versions) -> None:
        self.versions = versions
        # not below pytest's folder: PostgreSQL runs as another user, who may not look into that one
        self.folder = Path(tempfile.mkdtemp(prefix="kc-live-"))
        self.folder.chmod(0o755)
        names = ("postgres", "kafka", "controller", "rest")
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self.binaries = postgres_binaries() or Path()
        self._processes: list[Process] = []
        self.worker = self._java("worker", "connect.cli.ConnectDistributed", "worker.properties", "rest", "1g")
        self.worker.answers = lambda: self._listed() is not None

    def __enter__(self) -> Lab:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop everything, the youngest first, and forget it."""
        for process in (self.worker, *reversed(self._processes)):
            process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def rest(self) -> str:
        """The worker's address."""
        return f"http://127.0.0.1:{self.ports['rest']}"

    def _start(self) -> None:
        places = {**self.ports, "folder": self.folder, "plugins": self.versions.plugin_path}
        for name, text in (("log4j", _LOG4J), ("broker", _BROKER), ("worker", _WORKER)):
            (self.folder / f"{name}.properties").write_text(text.format(**places) if name != "log4j" else text)
        (self.folder / "secrets.properties").write_text(f"password={SECRET}\n")
        self._start_postgres()
        self._run_java("kafka.tools.StorageTool", "format", "-t", "LiveLiveLiveLiveLiveLA", "-c", "broker.properties")
        broker = self._java("broker", "kafka.Kafka", "broker.properties", "kafka", "512m")
        self._processes.append(broker)
        broker.start()
        self.worker.start()

    def _start_postgres(self) -> None:
        server = postgres(self.folder, self.ports["postgres"], _POSTGRES)
        self._processes.append(server)
        server.start()
        self.sql("postgres", f"CREATE ROLE writer LOGIN SUPERUSER PASSWORD '{SECRET}'")

    def wait(self, until: Callable[[], Any], what: str) -> None:
        """Wait until something has happened in the cluster; StuckError, with the last words of all, when it cannot."""
        servers = (*self._processes, self.worker)

        def told() -> str:
            states = "the worker does not answer" if self._listed() is None else str(self.states())
            return "\n".join([states, *(one.told() for one in servers)])

        wait(until, what, told=told, over=lambda: any(one.ended for one in servers))

    def _listed(self) -> Any:
        try:
            return self.call("GET", "/connectors")
        except (RuntimeError, urllib.error.URLError, ConnectionError):  # at first it answers 404
            return None

    def _java(self, name: str, main: str, settings: str, port: str, memory: str) -> Process:
        main = main if main.startswith("kafka.") else f"org.apache.kafka.{main}"
        command = [*self._jvm(memory), main, str(self.folder / settings)]
        return Process(name, command, self.ports[port], self.folder / f"{name}.log")

    def _jvm(self, memory: str, *further: Path) -> list[str]:
        log = f"-Dlog4j.configuration=file:{self.folder}/log4j.properties"
        jars = ":".join(f"{folder}/*" for folder in (self.versions.core, *further))
        return ["java", f"-Xmx{memory}", "-XX:TieredStopAtLevel=1", log, "-cp", jars]

    def _run_java(self, *arguments: str, jars: tuple[Path, ...] = ()) -> str:
        command = [*self._jvm("256m", *jars), *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise RuntimeError(f"{arguments[0]}: {done.stdout[-1000:]} {done.stderr[-1000:]}")
        return done.stdout

    def _psql(self, database: str, sql: str) -> subprocess.CompletedProcess[str]:
        where = ["-h", "127.0.0.1", "-p", str(self.ports["postgres"]), "-U", "postgres", "-d", database]
        command = [str(self.binaries / "psql"), *where, "-v", "ON_ERROR_STOP=1", "-qAtX"]
        return subprocess.run(command, input=sql, capture_output=True, text=True)

    def sql(self, database: str, sql: str) -> list[str]:
        """Run SQL; the rows as text. RuntimeError when the server refuses."""
        done = self._psql(database, sql)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.splitlines()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Connect's REST API; a rebalance (409, 500) is waited for."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        until = time.monotonic() + _REBALANCE
        while True:
            request = urllib.request.Request(self.rest + path, data, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=_REBALANCE) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code not in (409, 500) or time.monotonic() > until:
                    raise RuntimeError(f"{method} {path}: {error.code} {error.read()[:500]!r}") from None
                time.sleep(0.5)

    def create(self, name: str, config: dict[str, str]) -> None:
        """Create a connector, whatever its name: Kafka 4 takes no path with a slash in it."""
        self.call("POST", "/connectors", {"name": name, "config": config})

    def put(self, name: str, config: dict[str, str]) -> None:
        """Create or change a connector."""
        self.call("PUT", f"/connectors/{quote(name, safe='')}/config", config)

    def states(self) -> dict[str, str]:
        """Connector -> its first task's state, else its own."""
        listed = self.call("GET", "/connectors?expand=status")
        return {
            name: (one["status"]["tasks"] or [one["status"]["connector"]])[0]["state"] for name, one in listed.items()
        }

    def topics(self) -> set[str]:
        """The topics that hold records: no internal ones."""
        return {path.parent.name.rpartition("-")[0] for path in self._segments()}

    def records(self) -> dict[str, list[str]]:
        """Topic -> the values of its records, as text: read from the broker's files, in one process for all topics."""
        package = "kafka.tools" if self.versions.kafka < "4" else "org.apache.kafka.tools"
        segments = self._segments()
        files = ",".join(map(str, segments))
        dump = self._run_java(f"{package}.DumpLogSegments", "--print-data-log", "--files", files)
        found: dict[str, list[str]] = {path.parent.name.rpartition("-")[0]: [] for path in segments}
        topic = ""
        for line in dump.splitlines():
            if line.startswith("Dumping "):
                topic = Path(line.removeprefix("Dumping ")).parent.name.rpartition("-")[0]
            elif " payload: " in line:
                found[topic].append(line.partition(" payload: ")[2])
        return found

    def decoded(self, topic: str, count: int, registry: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Key and value of a topic's first records, as Apicurio's own deserializers read them from Avro."""
        given = {"bootstrap-server": self._broker, "topic": topic, "max-messages": str(count), "timeout-ms": "60000"}
        for part in ("key", "value"):
            given[f"{part}-deserializer"] = "io.apicurio.registry.serde.avro.AvroKafkaDeserializer"
        address = f"deserializer.apicurio.registry.url={registry}/apis/registry/v2"
        printed = ("print.key=true", f"key.{address}", f"value.{address}")
        arguments = [*(f"--{key}={value}" for key, value in given.items()), *(f"--property={one}" for one in printed)]
        consumer = "org.apache.kafka.tools.consumer.ConsoleConsumer"
        shown = self._run_java(consumer, "--from-beginning", *arguments, jars=(CONVERTER / "apicurio",))
        texts = [line.partition("\t") for line in shown.splitlines() if line.startswith("{")]
        return [(json.loads(key), json.loads(value)) for key, _, value in texts]

    def _segments(self) -> list[Path]:
        files = (self.folder / "kafka").glob("*/*.log")
        return sorted(one for one in files if one.stat().st_size and not one.parent.name.startswith(_INTERNAL))

    @property
    def _broker(self) -> str:
        return f"127.0.0.1:{self.ports['kafka']}"
