"""The main job: one run without a partition key does everything, and the same assets work for partitions and ranges."""

from __future__ import annotations

import time

import pytest
from dagster import AssetCheckKey, AssetKey, DagsterInstance
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.defs.partitions import encode_partition
from kc_lineage_dagster.state.opening import state_of
from kc_lineage_dagster.version import code_version
from tests.defs.clusters import CONNECTORS, POSTGRES, SINK, emitted, materialize, run, save_cluster, write_recipe

RAW = AssetKey(["shop", "raw_connector_configs"])
LINEAGE = AssetKey(["shop", "connector_lineage"])
EMISSIONS = AssetKey(["shop", "datahub_emissions"])
STALE = AssetKey(["shop", "stale_entities"])
SYNC = "shop__sync"
LITE = {"type": "datahub-lite", "config": {"config": {"file": "lite.sqlite"}}}


@pytest.fixture
def folder(tmp_path):
    save_cluster(tmp_path, CONNECTORS)
    write_recipe(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def synced(tmp_path_factory):
    """The small cluster after its first sync, for tests that only look: folder, instance, result of the run."""
    folder = tmp_path_factory.mktemp("synced")
    save_cluster(folder, CONNECTORS)
    write_recipe(folder)
    with DagsterInstance.ephemeral(tempdir=str(folder)) as instance:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("KC_LINEAGE_STATE", str(folder / "state"))
            result = run(folder, instance)
        yield folder, instance, result


def partitions(result, key):
    return [
        event.partition
        for event in result.all_events
        if event.is_step_materialization and event.asset_key == key and event.partition
    ]


def materialization(result, key):
    """The last materialization of an asset; None when there is none."""
    found = [
        event.step_materialization_data.materialization
        for event in result.all_events
        if event.is_step_materialization and event.asset_key == key
    ]
    return found[-1] if found else None


def numbers(result):
    return {name: value.value for name, value in materialization(result, EMISSIONS).metadata.items()}


def failure(result):
    return " ".join(
        str(event.event_specific_data.error or "") + str(event.event_specific_data.user_failure_data or "")
        for event in result.all_events
        if event.is_step_failure
    )


def test_one_run_turns_every_partition_green(synced):
    """One run with no partition key discovers, derives and emits everything."""
    folder, instance, result = synced
    assert result.success
    keys = {encode_partition(name) for name in CONNECTORS}
    assert instance.get_materialized_partitions(LINEAGE) == keys
    flows = {one["entityUrn"] for one in emitted(folder) if one["aspectName"] == "dataFlowInfo"}
    assert flows == {f"urn:li:dataFlow:(kafka-connect,{name},PROD)" for name in CONNECTORS}


def test_a_partition_names_the_keys_that_decided(synced):
    """The materialization of a connector says which keys of its configuration its edges come from, without a value."""
    *_, result = synced
    said = {
        event.partition: event.step_materialization_data.materialization.metadata["decided_by"].value
        for event in result.all_events
        if event.is_step_materialization and event.asset_key == LINEAGE
    }
    assert said[encode_partition("dw/sink")] == "connection.url, table.name.format, topics"
    assert said["cdc"] == "database.dbname, table.include.list, topic.prefix"


@pytest.mark.slow
def test_an_unchanged_cluster_logs_no_partition(folder, instance):
    """The second run over an unchanged cluster has nothing to say about any connector, and the file is whole."""
    write_recipe(folder, sink=LITE)
    assert len(partitions(run(folder, instance), LINEAGE)) == len(CONNECTORS)
    second = run(folder, instance)
    assert second.success
    assert partitions(second, LINEAGE) == []


@pytest.mark.slow
def test_a_fresh_dagster_sees_all_partitions(folder, instance, tmp_path):
    """What was emitted before is shown green by a Dagster instance that has never seen it."""
    assert run(folder, instance).success
    with DagsterInstance.ephemeral() as fresh:
        assert len(partitions(run(folder, fresh), LINEAGE)) == len(CONNECTORS)


def stale(instance, folder):
    """What Dagster would show as out of date: (asset, partition)."""
    graph = build_definitions(folder / "shop.yml").get_repository_def().asset_graph
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    asked = [(LINEAGE, encode_partition(name)) for name in CONNECTORS]
    asked += [(key, None) for key in (RAW, EMISSIONS, STALE)]
    return {one for one in asked if resolver.get_status(*one) is not StaleStatus.FRESH}


@pytest.mark.slow
def test_what_a_sync_left_alone_is_not_out_of_date(folder, instance):
    """After a second sync, of a cluster where one connector changed, Dagster calls nothing out of date."""
    run(folder, instance)
    assert stale(instance, folder) == set()
    save_cluster(folder, {**CONNECTORS, "cdc": {**POSTGRES, "table.include.list": "public.users"}})
    assert partitions(run(folder, instance), LINEAGE) == ["cdc"]
    assert stale(instance, folder) == set()
    assert materialize(folder, instance, partition_key="dw/sink").success
    assert stale(instance, folder) == set()


@pytest.mark.slow
def test_lineage_of_another_version_is_logged_anew(folder, instance, tmp_path):
    """After an upgrade Dagster calls every partition out of date, until the next sync has looked at it."""
    run(folder, instance)
    state = state_of("shop", tmp_path)
    assert state.facts().code_version == code_version()
    state.derived_by("0.0.1")
    assert len(partitions(run(folder, instance), LINEAGE)) == len(CONNECTORS)
    assert partitions(run(folder, instance), LINEAGE) == []


def test_one_partition(folder, instance):
    """One partition from the web interface re-computes that connector only, and removes nothing."""
    run(folder, instance)
    result = materialize(folder, instance, partition_key="dw/sink")
    assert result.success
    assert partitions(result, LINEAGE) == ["dw/sink"]
    assert not materialization(result, STALE)


@pytest.mark.slow
def test_one_partition_reads_its_connector_again(folder, instance):
    """What changed in Connect after the last sync is in the partition that is materialized now, and in DataHub."""
    run(folder, instance)
    save_cluster(folder, {**CONNECTORS, "dw/sink": {**SINK, "table.name.format": "landing.people"}})
    started = time.time()
    found = materialization(materialize(folder, instance, partition_key="dw/sink"), LINEAGE)
    assert "dw.landing.people" in found.metadata["lineage"].value.replace("&#95;", "_")
    assert "+ kafka:pg.public.users -> postgres:dw.landing.people" in found.metadata["changed_since_last_sync"].value
    assert found.metadata["read_at"].value >= started
    assert "landing.people" in str(emitted(folder))


@pytest.mark.slow
def test_one_partition_without_connect_fails(folder, instance):
    """When Connect does not answer, a partition fails with one line instead of showing the lineage of yesterday."""
    run(folder, instance)
    (folder / "cluster.json").unlink()
    result = materialize(folder, instance, partition_key="dw/sink")
    assert not result.success
    assert "cluster.json" in failure(result)
    assert partitions(result, LINEAGE) == []


@pytest.mark.slow
def test_a_range_of_partitions(folder, instance):
    """A range of partitions in one run turns exactly these green."""
    run(folder, instance)
    tags = {"dagster/asset_partition_range_start": "cdc", "dagster/asset_partition_range_end": "dw/sink"}
    result = materialize(folder, instance, tags=tags)
    assert result.success
    assert partitions(result, LINEAGE) == ["cdc", "dw/sink"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "assets",
    [
        ("datahub_emissions",),
        ("connector_lineage", "datahub_emissions", "stale_entities"),
        ("raw_connector_configs", "connector_lineage", "datahub_emissions", "stale_entities"),
    ],
)
def test_any_assets_without_a_partition(folder, instance, assets):
    """Whatever is selected in a run without a partition key, every connector is derived from what Connect says now."""
    result = materialize(folder, instance, *assets)
    assert result.success
    assert set(partitions(result, LINEAGE)) == {encode_partition(name) for name in CONNECTORS}


@pytest.mark.slow
def test_a_run_says_what_it_sent_in_numbers(folder, instance):
    """One materialization a run, with the numbers that Dagster plots over the runs."""
    write_recipe(folder, sink=LITE)
    first, second = (numbers(run(folder, instance)) for _ in range(2))
    assert first["proposals_sent"] == first["proposals_acknowledged"] > 0
    assert first["proposals_failed"] == second["proposals_sent"] == 0
    assert first["entities"] == second["entities"] == len(CONNECTORS) + 5
    assert (first["edges"], first["connectors"], second["connectors_changed"]) == (5, 3, 0)
    assert (first["connectors_derived"], second["connectors_derived"]) == (3, 0)
    assert first["seconds"] > 0
    save_cluster(folder, {name: CONNECTORS[name] for name in ("cdc", "dw/sink")})
    assert numbers(run(folder, instance))["entities_removed"] == 3


@pytest.mark.slow
def test_checks_alone_change_nothing(folder, instance):
    """A run of checks alone reads no cluster and materializes nothing."""
    run(folder, instance)
    (folder / "cluster.json").unlink()
    key = AssetCheckKey(LINEAGE, "lineage_resolved")
    job = build_definitions(folder / "shop.yml").get_repository_def().get_implicit_global_asset_job_def()
    alone = job.get_subset(asset_selection=set(), asset_check_selection={key})
    result = alone.execute_in_process(instance=instance, raise_on_error=False)
    assert result.success
    assert [one.check_name for one in result.get_asset_check_evaluations()] == ["lineage_resolved"]
    assert not [event for event in result.all_events if event.is_step_materialization]


@pytest.mark.slow
def test_nothing_is_called_missing(folder, instance):
    """A healthy run, whole or of one partition, ends without Dagster's complaint about outputs."""
    results = [run(folder, instance), materialize(folder, instance, partition_key="cdc")]
    lines = [entry.user_message for one in results for entry in instance.all_logs(one.run_id)]
    assert not [line for line in lines if "did not yield" in line]


@pytest.mark.slow
def test_only_asked_connectors(folder, instance):
    """`connectors` in run config restricts the run; one that never was there fails it, after the others are done."""
    config = {"ops": {SYNC: {"config": {"connectors": ["cdc", "never heard of"]}}}}
    write_recipe(folder, sink=LITE)
    result = run(folder, instance, run_config=config)
    assert not result.success
    assert "never heard of" in failure(result)
    assert partitions(result, LINEAGE) == ["cdc"]


@pytest.mark.slow
def test_a_connector_deleted_after_it_was_asked_for(folder, instance):
    """A connector that vanishes between the sensor's tick and the run fails nothing, and is removed by that run."""
    write_recipe(folder, sink=LITE)
    run(folder, instance)
    save_cluster(folder, {name: CONNECTORS[name] for name in ("cdc", "dw/sink")})
    config = {"config": {"connectors": ["cdc", "ödd ../name"]}}
    result = run(folder, instance, run_config={"ops": {SYNC: config, "shop__raw_connector_configs": config}})
    assert result.success
    assert numbers(result)["entities_removed"] == 3


@pytest.mark.slow
def test_what_vanished_is_removed_and_its_partition_dropped(folder, instance):
    """A connector that is gone is soft-deleted with its jobs; its partition goes, its history stays."""
    run(folder, instance)
    save_cluster(folder, {"cdc": CONNECTORS["cdc"], "dw/sink": CONNECTORS["dw/sink"]})
    assert run(folder, instance).success
    removed = {one["entityUrn"] for one in emitted(folder) if one.get("aspect", {}).get("json", {}).get("removed")}
    assert "urn:li:dataFlow:(kafka-connect,ödd ../name,PROD)" in removed
    assert len(removed) == 3
    assert set(instance.get_dynamic_partitions("shop_connectors")) == {"cdc", "dw/sink"}


@pytest.mark.slow
def test_too_much_at_once_is_refused_and_can_be_released(folder, instance):
    """More than the fail-safe share is kept, until a run is told to remove it."""
    run(folder, instance)
    save_cluster(folder, {})
    assert run(folder, instance).success
    assert len(instance.get_dynamic_partitions("shop_connectors")) == len(CONNECTORS)
    assert run(folder, instance, run_config={"ops": {SYNC: {"config": {"allow_removal": True}}}}).success
    assert instance.get_dynamic_partitions("shop_connectors") == []


@pytest.mark.slow
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


def test_secrets_stay_in_connect(synced):
    """No password of the cluster is in the state, in what was emitted, or in Dagster's events."""
    folder, _, result = synced
    written = [path for path in folder.rglob("*") if path.is_file() and path.name != "cluster.json"]
    assert written
    assert not [path for path in written if b"s3cr3t-of-the-test" in path.read_bytes()]
    assert "s3cr3t-of-the-test" not in str(result.all_events)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_provided_configs_are_no_secrets_as_such(folder, instance):
    """A URL given by provided_configs still names its database."""
    url = {"connection.url": "${env:MYSQL}", "topics": "t", "connector.class": "JdbcSinkConnector"}
    save_cluster(folder, {"s": {**url, "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector"}})
    provided = [{"provider": "env", "path_key": "MYSQL", "value": "jdbc:mysql://h:3306/librarydb"}]
    write_recipe(folder, provided_configs=provided)
    run(folder, instance)
    jobs = [one["aspect"]["json"] for one in emitted(folder) if one["aspectName"] == "dataJobInputOutput"]
    assert jobs[0]["outputDatasets"] == ["urn:li:dataset:(urn:li:dataPlatform:mysql,librarydb.t,PROD)"]


@pytest.mark.slow
def test_patterns_filter_connectors(folder, instance):
    """`connector_patterns` decides which connectors are read at all."""
    write_recipe(folder, connector_patterns={"allow": ["^dw.*"]})
    run(folder, instance)
    assert instance.get_dynamic_partitions("shop_connectors") == ["dw/sink"]


def test_lineage_of_the_postgres_source(synced):
    """The configuration alone gives every edge that it determines."""
    folder, *_ = synced
    jobs = {
        one["entityUrn"]: one["aspect"]["json"] for one in emitted(folder) if one["aspectName"] == "dataJobInputOutput"
    }
    job = jobs["urn:li:dataJob:(urn:li:dataFlow:(kafka-connect,cdc,PROD),shop.public.users)"]
    assert job["inputDatasets"] == ["urn:li:dataset:(urn:li:dataPlatform:postgres,shop.public.users,PROD)"]
    assert job["outputDatasets"] == [
        f"urn:li:dataset:(urn:li:dataPlatform:kafka,{POSTGRES['topic.prefix']}.public.users,PROD)"
    ]
