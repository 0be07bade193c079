"""The servers that the live tests share, each started once; a test that needs one that cannot be had here says why."""

from __future__ import annotations

import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.lab import Lab
from tests.live.machine import Process, free_ports, postgres_missing
from tests.live.parts import MOST_LISTED, NEW, OLD, REGISTRY, Versions, registry_missing


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A cluster of the newest releases."""
    with _started(NEW) as found:
        yield found


@pytest.fixture(scope="module")
def old_lab() -> Iterator[Lab]:
    """A cluster of the releases before Kafka 4."""
    with _started(OLD) as found:
        yield found


def _started(versions: Versions) -> Lab:
    reason = postgres_missing() or versions.missing()
    if reason:
        pytest.skip(f"no live cluster: {reason}")
    return Lab(versions)


@pytest.fixture(scope="session")
def registry() -> Iterator[str]:
    """The address of Apicurio's schema registry, which keeps everything in memory."""
    reason = registry_missing()
    if reason:
        pytest.skip(f"no schema registry: {reason}")
    (port,) = free_ports(1)
    jar = next(REGISTRY.glob("*-runner.jar"))
    with tempfile.TemporaryDirectory(prefix="kc-registry-") as home:
        options = ["-Xmx256m", "-XX:TieredStopAtLevel=1", f"-Dregistry.ccompat.max-subjects={MOST_LISTED}"]
        options += [f"-Dquarkus.http.port={port}"]
        command = ["java", *options, "-Dquarkus.http.host=127.0.0.1", "-jar", str(jar)]
        address = f"http://127.0.0.1:{port}"
        server = Process("Apicurio Registry", command, port, Path(home) / "log", answers=lambda: _answers(address))
        server.start()
        try:
            yield address
        finally:
            server.stop()


def _answers(address: str) -> bool:
    """Whether the registry answers: its port is open before that."""
    try:
        with urllib.request.urlopen(f"{address}/apis/ccompat/v7/subjects", timeout=60):
            return True
    except (urllib.error.URLError, OSError):
        return False
