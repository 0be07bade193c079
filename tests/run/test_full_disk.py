"""A disk that is full in the middle of a run: nothing counts as sent that was not, and with room all is as ever."""

from __future__ import annotations

import resource
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.emit.gms import Gms, healthy
from tests.emit.run_once import Run

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")]


class Fills:
    """A GMS during whose nth write the client's disk gets full: no file of the client may grow any more."""

    def __init__(self, at):
        self.at, self.pid, self.started = at, 0, threading.Event()

    def __call__(self, request):
        if request.number == self.at:
            self.started.wait()
            resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize("at", [1, 4])
def test_a_disk_that_fills_while_datahub_takes_proposals(tmp_path, at):
    """The run fails, the state stays whole, and the next run sends again only what the state could not note."""
    state = Path(tmp_path, "state")
    with Gms() as gms:
        run = Run(tmp_path / "cluster", str(state), "datahub-rest", {"server": gms.url, "max_per_batch": 10})
        run.finish(3)
        once = dict(gms.writes)
        gms.requests.clear()
        gms.fault = fills = Fills(at)
        process, told = run.start(8)
        fills.pid = process.pid
        fills.started.set()
        process.join()
        told.close()
        assert process.exitcode == 1
        with closing(sqlite3.connect(state / "state.sqlite")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        gms.fault = healthy
        run.finish(8)
        assert {key: gms.writes[key] for key in once} == once
        assert set(gms.writes.values()) <= {1, 2}
        assert len(gms.entities(removed=False)) == 8 * 4
        gms.requests.clear()
        run.finish(8)
        assert gms.requests["writes"] == 0
