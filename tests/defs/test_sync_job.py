"""The main job: one run without a partition key does everything, and the same assets work for partitions and ranges."""

from __future__ import annotations

import json

import pytest
from dagster import AssetKey, DagsterInstance
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.partitions import encode_partition
from kc_lineage_dagster.version import code_version
from tests.defs.clusters import CONNECTORS, POSTGRES, emitted, run, save_cluster, write_recipe

LINEAGE = AssetKey(["shop", "connector_lineage"])
EMISSIONS = AssetKey(["shop", "datahub_emissions"])
STALE = AssetKey(["shop", "stale_entities"])
SYNC = "shop__sync"


@pytest.fixture
def instance(tmp_path, monkeypatch):
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    with DagsterInstance.ephemeral(tempdir=str(tmp_path)) as ephemeral:
        yield ephemeral


@pytest.fixture
def folder(tmp_path):
    save_cluster(tmp_path, CONNECTORS)
    write_recipe(tmp_path)
    return tmp_path


def partitions(result, key):
    return [
        event.partition
        for event in result.all_events
        if event.is_step_materialization and event.asset_key == key and event.partition
    ]


def failure(result):
    return " ".join(
        str(event.event_specific_data.error or "") + str(event.event_specific_data.user_failure_data or "")
        for event in result.all_events
        if event.is_step_failure
    )


def test_one_run_turns_every_partition_green(folder, instance):
    """One run with no partition key discovers, derives and emits everything."""
    result = run(folder, instance)
    assert result.success
    keys = {encode_partition(name) for name in CONNECTORS}
    assert instance.get_materialized_partitions(LINEAGE) == keys
    assert instance.get_materialized_partitions(EMISSIONS) == keys
    flows = {one["entityUrn"] for one in emitted(folder) if one["aspectName"] == "dataFlowInfo"}
    assert flows == {f"urn:li:dataFlow:(kafka-connect,{name},PROD)" for name in CONNECTORS}


def test_an_unchanged_cluster_logs_no_partition(folder, instance):
    """The second run over an unchanged cluster has nothing to say about any connector, and the file is whole."""
    write_recipe(folder, sink={"type": "datahub-lite", "config": {"config": {"file": "lite.sqlite"}}})
    assert len(partitions(run(folder, instance), LINEAGE)) == len(CONNECTORS)
    second = run(folder, instance)
    assert second.success
    assert partitions(second, LINEAGE) == []


def test_a_fresh_dagster_sees_all_partitions(folder, instance, tmp_path):
    """What was emitted before is shown green by a Dagster instance that has never seen it."""
    assert run(folder, instance).success
    with DagsterInstance.ephemeral() as fresh:
        assert len(partitions(run(folder, fresh), LINEAGE)) == len(CONNECTORS)


def stale(instance, folder):
    """What Dagster would show as out of date: (asset, partition)."""
    graph = build_definitions(folder / "shop.yml").get_repository_def().asset_graph
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    partitions = [encode_partition(name) for name in CONNECTORS]
    asked = [(key, partition) for key in (LINEAGE, EMISSIONS) for partition in partitions]
    asked += [(key, None) for key in (AssetKey(["shop", "raw_connector_configs"]), STALE)]
    return {one for one in asked if resolver.get_status(*one) is not StaleStatus.FRESH}


def test_what_a_sync_left_alone_is_not_out_of_date(folder, instance):
    """After a second sync, of a cluster where one connector changed, Dagster calls nothing out of date."""
    run(folder, instance)
    assert stale(instance, folder) == set()
    save_cluster(folder, {**CONNECTORS, "cdc": {**POSTGRES, "table.include.list": "public.users"}})
    assert partitions(run(folder, instance), LINEAGE) == ["cdc"]
    assert stale(instance, folder) == set()


def test_lineage_of_another_version_is_logged_anew(folder, instance, tmp_path):
    """After an upgrade Dagster calls every partition out of date, until the next sync has looked at it."""
    run(folder, instance)
    index = tmp_path / "state/shop/index.json"
    assert json.loads(index.read_text())["version"] == code_version()
    index.write_text(json.dumps({**json.loads(index.read_text()), "version": "0.0.1"}))
    assert len(partitions(run(folder, instance), LINEAGE)) == len(CONNECTORS)
    assert partitions(run(folder, instance), LINEAGE) == []


def test_one_partition(folder, instance):
    """One partition from the web interface re-computes that connector only, and removes nothing."""
    run(folder, instance)
    result = run(folder, instance, partition_key="dw/sink")
    assert result.success
    assert partitions(result, LINEAGE) == ["dw/sink"]
    assert partitions(result, EMISSIONS) == ["dw/sink"]
    assert not any(event.asset_key == STALE for event in result.all_events if event.is_step_materialization)


def test_a_range_of_partitions(folder, instance):
    """A range of partitions in one run turns exactly these green."""
    run(folder, instance)
    tags = {"dagster/asset_partition_range_start": "cdc", "dagster/asset_partition_range_end": "dw/sink"}
    result = run(folder, instance, tags=tags)
    assert result.success
    assert partitions(result, EMISSIONS) == ["cdc", "dw/sink"]


def test_only_asked_connectors(folder, instance):
    """`connectors` in run config restricts the run; an unknown one fails it, after the others are done."""
    config = {"ops": {SYNC: {"config": {"connectors": ["cdc", "never heard of"]}}}}
    write_recipe(folder, sink={"type": "datahub-lite", "config": {"config": {"file": "lite.sqlite"}}})
    result = run(folder, instance, run_config=config)
    assert not result.success
    assert "never heard of" in failure(result)
    assert partitions(result, EMISSIONS) == ["cdc"]


def test_what_vanished_is_removed_and_its_partition_dropped(folder, instance):
    """A connector that is gone is soft-deleted with its jobs; its partition goes, its history stays."""
    run(folder, instance)
    save_cluster(folder, {"cdc": CONNECTORS["cdc"], "dw/sink": CONNECTORS["dw/sink"]})
    assert run(folder, instance).success
    removed = {one["entityUrn"] for one in emitted(folder) if one.get("aspect", {}).get("json", {}).get("removed")}
    assert "urn:li:dataFlow:(kafka-connect,ödd ../name,PROD)" in removed
    assert len(removed) == 3
    assert set(instance.get_dynamic_partitions("shop_connectors")) == {"cdc", "dw/sink"}


def test_too_much_at_once_is_refused_and_can_be_released(folder, instance):
    """More than the fail-safe share is kept, until a run is told to remove it."""
    run(folder, instance)
    save_cluster(folder, {})
    assert run(folder, instance).success
    assert len(instance.get_dynamic_partitions("shop_connectors")) == len(CONNECTORS)
    assert run(folder, instance, run_config={"ops": {SYNC: {"config": {"allow_removal": True}}}}).success
    assert instance.get_dynamic_partitions("shop_connectors") == []


def test_a_broken_connector_among_good_ones(folder, instance):
    """A connector whose configuration makes no sense has a flow with unresolved items; the others are complete."""
    broken = {"connector.class": "com.example.NoSuchConnector", "tasks.max": None, "transforms": "a,b,a"}
    save_cluster(folder, {**CONNECTORS, "broken": broken, "no class": {}})
    result = run(folder, instance)
    assert result.success
    names = {one["aspect"]["json"]["name"] for one in emitted(folder) if one["aspectName"] == "dataFlowInfo"}
    assert names == {*CONNECTORS, "broken", "no class"}
    jobs = [one for one in emitted(folder) if one["aspectName"] == "dataJobInputOutput"]
    assert len(jobs) == 5


def test_secrets_stay_in_connect(folder, instance):
    """No password of the cluster is in the state, in what was emitted, or in Dagster's events."""
    result = run(folder, instance)
    written = [path for path in folder.rglob("*") if path.is_file() and path.name != "cluster.json"]
    assert written
    assert not [path for path in written if b"s3cr3t-of-the-test" in path.read_bytes()]
    assert "s3cr3t-of-the-test" not in str(result.all_events)


def test_an_unreadable_cluster_fails_the_run_and_changes_nothing(folder, instance):
    """A cluster that cannot be listed fails the run with one line; what was emitted stays."""
    run(folder, instance)
    before = emitted(folder)
    (folder / "cluster.json").write_text("<html>proxy error</html>")
    result = run(folder, instance)
    assert not result.success
    assert "cluster.json" in failure(result)
    assert emitted(folder) == before


def test_a_bad_recipe_is_a_job_that_says_so(folder, instance):
    """A recipe that cannot be used loads as a group whose job fails with the reason."""
    write_recipe(folder, conector_patterns={})
    result = run(folder, instance)
    assert not result.success
    assert "did you mean connector_patterns" in failure(result)


def test_generic_connectors_win(folder, instance):
    """A generic connector entry is the user's word for its connector."""
    entry = {"connector_name": "dw/sink", "target_dataset": "my.own.table", "target_platform": "hive"}
    write_recipe(folder, generic_connectors=[entry])
    run(folder, instance)
    jobs = {
        one["entityUrn"]: one["aspect"]["json"] for one in emitted(folder) if one["aspectName"] == "dataJobInputOutput"
    }
    job = jobs["urn:li:dataJob:(urn:li:dataFlow:(kafka-connect,dw/sink,PROD),pg.public.users)"]
    assert job["outputDatasets"] == ["urn:li:dataset:(urn:li:dataPlatform:hive,my.own.table,PROD)"]


def test_provided_configs_are_no_secrets_as_such(folder, instance):
    """A URL given by provided_configs still names its database."""
    url = {"connection.url": "${env:MYSQL}", "topics": "t", "connector.class": "JdbcSinkConnector"}
    save_cluster(folder, {"s": {**url, "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector"}})
    provided = [{"provider": "env", "path_key": "MYSQL", "value": "jdbc:mysql://h:3306/librarydb"}]
    write_recipe(folder, provided_configs=provided)
    run(folder, instance)
    jobs = [one["aspect"]["json"] for one in emitted(folder) if one["aspectName"] == "dataJobInputOutput"]
    assert jobs[0]["outputDatasets"] == ["urn:li:dataset:(urn:li:dataPlatform:mysql,librarydb.t,PROD)"]


def test_patterns_filter_connectors(folder, instance):
    """`connector_patterns` decides which connectors are read at all."""
    write_recipe(folder, connector_patterns={"allow": ["^dw.*"]})
    run(folder, instance)
    assert instance.get_dynamic_partitions("shop_connectors") == ["dw/sink"]


def test_lineage_of_the_postgres_source(folder, instance):
    """The configuration alone gives every edge that it determines."""
    run(folder, instance)
    jobs = {
        one["entityUrn"]: one["aspect"]["json"] for one in emitted(folder) if one["aspectName"] == "dataJobInputOutput"
    }
    job = jobs["urn:li:dataJob:(urn:li:dataFlow:(kafka-connect,cdc,PROD),shop.public.users)"]
    assert job["inputDatasets"] == ["urn:li:dataset:(urn:li:dataPlatform:postgres,shop.public.users,PROD)"]
    assert job["outputDatasets"] == [
        f"urn:li:dataset:(urn:li:dataPlatform:kafka,{POSTGRES['topic.prefix']}.public.users,PROD)"
    ]
