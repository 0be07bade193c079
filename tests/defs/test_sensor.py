"""The sensor: one listing a tick, one run for any number of changes, a failed tick when Connect does not answer."""

from __future__ import annotations

import pytest
from dagster import build_sensor_context

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.failures import TickFailed
from kc_lineage_dagster.defs.sensors import seconds_of_a_tick
from tests.connect.stand_in import EXPANDED, ConnectStandIn, delay, worker
from tests.defs.clusters import CONNECTORS, POSTGRES, run, save_cluster, write_recipe

NAME = "shop_connector_changes"


def tick(folder, instance, cursor=None):
    definitions = build_definitions(folder / "shop.yml")
    with build_sensor_context(instance=instance, cursor=cursor, definitions=definitions) as context:
        return definitions.resolve_sensor_def(NAME).evaluate_tick(context)


def asked(result):
    return [request.run_config["ops"]["shop__sync"]["config"]["connectors"] for request in result.run_requests]


def test_first_tick_asks_for_everything_in_one_run(tmp_path, instance):
    """All new connectors travel in the config of one run, and have partitions before it starts."""
    assert asked(tick(tmp_path, instance)) == [sorted(CONNECTORS)]
    assert len(instance.get_dynamic_partitions("shop_connectors")) == len(CONNECTORS)


@pytest.mark.slow
def test_what_was_asked_for_runs(tmp_path, instance):
    """The run that the sensor asks for emits, and then there is nothing more to ask for."""
    request = tick(tmp_path, instance).run_requests[0]
    assert run(tmp_path, instance, run_config=request.run_config).success
    assert tick(tmp_path, instance).run_requests == []


@pytest.mark.slow
def test_a_change_and_a_removal(tmp_path, instance):
    """A changed connector is derived again; a removal alone asks for a run without connectors."""
    run(tmp_path, instance)
    save_cluster(tmp_path, {**CONNECTORS, "cdc": {**POSTGRES, "table.include.list": "public.users"}})
    result = tick(tmp_path, instance)
    assert asked(result) == [["cdc"]]
    run(tmp_path, instance, run_config=result.run_requests[0].run_config)
    changed = {**POSTGRES, "table.include.list": "public.users"}
    save_cluster(tmp_path, {"cdc": changed, "dw/sink": CONNECTORS["dw/sink"]})
    result = tick(tmp_path, instance)
    assert asked(result) == [[]]
    assert run(tmp_path, instance, run_config=result.run_requests[0].run_config).success
    assert len(instance.get_dynamic_partitions("shop_connectors")) == 2


def test_a_failed_run_is_asked_for_again_later(tmp_path, instance):
    """The same change is not asked for again at once, but it is not forgotten."""
    result = tick(tmp_path, instance)
    again = tick(tmp_path, instance, cursor=result.cursor)
    assert again.run_requests == []
    assert "waiting longer" in again.skip_message


def test_no_answer_is_a_failed_tick(tmp_path, instance):
    """A cluster that cannot be listed fails the tick with one line of its own, so that Dagster keeps the cursor."""
    (tmp_path / "cluster.json").unlink()
    with pytest.raises(TickFailed, match=r"cluster\.json") as caught:
        tick(tmp_path, instance)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_worker_that_never_answers_is_given_up_in_time(tmp_path, instance, monkeypatch):
    """The tick ends with Connect's own line before Dagster would end it."""
    monkeypatch.setenv("DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS", "21")
    with ConnectStandIn(worker(CONNECTORS)) as connect:
        connect.fault(EXPANDED, delay(600))
        write_recipe(tmp_path, connect_uri=connect.uri)
        with pytest.raises(TickFailed, match="5 s"):
            tick(tmp_path, instance)


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, 40),
        ({"DAGSTER_GRPC_TIMEOUT_SECONDS": "300"}, 280),
        ({"DAGSTER_GRPC_TIMEOUT_SECONDS": "300", "DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "90"}, 70),
        ({"DAGSTER_SENSOR_GRPC_TIMEOUT_SECONDS": "10"}, 5),
    ],
)
def test_what_a_tick_may_take(environ, seconds):
    """What Dagster grants a sensor's tick, less a reserve."""
    assert seconds_of_a_tick(environ) == seconds
