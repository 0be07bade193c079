"""Which sink a recipe means, and what its receipts are receipts of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kc_lineage_dagster.emit.default_sink import default_sink
from kc_lineage_dagster.emit.sinks import open_sink, renders_whole, sink_identity
from kc_lineage_dagster.errors import SinkError


@pytest.mark.parametrize(
    ("sink_type", "config", "expected"),
    [
        ("datahub-rest", {"server": "https://user:pw@GMS:8080/", "token": "t"}, "datahub-rest https://gms:8080"),
        ("datahub-lite", {"config": {"file": "lite.db"}}, "datahub-lite sqlite /base/lite.db"),
        ("file", {"filename": "../out.json"}, "file /out.json"),
        ("file", {"filename": "/abs/out.json"}, "file /abs/out.json"),
        ("file", {"filename": "s3://bucket/out.json"}, "file s3://bucket/out.json"),
        ("datahub-kafka", {"connection": {"bootstrap": "b:9092", "producer_config": {"sasl.password": "x"}}}, None),
        ("console", None, "console"),
    ],
)
def test_the_identity_of_a_sink_is_its_address_without_secrets(sink_type, config, expected):
    """Two recipes with one address mean one DataHub; a changed password does not change it."""
    found = sink_identity(sink_type, config, base_dir=Path("/base"))
    assert found == (expected or "datahub-kafka b:9092")


def test_only_file_and_console_are_rendered_whole():
    """File and console get all proposals each time, because they remember nothing."""
    kinds = ["file", "console", "datahub-rest", "datahub-lite", "datahub-kafka", None]
    assert [renders_whole(kind) for kind in kinds] == [True, True, False, False, False, False]


def test_a_recipe_without_sink_means_the_gms_of_the_environment(monkeypatch):
    """A recipe without a sink writes to the GMS that `datahub ingest` would write to."""
    monkeypatch.setenv("DATAHUB_GMS_URL", "http://gms.example:8080")
    monkeypatch.setenv("DATAHUB_GMS_TOKEN", "secret-token")
    kind, config = default_sink()
    assert (kind, config["server"], config["token"]) == ("datahub-rest", "http://gms.example:8080", "secret-token")
    assert sink_identity(None, None) == "datahub-rest http://gms.example:8080"
    assert open_sink(None, None, run_id="r").close().ok


def test_a_recipe_without_sink_and_an_environment_without_gms_say_so(monkeypatch):
    """Without a sink and without a GMS in the environment nothing is written to some localhost: one line says so."""
    monkeypatch.delenv("DATAHUB_GMS_URL", raising=False)
    monkeypatch.setenv("DATAHUB_SKIP_CONFIG", "true")
    with pytest.raises(SinkError, match="DATAHUB_GMS_URL"):
        open_sink(None, None, run_id="r")


def test_importing_the_package_imports_nothing_of_datahub():
    """Loading definitions stays fast."""
    code = (
        "import sys; import kc_lineage_dagster.emit.sinks, kc_lineage_dagster.emit.checkpoint,"
        " kc_lineage_dagster.run.stale; print([name for name in sys.modules if name.startswith('datahub')])"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
