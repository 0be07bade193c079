"""What tests of the Dagster side share: a Dagster instance beside the small saved cluster and its recipe."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance

from tests.defs.clusters import CONNECTORS, save_cluster, write_recipe


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DagsterInstance]:
    """An instance without storage of its own; state, saved cluster and recipe are in the test's folder."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    save_cluster(tmp_path, CONNECTORS)
    write_recipe(tmp_path)
    with DagsterInstance.ephemeral(tempdir=str(tmp_path)) as ephemeral:
        yield ephemeral
