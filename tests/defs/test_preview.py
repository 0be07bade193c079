"""The preview: what a sync would do, in words, and nothing done."""

from __future__ import annotations

import pytest

from kc_lineage_dagster import build_definitions
from tests.defs.clusters import CONNECTORS, POSTGRES, execute, run, save_cluster


def shown(folder, instance):
    result = execute(build_definitions(folder / "shop.yml"), instance, "preview_shop")
    assert result.success
    output = next(event for event in result.all_events if event.event_type_value == "STEP_OUTPUT")
    return {key: value.value for key, value in output.event_specific_data.metadata.items()}


def test_before_the_first_sync_everything_is_new(tmp_path, instance):
    """Every connector is shown as new with its edges, and neither state nor DataHub is touched."""
    found = shown(tmp_path, instance)
    assert found["summary"] == "3 connectors new, 0 changed, 0 entities would be removed"
    assert "+ postgres:shop.public.users -> kafka:pg.public.users" in found["preview"]
    assert not (tmp_path / "out.json").exists()
    assert not list((tmp_path / "state").rglob("*.json"))


@pytest.mark.slow
def test_changes_and_removals(tmp_path, instance):
    """Edges that come and go, and entities that would be removed, each on a line of its own."""
    run(tmp_path, instance)
    assert shown(tmp_path, instance)["preview"] == "```diff\n\n```"
    changed = {**POSTGRES, "table.include.list": "public.users,public.items"}
    save_cluster(tmp_path, {"cdc": changed, "dw/sink": CONNECTORS["dw/sink"]})
    found = shown(tmp_path, instance)
    assert found["summary"] == "0 connectors new, 1 changed, 4 entities would be removed"
    assert "- postgres:shop.public.orders -> kafka:pg.public.orders" in found["preview"]
    assert "+ postgres:shop.public.items -> kafka:pg.public.items" in found["preview"]
    assert "remove urn:li:dataFlow:(kafka-connect,ödd ../name,PROD)" in found["preview"]
