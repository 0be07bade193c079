"""The image of deploy/Dockerfile: built, looked into, and run as deploy/docker-compose.yaml runs it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from tests.connect.stand_in import ConnectStandIn
from tests.emit.gms import Gms
from tests.image.container import ROOT
from tests.live.machine import free_ports, postgres
from tests.machines.deployment import Machine
from tests.machines.fleet import answers, connectors
from tests.waiting import wait

pytestmark = [pytest.mark.image, pytest.mark.filterwarnings("default")]

COMPOSE = yaml.safe_load((ROOT / "deploy/docker-compose.yaml").read_text())
PASSWORD = "a-password-of-this-test"
CODE, WEB = 4000, 3000  # ports that image and compose file name


def in_container(store, container, script):
    command = store.running(container, ["sh", "-c", script], {}, [])
    return subprocess.run(command, capture_output=True, text=True)


def test_the_image_holds_the_program_and_nothing_else(store, image):
    """It runs as account 10001, which cannot change the program; neither recipes nor tests nor secrets are in it."""
    said = store.settings(image)
    assert said["User"] == "10001"
    assert not [one for one in said["Env"] if re.search(r"(?i)password|token|secret", one)]
    container = store.container(image, [])
    assert in_container(store, container, "id -u").stdout.split() == ["10001"]
    assert in_container(store, container, "kc-lineage --version").stdout.startswith("kc-lineage")
    assert in_container(store, container, "touch /opt/kc-lineage/bin/x").returncode != 0
    assert in_container(store, container, "ls -A /etc/kc-lineage/recipes").stdout == ""
    assert in_container(store, container, "ls /opt/dagster").stdout.split() == ["dagster.yaml", "workspace.yaml"]
    assert in_container(store, container, "ls -d /src /tests /root/.cache").stdout == ""


class Composed:
    """The services of the compose file, each in a container of the image; PostgreSQL is this machine's."""

    def __init__(self, store, image, folder, recipe, gms):
        self.store, self.image, self.folder = store, image, folder
        (self.port,) = free_ports(1)
        self.gms = gms
        self.recipes = folder / "recipes"
        self.recipes.mkdir()
        (self.recipes / "shop.yml").write_text(yaml.safe_dump(recipe))
        self.containers = {}
        self.machines = {}

    def environ(self, service):
        """A service's variables, with what deploy/.env would say filled in."""
        filled = {"POSTGRES_PASSWORD": PASSWORD, "DATAHUB_GMS_URL": self.gms}
        found = {
            name: re.sub(r"\$\{(\w+)[^}]*\}", lambda named: filled[named[1]], value)
            for name, value in COMPOSE["services"][service]["environment"].items()
        }
        moved = found["KC_LINEAGE_STATE"].replace(":5432/", f":{self.port}/")
        return {**found, "KC_LINEAGE_STATE": moved, "DAGSTER_POSTGRES_PORT": str(self.port)}

    def command(self, service, command):
        volumes = [one.replace("./recipes", str(self.recipes)) for one in COMPOSE["services"][service]["volumes"]]
        return self.store.running(self.containers[service], command, self.environ(service), volumes)

    def start(self, service):
        """Run a service's command, or the image's own."""
        self.containers[service] = self.store.container(self.image, ["code", "postgres"])
        (self.folder / service / "work").mkdir(parents=True)
        command = COMPOSE["services"][service].get("command") or self.store.settings(self.image)["Cmd"]
        path = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        made = Machine(service, self.folder / service, self.command(service, command), path)
        self.machines[service] = made
        made.start()

    def healthy(self, service):
        """Whether the service's health check, or the image's own, says so."""
        check = COMPOSE["services"][service].get("healthcheck") or {}
        test = check.get("test") or self.store.settings(self.image)["Healthcheck"]["Test"]
        assert test[0] == "CMD"
        return subprocess.run(self.command(service, test[1:]), capture_output=True).returncode == 0


@pytest.fixture
def free():
    """The ports that image and compose file name; containers share this machine's network here."""
    for port in (CODE, WEB):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                pytest.skip(f"port {port} is taken on this machine")


@pytest.fixture
def composed(store, image, free):
    folder = Path(tempfile.mkdtemp(prefix="kc-compose-"))  # pytest's own folders are closed to PostgreSQL's account
    folder.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        gms = stack.enter_context(Gms())
        connect = stack.enter_context(ConnectStandIn(answers(connectors("shop", 5))))
        recipe = {
            "source": {"type": "kafka-connect", "config": {"connect_uri": connect.uri, "cluster_name": "shop"}},
            "sink": {"type": "datahub-rest", "config": {"server": "${DATAHUB_GMS_URL}"}},
        }
        made = Composed(store, image, folder, recipe, gms.url)
        database = postgres(folder, made.port)
        stack.callback(database.stop)
        database.start()
        import psycopg  # this file is also collected where the driver is not installed

        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{made.port}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE ROLE dagster LOGIN PASSWORD '{PASSWORD}'")
            connection.execute("CREATE DATABASE dagster OWNER dagster")
        stack.callback(lambda: [machine.kill() for machine in made.machines.values()])
        yield made, gms


def test_services_as_the_compose_file_starts_them(composed):
    """Once Dagster's tables are made, code server, web server and daemon become healthy, and a run that the web server
    is asked for reaches DataHub; the next one, in a process that shares no disk with it, sends nothing.
    """
    services, gms = composed
    services.start("migrate")
    wait(lambda: services.machines["migrate"].ended() == 0, "Dagster's tables are made")
    for service in ("code", "web", "daemon"):
        services.start(service)
        wait(lambda service=service: services.healthy(service), f"{service} is healthy", 180)
    asked = [sys.executable, "-m", "dagster", "api", "grpc-health-check", "-p", str(CODE)]
    assert subprocess.run(asked, capture_output=True).returncode == 0
    from dagster_graphql import DagsterGraphQLClient  # half a second, wherever this file is only collected

    client = DagsterGraphQLClient("127.0.0.1", port_number=WEB)

    def ended(run):
        status = client.get_run_status(run).value
        return status if status in ("SUCCESS", "FAILURE", "CANCELED") else None

    for sent in (5, 0):
        gms.writes.clear()
        run = client.submit_job_execution("sync_shop")
        assert wait(lambda run=run: ended(run), "the run has ended", 300) == "SUCCESS"
        flows = {urn for urn, _ in gms.writes if urn.startswith("urn:li:dataFlow:(kafka-connect,")}
        assert len(flows) == sent
