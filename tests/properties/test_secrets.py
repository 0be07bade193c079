"""No secret in any output, whatever the configuration: whole runs, after which everything written is searched."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from kc_lineage_dagster.connect.answers import EXPANDED
from kc_lineage_dagster.connect.client import ConnectClient
from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.saved import Saved
from kc_lineage_dagster.defs.resources import DataHubResource, KafkaConnectResource
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.recording import record
from kc_lineage_dagster.state import codec
from tests.connect.stand_in import ConnectStandIn, Fault, Handler
from tests.emit.gms import Gms
from tests.properties.leaks import SECRET, Search
from tests.properties.planted import CORE, MARKER, Planter, cluster, examples
from tests.properties.world import OWN, World
from tests.tries import Share, by_share, first_of

JOBS = ("preview_shop", "sync_shop", "doctor_shop")
FILE = {"type": "file", "config": {"filename": "../out/out.json"}}
LITE = {"type": "datahub-lite", "config": {"config": {"file": "../out/lite.sqlite"}}}

# Dagster's own, when it describes a schedule
pytestmark = pytest.mark.filterwarnings("ignore:.*environment_vars:DeprecationWarning")


def repeats_credentials(handler: Handler) -> None:
    """A worker, or a proxy before it, that says what it does not like."""
    sent = list(handler.headers.items())
    known = [base64.b64decode(value.split()[1]).decode() for name, value in sent if value.startswith("Basic ")]
    told = [*(f"{name}: {value}" for name, value in sent), *(value.split()[-1] for _, value in sent), *known]
    told += [one.partition(":")[2] for one in known]
    handler.answer(401, json.dumps({"error_code": 401, "message": f"{MARKER}: {' / '.join(told)}"}).encode(), {})


@pytest.fixture
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[World]:
    """Every fourth class of the registry; ``request.param`` says where to begin."""
    caplog.set_level(logging.DEBUG)
    planter = Planter(request.param)
    own = {name: f"{planter.core()}!é" if name == "PASSWORD" else f"{planter.core()}!" for name in OWN}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    with ConnectStandIn(cluster(planter, "${env:PW}", examples()[request.param :: 4])) as connect, Gms() as gms:
        yield World(tmp_path, connect, gms, own, planter.planted)
        assert gms.problems == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "sink", "literal"), [(0, None, False), (1, FILE, True), (2, LITE, False)], indirect=["world"]
)
def test_no_secret_leaves_connect(
    world: World,
    sink: dict[str, Any] | None,
    literal: bool,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    record_property: Any,
) -> None:
    """Syncs, previews, ticks, failed runs and a recording leave no secret in any file, log, event, answer or repr."""
    rest = {"type": "datahub-rest", "config": {"server": world.gms.url, "retry_max_times": 0}}
    recipe = world.recipe(sink or rest, literal=literal)
    world.run(recipe, JOBS)
    world.shown(recipe)
    world.search.look("recording", json.dumps(record(Cluster.of(read_recipe(recipe)))))
    world.commands(recipe)
    if sink is None:
        world.run(recipe, ["sync_shop"])
        world.gms.fault = world.refuses
        assert isinstance(world.connect.answers, dict)
        listing = world.connect.answers[EXPANDED]
        listing[f"{MARKER}-new"] = listing[f"{MARKER}-001"]  # something to send
        world.run(recipe, ("sync_shop", "doctor_shop"), fails=True)
    world.connect.fault(EXPANDED, Fault(repeats_credentials))
    world.run(recipe, JOBS if literal else ["sync_shop"], fails=True)
    nobody = f"http://u:{world.own['PASSWORD'].rstrip('!é')}@127.0.0.1:1"
    world.run(world.recipe(sink or rest, literal=literal, connect_uri=nobody), ["sync_shop"], fails=True)
    world.commands(recipe)
    search = world.finish()
    printed = capfd.readouterr()
    for where, text in (("log", caplog.text), ("stdout", printed.out), ("stderr", printed.err)):
        search.look(where, text)
    record_property("secrets planted", world.planted)
    record_property("bytes searched", search.searched)
    print(f"{world.planted} secrets planted, {search.searched} bytes searched, {len(search.leaks)} found")
    assert search.leaks == []
    assert world.planted > 1_000
    places = [
        "kc-lineage lineage",
        "kc-lineage page",
        "kc-lineage record",
        "state",
        "dagster",
        "events of sync_shop",
        "events of preview_shop",
        "log",
        "recording",
        "tick",
    ]
    assert search.missing(*places, "out" if sink else "sent", "state/lineage.html", "failed tick", "repository") == []
    assert search.searched > 2_000_000


def test_resources_of_a_project_of_ones_own_show_no_secret() -> None:
    """Neither a resource nor what it makes shows a secret that was given to it as a value."""
    secret = Planter(0).secret()
    uri, headers = f"http://u:{quote(secret, safe='')}@127.0.0.1:1", {"headers": {"X-Own": secret}}
    connect = KafkaConnectResource(connect_uri=uri, password=secret, options={"connect": headers})
    datahub = DataHubResource(sink_type="datahub-rest", sink_config={"server": "http://127.0.0.1:1", "token": secret})
    settings = connect.cluster().connect_settings()
    for one in (connect, datahub, connect.cluster(), settings, ConnectClient(settings), datahub.open("run")):
        assert not SECRET.search(f"{one!r} {one}".encode()), type(one)


@by_share
@pytest.mark.parametrize("definitions", first_of(["absent", "given", "failing"]))
def test_no_secret_of_any_class_is_in_a_snapshot(definitions: str, share: Share) -> None:
    """A connector of every class of the registry: no secret is in the snapshot, told which keys are secret or not."""
    planter, search = Planter(3), Search()
    found = read(Saved("here", cluster(planter, "x", list(share.of(examples())), definitions))).whole()
    assert len(found.connectors) > (350 if share.whole else 12)
    search.look("snapshot", codec.snapshots().dump(found) + repr(found))
    print(f"definitions {definitions}: {planter.planted} secrets planted, {len(search.leaks)} found")
    assert search.leaks == []
    assert planter.planted > (5_000 if share.whole else 150)


def test_the_search_finds_what_it_looks_for() -> None:
    """A secret is found as it is, in any case, in base64 at any place, in hex and in UTF-16."""
    for at in range(4):
        around = f"{'x' * at}{CORE}?~ÿ"
        found = [around, around.upper(), quote(around), json.dumps(around), around.encode().hex()]
        found += [code(around.encode()).decode() for code in (base64.b64encode, base64.urlsafe_b64encode)]
        assert all(SECRET.search(one.encode()) for one in found)
        assert SECRET.search(around.encode("utf-16-le"))
