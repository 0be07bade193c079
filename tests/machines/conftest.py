"""The machines that the tests of `make machines` share; where they cannot be started these are skipped, and say why."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.machines.deployment import missing
from tests.machines.fleet import Fleet


@pytest.fixture(scope="module")
def fleet():
    reason = missing()
    if reason:
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="kc-fleet-"))  # pytest's own folders are closed to PostgreSQL's account
    try:
        with Fleet(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
