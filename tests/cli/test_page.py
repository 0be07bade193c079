"""`kc-lineage page`: the lineage of clusters as a file, or served."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request

import pytest
from dagster import DagsterInstance

from kc_lineage_dagster import build_definitions
from tests.cli.run import kc_lineage
from tests.defs.clusters import CONNECTORS, execute, save_cluster, write_recipe


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    save_cluster(tmp_path, CONNECTORS)
    return write_recipe(tmp_path)


def test_a_cluster_as_a_file(recipe, tmp_path):
    """The page of a recipe that was never synced: read, derived and drawn now."""
    done = kc_lineage("page", recipe, "-o", tmp_path / "out.html")
    assert done.exit_code == 0
    text = (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "shop.public.users" in text
    assert "s3cr3t-of-the-test" not in text


def test_several_clusters_in_one_page(recipe, tmp_path):
    """Connectors of the same name stay apart, the datasets they share are one."""
    other = tmp_path / "other.yml"
    other.write_text(recipe.read_text())
    text = kc_lineage("page", recipe, other, "-o", "-").stdout
    assert "shop/cdc" in text
    assert "other/cdc" in text
    assert len(re.findall(r'"pg\.public\.users"', text)) == 1


@pytest.mark.slow
def test_what_the_last_sync_left(recipe, tmp_path):
    """`--last-sync` needs no Connect; a cluster that was never synced is one line."""
    assert "never read" in kc_lineage("page", recipe, "--last-sync").stderr
    with DagsterInstance.ephemeral() as instance:
        assert execute(build_definitions(recipe), instance).success
    (tmp_path / "cluster.json").unlink()
    assert "shop.public.users" in kc_lineage("page", recipe, "--last-sync", "-o", "-").stdout
    assert kc_lineage("page", recipe).exit_code == 1


@pytest.mark.slow
def test_a_page_is_served(recipe):
    """`--serve` answers with the page, and with nothing else."""
    command = [sys.executable, "-m", "kc_lineage_dagster", "page", str(recipe), "--serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ}) as server:
        try:
            assert server.stderr
            address = server.stderr.readline().split()[0]
            with urllib.request.urlopen(address) as answer:
                assert "shop.public.users" in answer.read().decode()
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(f"{address}../shop.yml")
        finally:
            server.kill()  # a process started in the background may ignore the polite signals
