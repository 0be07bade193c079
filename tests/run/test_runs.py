"""Runs against a GMS: only differences are sent, outages lose nothing, nothing alive is removed."""

from __future__ import annotations

import json
import logging
import random
import shutil
import signal
import threading

import pytest

from kc_lineage_dagster.defs.resources import DataHubResource
from kc_lineage_dagster.recipe.files import read_recipe
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.reading import read_cluster
from kc_lineage_dagster.run.report import Request
from kc_lineage_dagster.run.sync import Sync
from kc_lineage_dagster.state.receipts import ALIVE, Held, Receipts
from tests.defs.clusters import CONNECTORS, POSTGRES, save_cluster, write_recipe
from tests.emit.gms import Gms, dies_after, everything, healthy, html, rejects
from tests.run.place import BATCH
from tests.tries import first_of


def revive(gms: Gms) -> None:
    """Serves again, whether it had died or not."""
    gms.stop()
    gms.start()


def test_an_unchanged_cluster_sends_nothing(place):
    """The second run writes nothing; a full refresh writes everything again."""
    first = place.run()
    assert first.problem is None
    assert first.counts.sent > 0
    assert place.run().counts.sent == 0
    assert place.gms.requests["writes"] == 0
    assert place.run(full_refresh=True).counts.sent == first.counts.sent


def test_only_what_differs_is_sent(place):
    """A changed connector sends its own differences only."""
    place.run()
    place.save({**CONNECTORS, "cdc": {**POSTGRES, "table.include.list": "public.users,public.orders,public.items"}})
    place.run()
    assert {one.connector.name for one in place.results if one.sent} == {"cdc"}


def test_an_interrupted_run_keeps_what_was_acknowledged(place):
    """Ctrl-C while a batch is under way: the next run sends that batch again at most, and nothing before it."""

    def interrupts(request):
        if request.number == 3:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    place.gms.fault = interrupts
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            place.run()
    finally:
        signal.signal(signal.SIGINT, before)
    place.gms.fault = healthy
    assert place.run().problem is None
    assert sum(count - 1 for count in place.gms.writes.values()) <= BATCH
    assert place.run().counts.sent == 0


@pytest.mark.parametrize("fault", first_of([dies_after(2), everything(503), everything(500), html()]))
def test_an_outage_loses_nothing(place, fault):
    """What was not acknowledged is sent by the next run; the run that failed says why in one line per cause."""
    place.gms.fault = fault
    report = place.run()
    assert report.problem
    assert all(line.strip() for line in report.problem.splitlines())
    assert len(report.problem.splitlines()) <= 3
    place.gms.fault = healthy
    revive(place.gms)
    again = place.run()
    assert again.problem is None
    flows = {urn for urn in place.gms.entities(removed=False) if urn.startswith("urn:li:dataFlow")}
    assert len(flows) == len(CONNECTORS)
    assert place.run().counts.sent == 0


def test_one_rejected_proposal_does_not_take_others_along(place):
    """GMS rejects a batch whole; the culprit is isolated, everything else arrives, nothing is removed in that run."""
    place.gms.fault = rejects("public.orders")
    report = place.run()
    assert report.problem
    failed = {one.connector.name for one in place.results if one.failed}
    assert failed == {"cdc", "ödd ../name"}
    assert report.stale is None
    place.gms.fault = healthy
    assert place.run().problem is None


def test_an_emptied_datahub_gets_everything_again(place):
    """Receipts know which DataHub they describe."""
    place.run()
    place.gms.wipe()
    report = place.run()
    assert report.full
    assert len(place.gms.entities(removed=False)) == 8


def test_connectors_that_are_asked_for_are_sent_whatever_datahub_holds(place):
    """Somebody has deleted, removed or overwritten entities: materializing the partition puts them right."""
    place.run()
    flow = "urn:li:dataFlow:(kafka-connect,cdc,PROD)"
    expected = dict(place.gms.aspects)
    lost = next(urn for urn, _ in expected if urn.startswith(f"urn:li:dataJob:({flow}"))
    for key in [key for key in place.gms.aspects if key[0] == lost]:
        del place.gms.aspects[key]
    place.gms.aspects[flow, "status"] = {"removed": True}
    place.gms.aspects[flow, "dataFlowInfo"] = {"name": "somebody else's", "customProperties": {}}
    place.run(connectors=["cdc"], resend=True, remove=False)
    assert place.gms.aspects == expected


def test_what_comes_back_is_alive_again(place):
    """A connector that vanished is soft-deleted, and told `removed: false` when it returns."""
    place.run()
    place.save({name: CONNECTORS[name] for name in ("cdc", "dw/sink")})
    assert len(place.run().removed) == 3
    assert len(place.gms.entities(removed=True)) == 3
    place.save(CONNECTORS)
    assert place.run().problem is None
    assert place.gms.entities(removed=True) == set()


@pytest.mark.slow
def test_a_removal_that_was_not_acknowledged_stays_pending(place):
    """The run fails, and the next one removes."""
    place.run()
    place.save({name: CONNECTORS[name] for name in ("cdc", "dw/sink")})
    place.gms.fault = everything(503)
    report = place.run()
    assert report.problem
    assert report.removed == ()
    place.gms.fault = healthy
    assert len(place.run().removed) == 3


@pytest.mark.slow
def test_removal_can_be_switched_off(place):
    """`remove_stale_metadata: false` reports what would go and deletes nothing."""
    sink = {"type": "datahub-rest", "config": {"server": place.gms.url}}
    write_recipe(place.folder, sink=sink, stateful_ingestion={"enabled": True, "remove_stale_metadata": False})
    place.run()
    place.save({name: CONNECTORS[name] for name in ("cdc", "dw/sink")})
    report = place.run()
    assert report.removed == ()
    assert report.stale is not None
    assert len(report.stale.keep_reasons) == 3


@pytest.mark.slow
def test_a_urn_of_another_recipe_is_never_removed(place):
    """Two recipes with one env share the flow URNs of equal connector names; the one that lost it leaves it alone."""
    sink = {"type": "datahub-rest", "config": {"server": place.gms.url}}
    other = write_recipe(place.folder, sink=sink, cluster_name="other")
    other.rename(place.folder / "other.yml")
    write_recipe(place.folder, sink=sink)
    place.run()
    place.run("other")
    place.save({name: CONNECTORS[name] for name in ("cdc", "dw/sink")})
    assert place.run().removed == ()
    assert place.gms.entities(removed=True) == set()


@pytest.mark.slow
def test_a_renamed_environment_moves_everything(place):
    """With another `env` all URNs are new: they are sent, and the old ones wait for a release of the fail-safe."""
    place.run()
    write_recipe(place.folder, sink={"type": "datahub-rest", "config": {"server": place.gms.url}}, env="DEV")
    report = place.run()
    assert report.stale is not None
    assert "allow_removal" in (report.stale.refused or "")
    assert len(place.run(allow_removal=True).removed) == 8
    assert len(place.gms.entities(removed=False)) == 8


@pytest.mark.slow
def test_excluded_by_patterns_counts_as_gone(place):
    """A connector that `connector_patterns` exclude now is removed like one that vanished."""
    place.run()
    sink = {"type": "datahub-rest", "config": {"server": place.gms.url}}
    write_recipe(place.folder, sink=sink, connector_patterns={"deny": ["dw/.*"]})
    assert {urn for urn in place.run().removed if "dataFlow:" in urn and "dataJob" not in urn} == {
        "urn:li:dataFlow:(kafka-connect,dw/sink,PROD)"
    }


def test_runs_are_stamped(place):
    """Everything carries the run's id, so that `datahub ingest rollback` finds it."""
    place.run()
    assert {one["runId"] for one in place.gms.system.values()} == {"run-1"}


@pytest.mark.slow
def test_what_datahub_ingest_left_is_removed_when_stale(place):
    """With a pipeline name, entities that DataHub's own checkpoint remembers go when their connector is gone."""
    recipe = place.folder / "shop.yml"
    recipe.write_text(recipe.read_text() + "\npipeline_name: nightly\n")
    place.run()
    shutil.rmtree(place.folder / "state")  # as if `datahub ingest` had made it all
    place.save({name: CONNECTORS[name] for name in ("cdc", "dw/sink")})
    report = place.run()
    assert report.problem is None
    assert {urn for urn in report.removed if urn.startswith("urn:li:dataFlow")} == {
        "urn:li:dataFlow:(kafka-connect,ödd ../name,PROD)"
    }
    assert place.run().removed == ()
    assert place.gms.requests["writes"] == 0


@pytest.mark.slow
def test_a_checkpoint_that_datahub_would_not_take_keeps_nothing_that_is_stale(place, caplog):
    """What vanished is removed all the same; the run fails with a line that says what to do about the checkpoint."""
    caplog.set_level(logging.CRITICAL, "datahub.ingestion.source.state.checkpoint")  # its error cannot be formatted
    recipe = place.folder / "shop.yml"
    recipe.write_text(recipe.read_text() + "\npipeline_name: nightly\n")
    place.run()
    # a paused connector's entities stay; their random names fill more than the 4 MB that a checkpoint may have
    numbers = random.Random(1)
    long = [f"urn:li:dataFlow:(kafka-connect,cdc{numbers.randbytes(100_000).hex()},PROD)" for _ in range(45)]
    cluster = Cluster.of(read_recipe(recipe))
    Receipts(cluster.state).adopt({urn: Held("cdc", ALIVE, {}) for urn in long})
    place.save({name: CONNECTORS[name] for name in ("cdc", "dw/sink")})
    saved = place.folder / "cluster.json"
    answer = json.loads(saved.read_text(encoding="utf-8"))
    answer["cdc"]["status"]["connector"]["state"] = "PAUSED"
    saved.write_text(json.dumps(answer), encoding="utf-8")
    report = place.run()
    assert "stateful_ingestion.ignore_new_state" in report.problem
    assert {urn for urn in report.removed if urn.startswith("urn:li:dataFlow")} == {
        "urn:li:dataFlow:(kafka-connect,ödd ../name,PROD)"
    }


@pytest.mark.slow
def test_a_malformed_file_takes_no_connector_away(place):
    """Connectors are not called after their files: while one file is malformed, none that is missing is removed."""
    saved = place.folder / "connectors"
    saved.mkdir()
    for number in range(5):
        config = {"connector.class": "FileStreamSink", "topics": f"t{number}", "file": f"/tmp/{number}"}
        text = json.dumps({"name": f"orders-{number}", "config": config})
        (saved / f"file{number}.json").write_text(text, encoding="utf-8")
    sink = {"type": "datahub-rest", "config": {"server": place.gms.url}}
    write_recipe(place.folder, connect_uri="connectors", sink=sink)
    place.run()
    (saved / "file4.json").write_text(text.replace("}}", ",}}"), encoding="utf-8")
    report = place.run()
    assert report.removed == ()
    assert report.stale is not None
    assert len(report.stale.keep_reasons) == 2
    (saved / "file4.json").unlink()
    assert len(place.run().removed) == 2


LOCAL = {
    "file": {"filename": "out.json"},
    "console": {},
    "datahub-lite": {"type": "sqlite", "config": {"file": "lite.db"}},
}


@pytest.mark.parametrize("kind", first_of(LOCAL))
def test_what_a_sink_removes_is_counted_whenever_it_says_so(tmp_path, monkeypatch, kind, capsys):
    """A file counts when it is closed, the others at once; a file that cannot be put in place has removed nothing."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    recipe = write_recipe(tmp_path, sink={"type": kind, "config": LOCAL[kind]})

    def run():
        cluster = Cluster.of(read_recipe(recipe))
        read_cluster(cluster, cluster)
        run = Sync(cluster, DataHubResource.from_recipe(recipe), Request("run"))
        assert list(run)
        return run.report

    save_cluster(tmp_path, CONNECTORS)
    run()
    save_cluster(tmp_path, {name: one for name, one in CONNECTORS.items() if name != "dw/sink"})
    if kind == "file":
        (tmp_path / "out.json").unlink()
        (tmp_path / "out.json").mkdir()
        failed = run()
        assert failed.problem
        assert (failed.removed, failed.stale.gone_connectors) == ((), ())
        (tmp_path / "out.json").rmdir()
    report = run()
    assert report.problem is None
    assert len(report.removed) == len(report.stale.remove) == 2
    assert report.stale.gone_connectors == ("dw/sink",)
    if kind == "file":
        proposals = json.loads((tmp_path / "out.json").read_text())
        gone = {one["entityUrn"] for one in proposals if one["aspect"]["json"] == {"removed": True}}
        assert gone == set(report.removed)
    assert run().removed == ()
