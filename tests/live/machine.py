"""What a live cluster needs of the machine: PostgreSQL, a pooler, free ports, processes that are always stopped."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.loopback import HeldPort
from tests.waiting import StuckError, wait

POSTGRES_BINARIES = "/usr/lib/postgresql"
PGBOUNCER_PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))  # where Debian has it


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


_HELD: list[HeldPort] = []  # as long as this process lives


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on, and that nobody else is given while this process lives."""
    held = [HeldPort() for _ in range(count)]
    _HELD.extend(held)
    return [one.number for one in held]


@dataclass
class Process:
    """One server: started when it answers, stopped politely, then not.

    ``answers``: whether it does what it is there for; by itself a server answers when somebody listens on its port.
    """

    name: str
    command: list[str]
    port: int
    log: Path
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    answers: Callable[[], bool] | None = None
    _running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int | None:
        """Its process, while it is started."""
        return self._running.pid if self._running else None

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._running is not None and self._running.poll() is not None

    def told(self) -> str:
        """Its last words."""
        return f"{self.name}: {self.log.read_text(errors='replace')[-2000:]}"

    def start(self) -> None:
        """Wait until it answers; StuckError, with its last words, when it never does."""
        with self.log.open("ab") as output:
            self._running = subprocess.Popen(
                self.command, stdout=output, stderr=subprocess.STDOUT, user=self.user, cwd="/", start_new_session=True
            )
        try:
            wait(self._listens, f"{self.name} listens", told=self.told, over=lambda: self.ended)
            if self.answers is not None:
                wait(self.answers, f"{self.name} answers", told=self.told, over=lambda: self.ended)
        except StuckError:
            self.stop()
            raise

    def _listens(self) -> bool:
        with socket.socket() as trial:
            return trial.connect_ex(("127.0.0.1", self.port)) == 0

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
    # its port is open while it still refuses everybody, because it is starting up
    asked = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    log = folder / "postgres.log"
    return Process("PostgreSQL", command, port, log, user, signal.SIGINT, lambda: subprocess.call(asked) == 0)


def pgbouncer_missing() -> str | None:
    """Why PgBouncer cannot be started here; None when it can."""
    return None if shutil.which("pgbouncer", path=PGBOUNCER_PATH) else "PgBouncer is not installed"


def pgbouncer(folder: Path, port: int, server: int, settings: str = "") -> Process:
    """A PgBouncer that hands out connections by transaction, not yet started, before the PostgreSQL of this machine.

    ``folder``: everybody may enter it: PgBouncer does not run as root. ``server``: the port of PostgreSQL.
    ``settings``: further lines of ``pgbouncer.ini``.
    """
    user = "postgres" if os.geteuid() == 0 else None
    file = folder / f"pgbouncer-{port}.ini"
    pool = (
        f"listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n"
    )
    file.write_text(f"[databases]\n* = host=127.0.0.1 port={server} user=postgres\n[pgbouncer]\n{pool}{settings}")
    command = [shutil.which("pgbouncer", path=PGBOUNCER_PATH) or "", str(file)]
    return Process("PgBouncer", command, port, folder / f"pgbouncer-{port}.log", user)
