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
    screen.click_css("button[aria-label='Materialize all…'] + *, [data-testid='materialize-button'] ~ * button, "
                     "button:has([aria-label='expand_more']), button:has([aria-label='arrow_drop_down'])")
    screen.click("Open launchpad")
    screen.click("Materialize")
    screen.click("Confirm")
    run = next_run(stage, before)
    assert run["status"] == "SUCCESS"
    assert materialized(stage, run) == sorted(CONNECTORS)
    screen.open(f"{LINEAGE}?view=partitions")
    screen.reads("Materialized (3)", "Missing (0)", *CONNECTORS)
