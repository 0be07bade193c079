"""A file lock: one process at a time."""

from __future__ import annotations

import signal

import pytest

from kc_lineage_dagster.emit.file_lock import file_lock
from kc_lineage_dagster.errors import StateError
from tests.lock_holder import lock_holder

HOLD = """
import sys
from pathlib import Path
from kc_lineage_dagster.emit.file_lock import file_lock
with file_lock(Path(sys.argv[1]), 5):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    with lock_holder(HOLD, tmp_path / "state/cluster.lock") as process:
        yield process


def test_the_second_run_ends_with_a_clear_message(tmp_path, other):
    """The message of the run that gives up names who holds the lock."""
    with pytest.raises(StateError) as error, file_lock(tmp_path / "state/cluster.lock", 0.1):
        pass
    assert f"pid {other.pid} on" in str(error.value)


def test_the_lock_dies_with_its_process(tmp_path, other):
    """After kill -9 the lock is free, and there is nothing to clean up."""
    other.send_signal(signal.SIGKILL)
    other.wait()
    with file_lock(tmp_path / "state/cluster.lock", 5):
        assert (tmp_path / "state/cluster.lock.holder").exists()
    assert not (tmp_path / "state/cluster.lock.holder").exists()


def test_the_second_run_goes_on_when_the_first_ends(tmp_path):
    """Two runs of one cluster work one after the other."""
    for _ in range(2):
        with file_lock(tmp_path / "cluster.lock", 1):
            pass


def test_a_lock_that_cannot_be_made_is_a_state_error(tmp_path):
    """A file where the state folder should be is a StateError, not a traceback."""
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="cannot be used"), file_lock(tmp_path / "state/cluster.lock", 1):
        pass
