"""What the browser tests stand on: a loopback Connect, `dagster dev` over it, and headless Chromium.

with connect() as stand_in, dagster(folder, stand_in.uri) as web, browser(folder) as chromium:
    chromium.get(f"{web.url}/jobs")
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
LOCATION = "kc_lineage_dagster.definitions"
PATIENCE = 300.0  # seconds: a machine so slow that nothing can be said of it
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
    "--window-size=1500,1000",
)


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
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(PATIENCE)
    driver.set_script_timeout(PATIENCE)
    try:
        yield driver
    finally:
        driver.quit()


@dataclass(frozen=True)
class Web:
    """A running `dagster dev`. ``home``: its DAGSTER_HOME."""

    url: str
    home: Path

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a GraphQL answer."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return found["data"]

    def runs(self) -> list[dict[str, Any]]:
        """All runs, the newest first: runId, status, tags."""
        query = "{runsOrError {... on Runs {results {runId status jobName tags {key value}}}}}"
        return self.ask(query)["runsOrError"]["results"]


def wait_for(what: str, condition: Any, problem: Any = lambda: None) -> Any:
    """The first true value of ``condition``. Only a machine that stands still makes it give up."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {PATIENCE:.0f} s for {what}: {problem()}")


@contextmanager
def dagster(folder: Path, connect_uri: str, **options: Any) -> Iterator[Web]:
    """`dagster dev` on a free port, with a recipe ``shop`` that reads ``connect_uri`` and writes DataHub Lite."""
    recipe = {
        "source": {"type": "kafka-connect", "config": {"cluster_name": "shop", "connect_uri": connect_uri}},
        "sink": {"type": "datahub-lite", "config": {"type": "sqlite", "config": {"file": "lite.sqlite"}}},
        "options": options,
    }
    (folder / "shop.yml").write_text(yaml.safe_dump(recipe))
    home = folder / "home"
    home.mkdir()
    settings = yaml.safe_load((ROOT / "dagster.yaml").read_text())
    (home / "dagster.yaml").write_text(yaml.safe_dump({**settings, "nux": {"enabled": False}}))
    port = free_port()
    log = folder / "dagster.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster", "dev", "-m", LOCATION, "-h", "127.0.0.1", "-p", str(port)],
            cwd=folder,
            env={**environment(home), "KC_LINEAGE_RECIPES": str(folder / "shop.yml")},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        web = Web(f"http://127.0.0.1:{port}", home)
        wait_for("dagster dev", lambda: process.poll() is not None or serves(web.url), lambda: log.read_text()[-3000:])
        assert process.poll() is None, log.read_text()[-3000:]
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
        with urllib.request.urlopen(f"{url}/server_info", timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, which `dagster dev` passes on to its children; what is left after a while is killed."""
    group = os.getpgid(process.pid)
    os.kill(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(60)
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
