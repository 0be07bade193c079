"""Tests of several machines run when they are asked for (`make machines`), and say why when they cannot."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.machines.deployment import missing
from tests.machines.fleet import Fleet

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config, items):
    asked = "machines" in (config.option.markexpr or "")
    unasked = None if asked else "tests of several machines run with `make machines` (pytest -m machines)"
    lacking = missing() if asked else None  # what one machine alone does needs nothing
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.machines)
            item.add_marker(pytest.mark.filterwarnings("default"))
            reason = unasked or (lacking if "fleet" in item.fixturenames else None)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="module")
def fleet():
    folder = Path(tempfile.mkdtemp(prefix="kc-fleet-"))  # pytest's own folders are closed to PostgreSQL's account
    try:
        with Fleet(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)
