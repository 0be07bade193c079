"""A file lock: one process at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from kc_lineage_dagster.emit.lock import file_lock
from kc_lineage_dagster.errors import StateError

HOLD = """
import sys, time
from pathlib import Path
from kc_lineage_dagster.emit.lock import file_lock
with file_lock(Path(sys.argv[1]), 5):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    environment = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-c", HOLD, str(tmp_path / "state/cluster.lock")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_run_ends_with_a_clear_message(tmp_path, holder):
    """It names who holds the lock."""
    with pytest.raises(StateError) as error, file_lock(tmp_path / "state/cluster.lock", 0.1):
        pass
    assert f"pid {holder.pid} on" in str(error.value)


def test_the_lock_dies_with_its_process(tmp_path, holder):
    """kill -9 leaves nothing to clean up."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with file_lock(tmp_path / "state/cluster.lock", 5):
        assert (tmp_path / "state/cluster.lock.holder").exists()
    assert not (tmp_path / "state/cluster.lock.holder").exists()


def test_the_second_run_goes_on_when_the_first_ends(tmp_path):
    """One after the other."""
    for _ in range(2):
        with file_lock(tmp_path / "cluster.lock", 1):
            pass


def test_a_lock_that_cannot_be_made_is_a_state_error(tmp_path):
    """The state folder is a file."""
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="cannot be used"), file_lock(tmp_path / "state/cluster.lock", 1):
        pass
