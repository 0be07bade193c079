"""`kc-lineage record`: the recording of a cluster derives what the cluster does, and holds no secret."""

from __future__ import annotations

import json
from pathlib import Path

from kc_lineage_dagster.connect.client import ConnectClient, ConnectSettings
from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.saved import open_saved
from kc_lineage_dagster.derive.cluster import deriver
from kc_lineage_dagster.derive.settings import Settings
from tests.cli.run import kc_lineage
from tests.connect.stand_in import ConnectStandIn

LAB = Path(__file__).parents[1] / "data" / "lab" / "cluster.json"
SETTINGS = Settings(cluster_aliases={"west": None})


def lineages(snapshot):
    derived = deriver(snapshot.connectors, SETTINGS)
    return [derived(one) for one in snapshot.connectors]


def test_a_recording_derives_the_same_lineage(tmp_path):
    """A worker and its recording give the same connectors, evidence and lineage."""
    with ConnectStandIn(LAB) as worker:
        assert kc_lineage("record", worker.uri, "-o", tmp_path / "out.json").exit_code == 0
        with ConnectClient(ConnectSettings(worker.uri)) as client:
            live = read(client).whole()
    saved = read(open_saved(tmp_path / "out.json")).whole()
    assert saved.connectors == live.connectors
    assert saved.plugin_classes == live.plugin_classes
    assert lineages(saved) == lineages(live)


def test_a_recording_of_a_recording_is_the_same(tmp_path):
    """A worker that answers from a recording is recorded as that recording."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    with ConnectStandIn(LAB) as worker:
        kc_lineage("record", worker.uri, "-o", first)
    with ConnectStandIn(first) as worker:
        kc_lineage("record", worker.uri, "-o", second)
    assert json.loads(second.read_text()) == json.loads(first.read_text())


def test_a_recording_holds_no_secret(tmp_path):
    """Secrets of configurations, task configurations and traces stay behind."""
    secret = "s3cr3t-0f-a-recording"
    path = "/connectors/sink"
    config = {"connector.class": "x.JdbcSinkConnector", "connection.password": secret, "topics": "t"}
    failed = {"state": "FAILED", "worker_id": "w", "trace": f"cannot log in with {secret}"}
    status = {"name": "sink", "connector": failed, "tasks": [{"id": 0, **failed}]}
    answers = {
        "/connectors?expand=info&expand=status": {
            "sink": {"info": {"name": "sink", "config": config, "type": "source", "tasks": []}, "status": status}
        },
        "/connectors": ["sink"],
        f"{path}/tasks": [{"id": {"connector": "sink", "task": 0}, "config": config}],
        f"{path}/topics": {"sink": {"topics": ["t"]}},
    }
    with ConnectStandIn(answers) as worker:
        assert kc_lineage("record", worker.uri, "-o", tmp_path / "out.json").exit_code == 0
    text = (tmp_path / "out.json").read_text()
    assert secret not in text
    assert "cannot log in with" in text
    assert f"{path}/tasks" in text


def test_a_cluster_that_cannot_be_read_is_one_line(tmp_path):
    """A cluster that cannot be listed leaves no file, and says why."""
    done = kc_lineage("record", tmp_path / "none.json", "-o", tmp_path / "out.json")
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1
    assert "none.json" in done.stderr
    assert not (tmp_path / "out.json").exists()


def test_a_recording_can_be_piped(tmp_path):
    """`-o -` writes the recording to stdout, and nothing else."""
    assert json.loads(kc_lineage("record", LAB, "-o", "-").stdout)["/connectors"]
