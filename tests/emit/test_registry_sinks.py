"""DataHub's other sinks: every record followed to its callback, files replaced whole, DataHub Lite read back."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing

import pytest
from datahub.configuration.common import ConfigModel
from datahub.ingestion.api.sink import Sink, SinkReport
from datahub.lite.lite_util import get_datahub_lite

from kc_lineage_dagster.emit.delivery import explain
from kc_lineage_dagster.emit.file_lock import file_lock
from kc_lineage_dagster.emit.sinks import open_sink
from kc_lineage_dagster.errors import SinkError
from tests.emit.samples import cluster, emit, flat, state_in
from tests.tries import first_of

HERE = f"{__name__}:"

# DataHub Lite uses what DataHub has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning")


class _NoSettings(ConfigModel):
    password: str = ""


class Silent(Sink[_NoSettings, SinkReport]):
    """Takes records and never says what became of them, except every third."""

    def write_record_async(self, record_envelope, write_callback):
        self.report.total_records_written += 1
        if self.report.total_records_written % 3 == 0:
            write_callback.on_success(record_envelope, success_metadata={})


class Late(Sink[_NoSettings, SinkReport]):
    """Answers when it is closed."""

    def __post_init__(self):
        self.held = []

    def write_record_async(self, record_envelope, write_callback):
        self.held.append((record_envelope, write_callback))

    def close(self):
        for envelope, callback in self.held:
            callback.on_success(envelope, success_metadata={})


class Failing(Sink[_NoSettings, SinkReport]):
    """Says no, telling what it should not."""

    def write_record_async(self, record_envelope, write_callback):
        write_callback.on_failure(record_envelope, OSError(f"no {self.config.password}"), failure_metadata={})


class Breaking(Sink[_NoSettings, SinkReport]):
    """Raises instead of answering."""

    def write_record_async(self, record_envelope, write_callback):
        raise RuntimeError("broken")


class Unclosable(Late):
    """Fails at the last moment."""

    def close(self):
        raise OSError("disk full")


def send(sink_type, config, proposals):
    taken = []
    sink = open_sink(sink_type, config, run_id="run-1")
    report = sink.send(proposals, taken.extend) + sink.close()
    assert report.sent == len(taken)
    assert report.sent + len(report.failed) == len(proposals)
    return report, taken


def test_a_record_never_acknowledged_has_failed():
    """A record without an acknowledgement has failed, whatever the sink's own report says."""
    proposals = flat(cluster(3))
    report, taken = send(HERE + "Silent", {}, proposals)
    assert taken == list(proposals[2::3])
    assert list(report.causes) == [f"the sink {HERE}Silent never acknowledged it"]


def test_a_record_acknowledged_at_closing_counts():
    """A sink may acknowledge while it is closed, as the one for Kafka does."""
    report, _ = send(HERE + "Late", {}, flat(cluster(3)))
    assert report.ok


def test_a_sink_that_fails_is_not_tried_for_ever():
    """A sink that fails is left soon, with one line without the secrets of its configuration."""
    proposals = flat(cluster(100))
    report, _ = send(HERE + "Failing", {"password": "hunter22"}, proposals)
    assert len(report.failed) == len(proposals)
    assert report.causes == {"OSError: no ***": len(proposals)}


@pytest.mark.parametrize(
    ("sink", "cause"), [("Breaking", "RuntimeError: broken"), ("Unclosable", "OSError: disk full")]
)
def test_a_sink_that_raises_loses_nothing_silently(sink, cause):
    """What a sink raises, in writing or in closing, is a failure of the records concerned."""
    report, _ = send(HERE + sink, {}, flat(cluster(3)))
    assert report.sent == 0
    assert cause in report.causes


def test_an_unknown_sink_and_a_wrong_field_are_named():
    """Both are named before anything is sent, without the values of the configuration."""
    with pytest.raises(SinkError, match="datahub-nope"):
        open_sink("datahub-nope", {}, run_id="r")
    with pytest.raises(SinkError, match=r"sink\.config\.pasword") as error:
        open_sink(HERE + "Failing", {"pasword": "hunter22"}, run_id="r")
    assert "hunter22" not in str(error.value)


def test_the_file_holds_the_whole_cluster(tmp_path):
    """Readable by DataHub's file source, relative to the recipe, replaced as a whole; also when there is nothing."""
    proposals = flat(cluster(3))
    for wanted in (proposals, proposals[:8], ()):
        sink = open_sink("file", {"filename": "out/mcps.json"}, run_id="run-1", base_dir=tmp_path)
        sink.send(wanted, lambda _: None)
        assert sink.close().sent == len(wanted)
        written = json.loads((tmp_path / "out/mcps.json").read_text())
        assert [(one["entityUrn"], one["aspectName"], one["aspect"]["json"]) for one in written] == [
            (p.urn, p.aspect_name, p.aspect) for p in wanted
        ]
        assert all(one["systemMetadata"]["runId"] == "run-1" for one in written)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mcps.json"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    """Nothing counts as sent, and nothing is half-written."""
    target = tmp_path / "mcps.json"
    target.mkdir()
    report, _ = send("file", {"filename": str(target)}, flat(cluster(2)))
    assert report.sent == 0
    assert len(report.failed) == 16
    assert [path.name for path in tmp_path.iterdir()] == ["mcps.json"]


def test_an_interrupted_emission_leaves_the_old_file(tmp_path):
    """A file that holds half a cluster is worse than an old one."""
    target = tmp_path / "mcps.json"
    target.write_text("old")

    class Interrupt(tuple):
        def __getitem__(self, at):
            raise KeyboardInterrupt

    sink = open_sink("file", {"filename": str(target)}, run_id="r")
    with pytest.raises(KeyboardInterrupt):
        sink.send(Interrupt(flat(cluster(2))), lambda _: None)
    assert not sink.close().ok
    assert target.read_text() == "old"


def test_what_a_killed_run_left_beside_the_file_goes(tmp_path):
    """The next run takes away the temporary file of one that died while it wrote, and nothing else."""
    for name in (".out[1].json.77.tmp", ".other.json.77.tmp"):
        (tmp_path / name).touch()
    sink = open_sink("file", {"filename": str(tmp_path / "out[1].json")}, run_id="r")
    assert (sink.send(flat(cluster(1)), lambda _: None) + sink.close()).ok
    assert {path.name for path in tmp_path.iterdir()} == {"out[1].json", ".other.json.77.tmp"}


def test_console_prints_and_acknowledges(capsys):
    """The console sink prints and acknowledges every proposal."""
    report, _ = send("console", {}, flat(cluster(1)))
    assert report.ok
    assert "urn:li:dataFlow:(kafka-connect,c0000,PROD)" in capsys.readouterr().out


def lite(tmp_path, **config):
    return {"type": "sqlite", "config": {"file": str(tmp_path / "deep/er/lite.db"), **config}}


def test_datahub_lite_holds_what_was_sent(tmp_path):
    """Read back through DataHub's own Lite; its folder is made; WAL unless the recipe says otherwise."""
    proposals = flat(cluster(3))
    report, _ = send("datahub-lite", lite(tmp_path), proposals)
    assert report.ok
    reader = get_datahub_lite(lite(tmp_path, read_only=True), read_only=True)
    held = {
        (urn, name): aspect
        for entity in reader.get_all_entities()
        for urn, aspects in entity.items()
        for name, aspect in aspects.items()
    }
    reader.close()
    assert held == {(p.urn, p.aspect_name): p.aspect for p in proposals}
    with closing(sqlite3.connect(tmp_path / "deep/er/lite.db")) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_options_of_the_recipe_win(tmp_path):
    """Options of the recipe replace those that this project sets, such as the mode of the journal."""
    send("datahub-lite", lite(tmp_path, options={"journal_mode": "DELETE"}), flat(cluster(1)))
    with closing(sqlite3.connect(tmp_path / "deep/er/lite.db")) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_datahub_lite_is_not_opened_with_nothing_to_send(tmp_path):
    """Without anything to send DataHub Lite is not opened, because opening and closing index all of it anew."""
    report, _ = send("datahub-lite", lite(tmp_path), ())
    assert report.ok
    assert list(tmp_path.iterdir()) == []


def test_a_datahub_lite_left_without_index_is_indexed_by_the_next_run(tmp_path):
    """A kill between the last record and the closing leaves a mark: with nothing to send, the index is completed."""
    send("datahub-lite", lite(tmp_path), flat(cluster(2)))
    file = tmp_path / "deep/er/lite.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as held:
        held.execute("DELETE FROM metadata_edge_v2")
    mark = tmp_path / "deep/er/lite.db.unindexed"
    mark.touch()
    assert send("datahub-lite", lite(tmp_path), ())[0].ok
    assert not mark.exists()
    with closing(sqlite3.connect(file, isolation_level=None)) as held:
        assert held.execute("SELECT count(*) FROM metadata_edge_v2").fetchone()[0] > 0


def test_two_runs_do_not_write_one_datahub_lite(tmp_path, monkeypatch):
    """The second run waits for the first, then says which run writes."""
    monkeypatch.setattr("kc_lineage_dagster.emit.local_sinks._LITE_LOCK_SECONDS", 0.1)
    with file_lock(tmp_path / "deep/er/lite.db.lock", 1, about={"run": "other", "host": "h", "pid": 1, "since": "now"}):
        report, _ = send("datahub-lite", lite(tmp_path), flat(cluster(1)))
    assert "another run is working on DataHub Lite" in next(iter(report.causes))
    assert "run other" in next(iter(report.causes))


def test_a_record_that_lite_cannot_hold_fails_alone(tmp_path, caplog):
    """A record with a name that is no text for SQLite fails, and the others are written."""
    caplog.set_level(logging.CRITICAL)
    wanted = cluster(2)
    odd = flat({"x": cluster(1)["c0000"]})[1]
    broken = type(odd)("urn:li:dataFlow:(kafka-connect,\ud800,PROD)", "dataFlow", odd.aspect_name, odd.aspect)
    report, _ = send("datahub-lite", lite(tmp_path), (broken, *flat(wanted)))
    assert [p.urn for p, _ in report.failed] == [broken.urn]


@pytest.mark.parametrize("damage", first_of(["unlink", "empty", "recreate", "lose"]))
def test_a_lite_that_is_not_the_one_of_the_receipts_gets_everything(tmp_path, damage):
    """A DataHub Lite that is new, emptied, made again or lacks one entity gets everything."""
    wanted = cluster(3)
    file = tmp_path / "deep/er/lite.db"

    def run():
        report = emit(open_sink("datahub-lite", lite(tmp_path), run_id="r"), state_in(tmp_path / "state"), wanted)
        assert report.ok
        return report.sent

    assert run() == len(flat(wanted))
    assert run() == 0
    if damage in ("unlink", "recreate"):
        for part in file.parent.glob("lite.db*"):
            part.unlink()
    if damage == "recreate":
        send("datahub-lite", lite(tmp_path), flat(cluster(1)))
    if damage in ("empty", "lose"):
        with closing(sqlite3.connect(file, isolation_level=None)) as held:
            where = "" if damage == "empty" else " WHERE urn LIKE '%c0001%'"
            held.execute(f"DELETE FROM metadata_aspect_v2{where}")
    assert run() == len(flat(wanted))
    assert run() == 0


def test_a_damaged_lite_fails_the_run_with_nothing_to_send(tmp_path, caplog):
    """What was acknowledged cannot be read any more, so everything is due; once the file is moved away, it is sent."""
    caplog.set_level(logging.CRITICAL)
    wanted, file = cluster(2), tmp_path / "deep/er/lite.db"

    def run():
        return emit(open_sink("datahub-lite", lite(tmp_path), run_id="r"), state_in(tmp_path / "state"), wanted)

    assert run().ok
    for part in file.parent.glob("lite.db*"):
        part.unlink()
    file.write_bytes(b"no database" * 1_000)
    report = run()
    assert not report.ok
    assert all("file is not a database" in cause for cause in report.causes)
    file.unlink()
    assert run().sent == len(flat(wanted))


def test_a_locked_lite_names_the_cause():
    """Another program has the file: the line says so, without the class of the exception."""
    said = explain(sqlite3.OperationalError("database is locked"))
    assert said == "database is locked: another program is using the file of DataHub Lite"
