"""The real web interface over a loopback Connect: one partition, a range, everything; sensor, checks, asset pages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.browser.screen import Screen
from tests.browser.stack import LOCATION, dagster, wait_for
from tests.connect.stand_in import EXPANDED, ConnectStandIn, spot_of, worker

JOB = f"/locations/{LOCATION}/jobs/sync_shop"
LINEAGE = "/assets/shop/connector_lineage"
CDC = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "shop",
    "topic.prefix": "pg",
    "table.include.list": "public.users,public.orders",
}
CONNECTORS = {"crm-cdc": CDC, "dw/copy": {**CDC, "topic.prefix": "copy"}, "erp-cdc": {**CDC, "topic.prefix": "erp"}}
TOPICS = {
    name: [f"{config['topic.prefix']}.public.users", f"{config['topic.prefix']}.public.orders"]
    for name, config in CONNECTORS.items()
}


def answers(connectors):
    return worker(connectors, topics=TOPICS)


@pytest.fixture(scope="module")
def stage(chromium, tmp_path_factory):
    """Connect, Dagster and Chromium, once for all tests of this file: each goes on where the one before it ended."""
    folder = tmp_path_factory.mktemp("stage")
    with ConnectStandIn(answers(CONNECTORS)) as connect, dagster(folder, connect.uri, sensor_interval=5) as web:
        yield SimpleNamespace(connect=connect, web=web, screen=Screen(chromium, web.url), folder=folder)


def next_run(stage, before):
    """The run that came after ``before``, when it has ended."""

    def ended():
        new = [run for run in stage.web.runs() if run["runId"] not in {one["runId"] for one in before}]
        return next((run for run in new if run["status"] in ("SUCCESS", "FAILURE", "CANCELED")), None)

    return wait_for("a run", ended, lambda: stage.web.runs())


def tags(run):
    return {tag["key"]: tag["value"] for tag in run["tags"]}


def materialized(stage, run):
    """Partitions of `connector_lineage` that a run materialized."""
    query = """query ($id: ID!) { runOrError(runId: $id) { ... on Run { assetMaterializations {
        partition assetKey { path } } } } }"""
    events = stage.web.ask(query, id=run["runId"])["runOrError"]["assetMaterializations"]
    return sorted(one["partition"] for one in events if one["assetKey"]["path"] == ["shop", "connector_lineage"])


def test_the_whole_job(stage):
    """From the job's page, as its description says: one run without a partition turns every connector green."""
    screen, before = stage.screen, stage.web.runs()
    screen.open(JOB)
    screen.reads("Materialize all", "Open launchpad")
    screen.click_css("button:has([aria-label='arrow_drop_down'])")
    screen.click("Open launchpad")
    screen.click("Materialize")
    screen.click("Confirm")
    run = next_run(stage, before)
    assert run["status"] == "SUCCESS"
    assert materialized(stage, run) == sorted(CONNECTORS)
    screen.open(f"{LINEAGE}?view=partitions")
    screen.reads("Materialized (3)", "Missing (0)", *CONNECTORS)


def test_one_partition(stage):
    """From a partition's page: that connector alone."""
    screen, before = stage.screen, stage.web.runs()
    screen.open(f"{LINEAGE}?view=partitions&partition=dw%2Fcopy")
    screen.reads("kafka:copy.public.users")
    screen.click("Materialize…")
    screen.click("Launch 1 run")
    run = next_run(stage, before)
    assert run["status"] == "SUCCESS"
    assert materialized(stage, run) == ["dw/copy"]


def test_a_range(stage):
    """Two neighbours from the list of partitions: one run, these two and no other."""
    screen, before = stage.screen, stage.web.runs()
    screen.open(f"{LINEAGE}?view=partitions")
    screen.click("Materialize…")
    screen.reads("Partition selection")
    screen.click_text("Select a partition or create one")
    for name in ("crm-cdc", "dw/copy"):
        screen.click_text(name)
    screen.click_text("Partition selection")
    screen.click_start("Launch")
    run = next_run(stage, before)
    assert run["status"] == "SUCCESS"
    assert materialized(stage, run) == ["crm-cdc", "dw/copy"]
    assert tags(run)["dagster/asset_partition_range_start"] == "crm-cdc"


def test_what_a_partition_shows(stage):
    """Picture, table of edges with evidence, states."""
    stage.screen.open(f"{LINEAGE}?view=partitions&partition=crm-cdc")
    stage.screen.reads(
        "postgres:shop.public.users",
        "kafka:pg.public.users",
        "configuration, active topics",
        "RUNNING (tasks 0: RUNNING)",
    )
    drawn = "return [...document.images].filter(one => one.alt == 'lineage').map(one => one.naturalWidth)"
    wait_for("the picture", lambda: stage.screen.driver.execute_script(drawn) == [640])


def test_what_the_asset_shows(stage):
    """Group, kind, where the picture of the whole cluster is, and the outcome of the checks."""
    stage.screen.open(LINEAGE)
    page = str(stage.web.home / "kc_lineage/shop/lineage.html")
    stage.screen.reads(
        "Which dataset feeds which", "Kafka", "sync_shop", "shop_connector_changes", "lineage_page", page
    )


def test_checks(stage):
    """Checks show their outcome and what it rests on; one can be executed alone, and changes nothing."""
    screen = stage.screen
    screen.open(f"{LINEAGE}?view=checks&checkDetail=lineage_resolved")
    screen.reads("lineage_resolved", "no_edge_disappeared", "Passed", "unresolved_share")
    before = stage.web.runs()
    screen.click("Execute")
    assert next_run(stage, before)["status"] == "SUCCESS"


def test_a_failed_task_is_seen(stage):
    """A task that fails makes the check of the snapshot warn, with the first line of its trace."""
    found = stage.connect.by_spot[spot_of(EXPANDED)]
    found["erp-cdc"]["status"]["tasks"] = [
        {"id": 0, "state": "FAILED", "worker_id": "w", "trace": "java.lang.RuntimeException: disk full\n\tat somewhere"}
    ]
    screen, before = stage.screen, stage.web.runs()
    screen.open("/assets/shop/raw_connector_configs")
    screen.click("Materialize")
    assert next_run(stage, before)["status"] == "SUCCESS"
    screen.open("/assets/shop/raw_connector_configs?view=checks&checkDetail=connectors_and_tasks_running")
    screen.reads("erp-cdc", "task 0", "java.lang.RuntimeException: disk full")
    assert "at somewhere" not in screen.text


def test_the_sensor_sees_a_change(stage):
    """Switched on with one click; a changed connector is re-computed by one run, and its partition shows it."""
    screen, before = stage.screen, stage.web.runs()
    screen.open(f"/locations/{LOCATION}/sensors/shop_connector_changes")
    screen.reads("Running")
    screen.click_css("label:has(input[type=checkbox])")
    wait_for("the sensor to run", lambda: stage.screen.driver.find_elements("css selector", "input:checked"))
    changed = {**CDC, "table.include.list": "public.users"}
    stage.connect.by_spot.update(
        {spot_of(path): one for path, one in answers({**CONNECTORS, "crm-cdc": changed}).items()}
    )
    run = next_run(stage, before)
    assert run["status"] == "SUCCESS"
    assert tags(run)["dagster/sensor_name"] == "shop_connector_changes"
    assert materialized(stage, run) == ["crm-cdc"]
    screen.open(f"{LINEAGE}?view=partitions&partition=crm-cdc")
    screen.reads("kafka:pg.public.users")
    screen.open(f"{LINEAGE}?view=checks&checkDetail=no_edge_disappeared")
    screen.reads("no_edge_disappeared", "shop.public.orders")


def test_lineage_page(stage):
    """The page that the runs left opens from disk and shows the cluster."""
    stage.screen.driver.get((stage.web.home / "kc_lineage/shop/lineage.html").as_uri())
    stage.screen.reads("3 connectors", "crm-cdc", "dw/copy")
