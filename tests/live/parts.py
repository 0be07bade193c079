"""What a live cluster is made of: broker, worker, plugins and schema registry, fetched once from Maven Central."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[1] / "build" / "live"
JDBC_SINK = "3.2.0.Final"  # the last that Maven Central has as a plugin
APICURIO = "2.6.13.Final"
MOST_LISTED = 100  # subjects that the registry lists; it says nothing of the others (1,000 by itself)
_OLDEST_JAVA = 17
# Maven's words for a server that is away, refuses, or was away a moment ago; an artifact that it lacks is our fault.
_AWAY = re.compile(r"Could not transfer|Unknown host|Connection (refused|timed out|reset)|failure was cached")


CONVERTER = BUILD / f"converter-{APICURIO}"
REGISTRY = BUILD / f"registry-{APICURIO}"
_SINK = BUILD / f"jdbc-sink-{JDBC_SINK}"


@dataclass(frozen=True)
class Versions:
    """The releases that a cluster runs on."""

    kafka: str
    debezium: str

    @property
    def core(self) -> Path:
        """The folder of the jars of broker, worker and tools."""
        return BUILD / f"kafka-{self.kafka}"

    @property
    def plugin_path(self) -> str:
        """The worker's ``plugin.path``."""
        return ",".join(map(str, (self._debezium, _SINK, CONVERTER, self._files)))

    @property
    def _debezium(self) -> Path:
        return BUILD / f"debezium-{self.debezium}"

    @property
    def _files(self) -> Path:
        return BUILD / f"file-{self.kafka}"

    def missing(self) -> str | None:
        """Fetch what is not here yet; why that is not possible here, None when all is here.

        RuntimeError when Maven Central answers and something else is wrong.
        """
        return (
            java_missing()
            or _once(self.core, lambda: _jars("pom.xml", self.core, f"-Dkafka={self.kafka}"))
            or _once(
                self._debezium,
                lambda: _archive("io.debezium:debezium-connector-postgres", self.debezium, self._debezium),
            )
            or _once(_SINK, lambda: _archive("io.debezium:debezium-connector-jdbc", JDBC_SINK, _SINK))
            or _once(CONVERTER, self._fetch_converter)
            or _once(self._files, self._copy_files)
        )

    def _fetch_converter(self) -> str | None:
        jars = CONVERTER / "apicurio"
        reason = _jars("converter.pom.xml", jars, "-DexcludeGroupIds=org.apache.kafka,org.slf4j")
        if reason is None:
            # it lacks the manifest without which a worker would have to look into every class of every plugin
            tool = ["java", "-cp", f"{self.core}/*", "org.apache.kafka.tools.ConnectPluginPath", "sync-manifests"]
            subprocess.run([*tool, "--plugin-path", str(CONVERTER)], check=True, capture_output=True)
        return reason

    def _copy_files(self) -> None:
        """A plugin of the file connectors, which come with Kafka."""
        plugin = self._files / "file"
        plugin.mkdir()
        for jar in self.core.glob("connect-file-*.jar"):
            shutil.copy(jar, plugin)


NEW = Versions("4.3.0", "3.6.1.Final")
OLD = Versions("3.9.1", "3.2.0.Final")


def registry_missing() -> str | None:
    """Fetch Apicurio's schema registry to ``REGISTRY``; why that is not possible here, None when it is here."""
    return java_missing() or _once(REGISTRY, lambda: _archive("io.apicurio:apicurio-registry-app", APICURIO, REGISTRY))


def java_missing() -> str | None:
    """Why nothing in Java can be fetched or started here; None when it can."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    said = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < _OLDEST_JAVA:
        return f"Java {_OLDEST_JAVA} or later is needed, this one is {said.partition(chr(10))[0]!r}"
    return None


def _once(folder: Path, fetch: Callable[[], str | None]) -> str | None:
    ready = folder / "ready"
    if ready.exists():
        return None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    reason = fetch()
    if reason is None:
        ready.touch()
    return reason


def _jars(pom: str, folder: Path, further: str) -> str | None:
    """Fetch what a project of this folder depends on; as ``_maven``."""
    project = ("-f", str(HERE / pom), "-DincludeScope=runtime", f"-DoutputDirectory={folder}")
    return _maven("dependency:copy-dependencies", *project, further)


def _archive(artifact: str, version: str, folder: Path) -> str | None:
    """Fetch and unpack one archive; as ``_maven``."""
    kind = "all" if artifact.endswith("-app") else "plugin"
    wanted = f"-Dartifact={artifact}:{version}:tar.gz:{kind}"
    reason = _maven("dependency:copy", wanted, f"-DoutputDirectory={folder}")
    for archive in folder.glob("*.tar.gz"):
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        archive.unlink()
    return reason


def _maven(*arguments: str) -> str | None:
    """Run Maven with its own settings; why it reached nobody, None when it is done."""
    done = subprocess.run(["mvn", "-q", "-B", *arguments], cwd=BUILD, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    said = " ".join(done.stdout.split())
    if _AWAY.search(said):
        return f"Maven Central is out of reach: {said[:300]}"
    raise RuntimeError(f"mvn {' '.join(arguments)}: {said[:2000]} {done.stderr[:500]}")
