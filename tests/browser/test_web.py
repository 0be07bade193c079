"""The real web interface over a loopback Connect: one partition, a range, everything; sensor, checks, asset pages.

People's part is done in the browser; what came of it is asked of GraphQL.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.screen import Screen
from tests.browser.stack import LOCATION, Web, dagster, wait_for
from tests.connect.stand_in import EXPANDED, ConnectStandIn, basic, delay, held_until, spot_of, worker
from tests.written import contents

pytestmark = pytest.mark.browser

JOB = f"/locations/{LOCATION}/jobs/sync_shop"
SENSOR = f"/locations/{LOCATION}/sensors/shop_connector_changes"
RAW, LINEAGE = "/assets/shop/raw_connector_configs", "/assets/shop/connector_lineage"
PASSWORD, SECRET = "password-of-the-reader", "password-of-a-database"
CDC = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "shop",
    "database.password": SECRET,
    "topic.prefix": "pg",
    "table.include.list": "public.users,public.orders",
}
SOURCES = {"crm-cdc": CDC, "dw/copy": {**CDC, "topic.prefix": "copy"}, "erp-cdc": {**CDC, "topic.prefix": "erp"}}
SINKS = {
    "lake-sink": {
        "connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector",
        "connection.url": "jdbc:postgresql://dwh:5432/dwh",
        "topics": "pg.public.users",
        "table.name.format": "landing.users",
    }
}
CONNECTORS = [*SOURCES, *SINKS]
TOPICS = {
    name: [f"{config['topic.prefix']}.public.users", f"{config['topic.prefix']}.public.orders"]
    for name, config in SOURCES.items()
}


def answers(sources):
    found = worker(sources, topics=TOPICS)
    of_sinks = worker(SINKS, kind="sink", topics={"lake-sink": ["pg.public.users"]})
    return {**of_sinks, **found, EXPANDED: {**found[EXPANDED], **of_sinks[EXPANDED]}, "/connectors": CONNECTORS}


@dataclass
class Stage:
    """Connect, Dagster and Chromium. Each test goes on where the one before it ended."""

    connect: ConnectStandIn
    web: Web
    screen: Screen

    def started(self, press):
        """The id of the run that ``press`` starts; it is given what tells that there is one."""
        known = set(self.web.runs())
        return press(lambda: next((one for one in self.web.runs() if one not in known), None))

    def ran(self, press):
        """The run that ``press`` starts, when it has ended, which it must in success."""
        run = self.web.ended(self.started(press))
        assert run.status == "SUCCESS"
        return run


def lineage_of(run):
    return sorted(run.partitions.get("shop/connector_lineage", []))


@pytest.fixture(scope="module")
def stage(chromium, tmp_path_factory):
    source = {"username": "reader", "password": "${SHOP_PASSWORD}"}
    options = {"sensor_interval": 5, "external_assets": {"enabled": True}}
    folder = tmp_path_factory.mktemp("stage")
    with (
        ConnectStandIn(answers(SOURCES), authorization=basic("reader", PASSWORD)) as connect,
        dagster(folder, {**source, "connect_uri": connect.uri}, options, {"SHOP_PASSWORD": PASSWORD}) as web,
    ):
        yield Stage(connect, web, Screen(chromium, web.url))


def test_the_whole_job(stage):
    """The button on the job's page, on a new cluster: one run without a partition turns every connector green.

    Whoever stays on the page of the running run sees its events come.
    """
    screen = stage.screen
    seen = threading.Event()
    # so that there is progress to tell: a line for the first connector, which comes late, while the last is waited for
    stage.connect.fault("/connectors/crm-cdc/topics", delay(12, times=1))
    stage.connect.fault("/connectors/lake-sink/topics", held_until(seen))
    screen.open(JOB)
    screen.reads("press Materialize all")
    screen.click("Materialize all", lambda: screen.find("Confirm"))
    run_id = stage.started(lambda started: screen.click("Confirm", started))
    screen.open(f"/runs/{run_id}")
    screen.write("input[placeholder^='Filter']", "connectors")
    screen.reads(" of 4 connectors")
    assert stage.web.runs()[run_id] == "STARTED", "the run had ended before anything was to be seen"
    seen.set()
    screen.reads("4 connectors read, 4 of them new", "4 connectors, 7 edges, 0 unresolved")
    run = stage.web.ended(run_id)
    assert run.status == "SUCCESS"
    assert lineage_of(run) == CONNECTORS
    screen.reads("Success")
    screen.open(f"{LINEAGE}?view=partitions")
    screen.reads(f"Materialized ({len(CONNECTORS)})", "Missing (0)", *CONNECTORS)


def test_what_a_run_shows(stage):
    """States, checks, and nothing that reads like a fault."""
    run_id = next(iter(stage.web.runs()))
    stage.screen.open(f"/runs/{run_id}")
    stage.screen.reads("Success", "sync_shop", "lineage_resolved", "datahub_emissions")
    assert "did not yield" not in stage.screen.text


def test_what_was_sent_is_plotted(stage):
    """The numbers of each run stand on the asset's page."""
    stage.screen.open("/assets/shop/datahub_emissions")
    stage.screen.reads(
        "proposals_sent", "proposals_failed", "entities", "seconds", "sync_shop", "shop_connector_changes"
    )


def test_one_partition(stage):
    """From a partition's page: that connector alone."""
    screen = stage.screen
    screen.open(f"{LINEAGE}?view=partitions&partition=dw%2Fcopy")
    screen.reads("kafka:copy.public.users")
    screen.click("Materialize…", lambda: screen.find("Launch 1 run"))
    run = stage.ran(lambda started: screen.click("Launch 1 run", started))
    assert lineage_of(run) == ["dw/copy"]


def test_a_range_and_all(stage):
    """From the list of partitions: two neighbours are one run, these two and no other; all partitions are one too."""
    screen, known, before = stage.screen, set(stage.web.runs()), len(stage.web.backfills())
    screen.open(f"{LINEAGE}?view=partitions")
    screen.click("Materialize…", lambda: screen.shows("0 partitions"))
    screen.click_text("Select a partition or create one", lambda: screen.shows("Select all (4)"))
    for count, name in enumerate(("crm-cdc", "dw/copy"), 1):
        screen.click_text(name, lambda count=count: re.search(rf"\b{count} partitions?\b", screen.text))
    screen.click_text("Partition selection", lambda: not screen.shows("Select all (4)"))
    screen.click("Launch backfill", lambda: len(stage.web.backfills()) > before)
    screen.open(f"{LINEAGE}?view=partitions")
    screen.click("Materialize…", lambda: screen.shows("0 partitions"))
    screen.click("All", lambda: screen.shows("4 partitions"))
    screen.click("Launch backfill", lambda: len(stage.web.backfills()) > before + 1)
    # Dagster's daemon looks at backfills every half minute
    started = wait_for("two runs", lambda: len(set(stage.web.runs()) - known) == 2 and stage.web.runs(), stage.web.runs)
    runs = {run.tags["dagster/asset_partition_range_end"]: run for run in map(stage.web.ended, set(started) - known)}
    assert {run.status for run in runs.values()} == {"SUCCESS"}
    assert {end: lineage_of(run) for end, run in runs.items()} == {
        "dw/copy": ["crm-cdc", "dw/copy"],
        "lake-sink": CONNECTORS,
    }


def test_what_a_partition_shows(stage):
    """Picture, table of edges with evidence, states."""
    stage.screen.open(f"{LINEAGE}?view=partitions&partition=crm-cdc")
    stage.screen.reads(
        "postgres:shop.public.users",
        "kafka:pg.public.users",
        "configuration, active topics",
        "io.debezium.connector.postgresql.PostgresConnector",
        "0: RUNNING",
        "lineage.html#connector=crm-cdc",
    )
    drawn = "return [...document.images].filter(one => one.alt == 'lineage').map(one => one.naturalWidth > 0)"
    wait_for("the picture", lambda: stage.screen.driver.execute_script(drawn) == [True])


def test_what_the_asset_shows(stage):
    """Kind, the job that makes all partitions, the checks, and where the picture of the whole cluster is."""
    stage.screen.open(LINEAGE)
    stage.screen.reads("Which dataset feeds which", "Kafka", "sync_shop", "lineage_page")
    page = str(stage.web.home / "kc_lineage/shop/lineage.html")
    stage.screen.reads(page)


def test_tables_and_topics_in_the_graph(stage):
    """After a sync and a reload Dagster's own graph shows table -> topic -> table."""
    screen = stage.screen
    screen.open("/asset-groups")
    screen.click("Reload definitions", lambda: screen.shows("shop_datasets"))
    screen.open("/assets/kafka/pg.public.users?view=lineage")  # of a larger graph only what fits is drawn
    screen.reads("shop.public.users", "pg.public.users", "dwh.landing.users", "Postgres", "Kafka")
    nodes = stage.web.ask("{assetNodes {assetKey {path} dependencyKeys {path}}}")["assetNodes"]
    deps = {"/".join(one["assetKey"]["path"]): [dep["path"][-1] for dep in one["dependencyKeys"]] for one in nodes}
    assert deps["kafka/pg.public.users"] == ["shop.public.users"]
    assert deps["postgres/dwh.landing.users"] == ["pg.public.users"]


def test_checks(stage):
    """One check can be executed alone, which changes nothing; then it shows its outcome and what that rests on."""
    screen = stage.screen
    screen.open(f"{LINEAGE}?view=checks&checkDetail=lineage_resolved")
    screen.reads("lineage_resolved", "no_edge_disappeared")
    run = stage.ran(lambda started: screen.click("Execute", started))
    assert run.partitions == {}
    screen.reads("Passed", "unresolved_share")  # whichever of the runs before it ended last


def test_a_failed_task_is_seen(stage):
    """A task that fails makes the check of the snapshot warn, with the first line of its trace."""
    trace = "java.lang.RuntimeException: disk full\n\tat somewhere"
    found = stage.connect.by_spot[spot_of(EXPANDED)]
    found["erp-cdc"]["status"]["tasks"] = [{"id": 0, "state": "FAILED", "worker_id": "w", "trace": trace}]
    screen = stage.screen
    screen.open(RAW)
    stage.ran(lambda started: screen.click("Materialize", started))
    screen.open(f"{RAW}?view=checks&checkDetail=connectors_and_tasks_running")
    screen.reads("erp-cdc", "task 0", "java.lang.RuntimeException: disk full")
    assert "at somewhere" not in screen.text


def test_the_sensor_sees_a_change(stage):
    """Switched on with one click; a changed connector is re-computed by one run, and its partition shows it."""
    screen = stage.screen

    def change(started):
        screen.open(SENSOR)
        screen.reads("Running")
        screen.click_css(
            "label:has(input[type=checkbox])", lambda: screen.driver.find_elements("css selector", "input:checked")
        )
        changed = {**SOURCES, "crm-cdc": {**CDC, "table.include.list": "public.users"}}
        stage.connect.by_spot.update({spot_of(path): one for path, one in answers(changed).items()})
        return wait_for("a run of the sensor", started)

    run = stage.ran(change)
    assert run.tags["dagster/sensor_name"] == "shop_connector_changes"
    assert lineage_of(run) == ["crm-cdc"]
    screen.open(f"/runs/{run.run_id}")
    screen.reads("Success", "shop_connector_changes")
    screen.open(f"{LINEAGE}?view=partitions&partition=crm-cdc")
    screen.reads("kafka:pg.public.users")
    screen.open(f"{LINEAGE}?view=checks&checkDetail=no_edge_disappeared")
    screen.reads("no_edge_disappeared", "shop.public.orders")


def test_no_secret_is_shown(stage):
    """The launchpad, where Dagster shows what resources are configured with, and the pages beside it hide passwords,
    and so does everything that Dagster and the project have written.
    """
    pages = {
        f"{JOB}/playground": "Launch Run",
        f"/locations/{LOCATION}/resources": "shop_connect",
        f"{RAW}?view=events": "kafka_connect_version",
        f"{LINEAGE}?view=partitions&partition=crm-cdc": "kafka:pg.public.users",
    }
    for path, text in pages.items():
        stage.screen.open(path)
        stage.screen.reads(text)
        assert not [one for one in (PASSWORD, SECRET) if one in stage.screen.driver.page_source], path
    written = contents(stage.web.home.parent)
    hits = {path.name for path, raw in written.items() for one in (PASSWORD, SECRET) if one.encode() in raw}
    assert len(written) > 20
    assert not hits


def test_lineage_page(stage):
    """The page that the runs left opens from disk; a search leads to a neighbourhood, filters narrow the list."""
    metadata = stage.web.ask(
        """{assetNodeOrError(assetKey: {path: ["shop", "connector_lineage"]}) { ... on AssetNode {
        metadataEntries { label ... on PathMetadataEntry { path } } } } }"""
    )["assetNodeOrError"]["metadataEntries"]
    screen = stage.screen
    screen.driver.get(Path(next(one["path"] for one in metadata if one["label"] == "lineage_page")).as_uri())
    screen.reads("4 connectors", *CONNECTORS)
    screen.write("#search", "landing.users\n")
    screen.reads("around dwh.landing.users", "lake-sink")
    nodes = screen.driver.execute_script("return lineagePage.graph.cy.nodes().map(one => one.data('label'))")
    assert {one.split("\n")[0] for one in nodes} >= {"shop.public.users", "pg.public.users", "dwh.landing.users"}
    screen.click("clear", lambda: screen.shows("4 connectors\n"))
    screen.driver.execute_script(
        "const s = document.getElementById('kind'); s.value = 'sink'; s.dispatchEvent(new Event('change'))"
    )
    screen.reads("1 connector\n")
