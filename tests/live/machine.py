"""What a live cluster needs of the machine: Java, Maven, PostgreSQL; processes that are started and always stopped."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "live"
DEBEZIUM = "3.2.0.Final"
APICURIO = "2.6.13.Final"
POSTGRES_BINARIES = "/usr/lib/postgresql"


def missing() -> str | None:
    """Why a live cluster cannot be started here; None when it can."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    return postgres_missing() or fetched()


def postgres_missing() -> str | None:
    """Why a PostgreSQL cannot be started here; None when it can."""
    if postgres_binaries() is None:
        return f"PostgreSQL's server is not installed ({POSTGRES_BINARIES}/*/bin)"
    if os.geteuid() == 0 and not any(user.pw_name == "postgres" for user in pwd.getpwall()):
        return "PostgreSQL does not run as root, and there is no user postgres"
    return None


def postgres_binaries() -> Path | None:
    """The folder of the newest PostgreSQL server."""
    found = sorted(Path(POSTGRES_BINARIES).glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def fetched() -> str | None:
    """Fetches what is not there yet from Maven Central, with Maven's own settings; the reason when that fails."""
    core, plugins = BUILD / "core", BUILD / "plugins"
    ready = BUILD / "ready"
    if ready.exists():
        return None
    plugins.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "pom.xml", BUILD / "pom.xml")
    commands = [["dependency:copy-dependencies", f"-DoutputDirectory={core}", "-DincludeScope=runtime"]]
    for name in ("postgres", "jdbc"):
        artifact = f"io.debezium:debezium-connector-{name}:{DEBEZIUM}:tar.gz:plugin"
        commands.append(["dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={BUILD}"])
    for command in commands:
        done = subprocess.run(["mvn", "-q", "-B", *command], cwd=BUILD, capture_output=True, text=True)
        if done.returncode:
            return f"Maven could not fetch the connectors: {done.stdout.strip()[-300:]}"
    for archive in BUILD.glob("*-plugin.tar.gz"):
        with tarfile.open(archive) as opened:
            opened.extractall(plugins, filter="data")
    (plugins / "file").mkdir(exist_ok=True)
    for jar in core.glob("connect-file-*.jar"):
        shutil.copy(jar, plugins / "file")
    ready.touch()
    return None


def registry() -> Path | str:
    """The folder of Apicurio's schema registry, fetched where it is not there yet; the reason when that fails."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    folder = BUILD / "registry"
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "pom.xml", folder / "pom.xml")
        artifact = f"io.apicurio:apicurio-registry-app:{APICURIO}:tar.gz:all"
        command = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            return f"Maven could not fetch the schema registry: {done.stdout.strip()[-300:]}"
        for archive in folder.glob("*.tar.gz"):
            with tarfile.open(archive) as opened:
                opened.extractall(folder, filter="data")
        (folder / "ready").touch()
    return folder


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@dataclass
class Process:
    """One server: started when its port answers, stopped politely, then not."""

    name: str
    command: list[str]
    port: int
    log: Path
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    _running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, seconds: float = 120) -> None:
        """Wait until it listens; RuntimeError, with its last words, when it never does."""
        with self.log.open("ab") as output:
            self._running = subprocess.Popen(
                self.command, stdout=output, stderr=subprocess.STDOUT, user=self.user, cwd="/", start_new_session=True
            )
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._running.poll() is None:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"{self.name} did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """Stop it, if it runs."""
        running, self._running = self._running, None
        if running is None or running.poll() is not None:
            return
        running.send_signal(self.stop_signal)
        try:
            running.wait(30)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def postgres(folder: Path, port: int, settings: str = "") -> Process:
    """A PostgreSQL of its own, not yet started, below a folder that everybody may enter: it does not run as root.

    ``settings``: lines of ``postgresql.conf``.
    """
    binaries, data = postgres_binaries() or Path(), folder / "postgres"
    user = "postgres" if os.geteuid() == 0 else None
    data.mkdir(mode=0o700)
    if user:
        shutil.chown(data, user, user)
    made = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run(made, user=user, cwd="/", check=True, capture_output=True)
    with (data / "postgresql.conf").open("a") as stream:
        stream.write(f"port={port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories=''\n{settings}")
    command = [str(binaries / "postgres"), "-D", str(data)]
    return Process("PostgreSQL", command, port, folder / "postgres.log", user, signal.SIGINT)
