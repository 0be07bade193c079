"""What the browser tests stand on: a loopback Connect, `dagster dev` over it, and headless Chromium.

with ConnectStandIn(answers) as connect, browser(folder) as chromium:
    with dagster(folder, {"connect_uri": connect.uri}, options={}, environ={}) as web:
        chromium.get(f"{web.url}/jobs")

Everything that could wait for ever has an end: one wait, one request, one command to the browser, one test.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.live.machine import free_ports
from tests.waiting import StuckError, wait

ROOT = Path(__file__).resolve().parents[2]
LOCATION = "kc_lineage_dagster.definitions"
PATIENCE = 300.0  # seconds for one thing to be seen: beyond it nothing can be said of a machine
RUN = 600.0  # seconds for a run to end
PAGE_LOAD, COMMAND = 120.0, 150.0  # seconds for a page, and for any command to chromedriver, which must outlast it
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no page waits for a name server
    "--window-size=1500,1000",
)
# Loopback is asked directly, whatever proxy the environment names.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def limit(seconds: float, what: str) -> Iterator[None]:
    """Ends what hangs, with StuckError, wherever in it that is; for the main thread."""

    def ring(*_: object) -> None:
        raise StuckError(f"{what} took more than {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def missing() -> str | None:
    """Why no browser can be driven here; None when one can."""
    if not chromium_path():
        return "Chromium is not installed (apt-get install chromium)"
    if not shutil.which("chromedriver"):
        return "chromedriver is not installed (apt-get install chromium-driver)"
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed (pip install -e '.[browser]')"
    return None


def chromium_path() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@contextmanager
def browser(folder: Path) -> Iterator[Any]:
    """Chromium with a profile of its own, driven by the installed chromedriver: nothing is downloaded."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium_path()
    for flag in (*FLAGS, f"--user-data-dir={folder / 'chromium'}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = Service(shutil.which("chromedriver"), log_output=str(folder / "chromedriver.log"))
    with limit(2 * PATIENCE, "starting Chromium"):
        driver = webdriver.Chrome(options=options, service=service)
    driver.command_executor.client_config.timeout = COMMAND  # selenium itself would wait for ever
    driver.set_page_load_timeout(PAGE_LOAD)
    driver.set_script_timeout(PAGE_LOAD)
    try:
        yield driver
    finally:
        driver.quit()


_ENDED = ("SUCCESS", "FAILURE", "CANCELED")
_RUN = """query ($id: ID!) { runOrError(runId: $id) { ... on Run {
    status tags { key value } assetMaterializations { partition assetKey { path } } } } }"""


@dataclass(frozen=True)
class Run:
    """A run that has ended. ``partitions``: what it materialized, by asset."""

    run_id: str
    status: str
    tags: Mapping[str, str]
    partitions: Mapping[str, list[str]]


@dataclass(frozen=True)
class Web:
    """A running `dagster dev`. ``home``: its DAGSTER_HOME."""

    url: str
    home: Path

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a GraphQL answer."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with _DIRECT.open(request, timeout=PATIENCE) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return found["data"]

    def runs(self) -> dict[str, str]:
        """Status by run id, the newest first."""
        found = self.ask("{runsOrError {... on Runs {results {runId status}}}}")["runsOrError"]["results"]
        return {one["runId"]: one["status"] for one in found}

    def backfills(self) -> list[str]:
        """The ids of all backfills."""
        query = "{partitionBackfillsOrError {... on PartitionBackfills {results {id}}}}"
        return [one["id"] for one in self.ask(query)["partitionBackfillsOrError"]["results"]]

    def ended(self, run_id: str) -> Run:
        """A run when it has ended, however it did."""
        wait_for(f"the end of {run_id}", lambda: self.runs()[run_id] in _ENDED, self.runs, RUN)
        found = self.ask(_RUN, id=run_id)["runOrError"]
        partitions: dict[str, list[str]] = {}
        for one in found["assetMaterializations"]:
            partitions.setdefault("/".join(one["assetKey"]["path"]), []).append(one["partition"])
        return Run(run_id, found["status"], {tag["key"]: tag["value"] for tag in found["tags"]}, partitions)


def wait_for(what: str, condition: Any, problem: Any = lambda: None, patience: float = PATIENCE) -> Any:
    """The first true value of ``condition``. Only a machine that stands still makes it give up."""
    return wait(condition, what, patience, problem)


@contextmanager
def dagster(
    folder: Path, source: Mapping[str, Any], options: Mapping[str, Any], environ: Mapping[str, str]
) -> Iterator[Web]:
    """`dagster dev` on a free port, with a recipe ``shop`` that writes DataHub Lite.

    ``source``: further fields of ``source.config``; ``environ``: further variables of the process.
    """
    recipe = {
        "source": {"type": "kafka-connect", "config": {"cluster_name": "shop", **source}},
        "sink": {"type": "datahub-lite", "config": {"type": "sqlite", "config": {"file": "lite.sqlite"}}},
        "options": dict(options),
    }
    (folder / "shop.yml").write_text(yaml.safe_dump(recipe))
    home = folder / "home"
    home.mkdir()
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    quick = {"nux": {"enabled": False}, "run_queue": {"dequeue_interval_seconds": 1}}
    (home / "dagster.yaml").write_text(yaml.safe_dump({**settings, **quick}))
    (port,) = free_ports(1)
    log = folder / "dagster.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster", "dev", "-m", LOCATION, "-h", "127.0.0.1", "-p", str(port)],
            cwd=folder,
            env={**environment(home), **environ, "KC_LINEAGE_RECIPES": str(folder / "shop.yml")},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        web = Web(f"http://127.0.0.1:{port}", home)
        wait(
            lambda: serves(web.url),
            "dagster dev answers",
            RUN,
            lambda: log.read_text()[-3000:],
            lambda: process.poll() is not None,
        )
        yield web
    finally:
        stop(process)


def environment(home: Path) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    quiet = {"DATAHUB_TELEMETRY_ENABLED": "false", "DAGSTER_DISABLE_TELEMETRY": "1", "PYTHONWARNINGS": "ignore"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("KC_LINEAGE_")}
    return {**kept, **quiet, "DAGSTER_HOME": str(home), "PYTHONPATH": path}


def serves(url: str) -> bool:
    try:
        with _DIRECT.open(f"{url}/server_info", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, which `dagster dev` passes on to its children; what is left after a while is killed."""
    group = os.getpgid(process.pid)
    os.kill(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    process.wait()
