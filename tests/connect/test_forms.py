"""The forms in which people keep connectors: each file gives the connectors it holds, with what it knows of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.forms.properties import parse_properties
from kc_lineage_dagster.connect.saved import open_saved
from kc_lineage_dagster.connect.snapshot import Connector, Snapshot
from kc_lineage_dagster.errors import ConnectError
from tests.tries import tries

JDBC = "io.confluent.connect.jdbc.JdbcSinkConnector"
MIRROR = "org.apache.kafka.connect.mirror.MirrorSourceConnector"


def saved(tmp_path: Path, name: str, content: Any) -> Snapshot:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read(open_saved(path)).whole()


def the_one(snapshot: Snapshot) -> Connector:
    (connector,) = snapshot.connectors
    return connector


CONFLUENT_FOR_KUBERNETES = """
apiVersion: platform.confluent.io/v1beta1
kind: Connector
metadata: {name: orders, namespace: kafka}
spec:
  name: pg-orders
  class: io.confluent.connect.jdbc.JdbcSinkConnector
  taskMax: 2
  connectClusterRef: {name: connect}
  configs: {topics: orders, connection.url: "jdbc:postgresql://h/d", auto.create: "true"}
status: {connectorState: RUNNING, state: CREATED}
"""
NS4KAFKA = """
apiVersion: v1
kind: Connector
metadata: {name: prefix.pg-orders, namespace: team}
spec:
  connectCluster: local
  config: {connector.class: io.confluent.connect.jdbc.JdbcSinkConnector, topics: orders, tasks.max: "2"}
"""
CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata: {name: connectors}
data:
  pg-orders.json: |
    {"connector.class": "io.confluent.connect.jdbc.JdbcSinkConnector", "topics": "orders", "tasks.max": 2}
  startup.sh: curl ...
  notes: "words: and {braces"
"""
TEMPLATE = """
apiVersion: template.openshift.io/v1
kind: Template
parameters:
- {name: TOPIC, value: orders}
- {name: TASKS, value: "2"}
- {name: PASSWORD, required: true}
objects:
- apiVersion: kafka.strimzi.io/v1beta2
  kind: KafkaConnector
  metadata: {name: pg-orders}
  spec:
    class: io.confluent.connect.jdbc.JdbcSinkConnector
    tasksMax: ${{TASKS}}
    config: {topics: "${TOPIC}", connection.password: "${PASSWORD}"}
"""
STANDALONE = """
# a standalone worker's connector
name = pg-orders
connector.class: io.confluent.connect.jdbc.JdbcSinkConnector
tasks.max 2
topics=ord\\
       ers
"""
FORMS: dict[str, tuple[str, Any]] = {
    "posted": (
        "c.json",
        {"name": "pg-orders", "config": {"connector.class": JDBC, "topics": "orders", "tasks.max": 2}},
    ),
    "bare": ("pg-orders.json", {"connector.class": JDBC, "topics": "orders", "tasks.max": "2"}),
    "by name": ("c.json", {"pg-orders": {"connector.class": JDBC, "topics": "orders", "tasks.max": "2"}}),
    "list": (
        "c.json",
        [{"name": "pg-orders", "config": {"connector.class": JDBC, "topics": "orders", "tasks.max": "2"}}],
    ),
    "listing in yaml": (
        "c.yaml",
        f"pg-orders: {{info: {{config: {{connector.class: {JDBC}, topics: orders, tasks.max: 2}}}}, status: {{}}}}",
    ),
    "Confluent for Kubernetes": ("c.yaml", CONFLUENT_FOR_KUBERNETES),
    "ns4kafka": ("c.yml", NS4KAFKA.replace("prefix.", "")),
    "ConfigMap": ("c.yaml", CONFIG_MAP),
    "OpenShift Template": ("c.yaml", TEMPLATE),
    "standalone worker": ("c.properties", STANDALONE),
    "Aiven's API": (
        "c.json",
        {
            "connectors": [
                {
                    "name": "pg-orders",
                    "config": {"name": "pg-orders", "connector.class": JDBC, "topics": "orders", "tasks.max": "2"},
                    "plugin": {"class": JDBC, "type": "sink", "version": "6.10.0"},
                    "tasks": [{"connector": "pg-orders", "task": 0}],
                }
            ]
        },
    ),
    "values of a chart": (
        "values.yaml",
        f"connectors:\n  pg-orders: {{connector.class: {JDBC}, topics: orders, tasks.max: 2}}",
    ),
    "MSK Connect's DescribeConnector": (
        "c.json",
        {
            "connectorArn": "arn:aws:kafkaconnect:eu-west-1:1:connector/pg-orders/1",
            "connectorName": "pg-orders",
            "connectorState": "RUNNING",
            "connectorConfiguration": {"connector.class": JDBC, "topics": "orders", "tasks.max": "2"},
        },
    ),
    "CloudFormation": (
        "c.json",
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Resources": {
                "Bucket": {"Type": "AWS::S3::Bucket"},
                "Sink": {
                    "Type": "AWS::KafkaConnect::Connector",
                    "Properties": {
                        "ConnectorName": "pg-orders",
                        "ConnectorConfiguration": {"connector.class": JDBC, "topics": "orders", "tasks.max": "2"},
                    },
                },
            },
        },
    ),
    "Terraform's plan": (
        "plan.json",
        {
            "format_version": "1.2",
            "planned_values": {
                "root_module": {
                    "resources": [{"address": "aws_s3_bucket.b", "type": "aws_s3_bucket", "values": {}}],
                    "child_modules": [
                        {
                            "resources": [
                                {
                                    "address": "module.c.aws_mskconnect_connector.pg",
                                    "type": "aws_mskconnect_connector",
                                    "values": {
                                        "name": "pg-orders",
                                        "connector_configuration": {
                                            "connector.class": JDBC,
                                            "topics": "orders",
                                            "tasks.max": "2",
                                        },
                                    },
                                }
                            ]
                        }
                    ],
                }
            },
        },
    ),
    "Terraform's state": (
        "terraform.tfstate",
        {
            "version": 4,
            "terraform_version": "1.9.0",
            "resources": [
                {
                    "mode": "managed",
                    "type": "aiven_kafka_connector",
                    "name": "pg",
                    "instances": [
                        {
                            "attributes": {
                                "connector_name": "pg-orders",
                                "config": {"connector.class": JDBC, "topics": "orders", "tasks.max": "2"},
                            }
                        }
                    ],
                }
            ],
        },
    ),
    "Terraform's JSON syntax": (
        "main.tf.json",
        {
            "resource": [
                {
                    "kafka-connect_connector": {
                        "pg": {
                            "name": "pg-orders",
                            "config": {"connector.class": JDBC, "topics": "orders", "tasks.max": "2"},
                        }
                    }
                }
            ]
        },
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("in_folder", [False, True])
def test_every_form_gives_the_same_connector(tmp_path: Path, form: str, in_folder: bool) -> None:
    name, content = FORMS[form]
    snapshot = saved(tmp_path, name, content)
    if in_folder:
        snapshot = read(open_saved(tmp_path)).whole()
    connector = the_one(snapshot)
    assert connector.name == "pg-orders"
    assert {key: connector.config[key] for key in ("connector.class", "topics", "tasks.max")} == {
        "connector.class": JDBC,
        "topics": "orders",
        "tasks.max": "2",
    }
    assert not snapshot.not_read


def test_all_forms_stand_together_in_one_folder(tmp_path: Path) -> None:
    """Each in a folder of its own, all under one name: every one of them is found."""
    for number, (name, content) in enumerate(FORMS.values()):
        text = content if isinstance(content, str) else json.dumps(content)
        path = tmp_path / f"{number:02}" / name.replace("pg-orders", f"pg-orders-{number:02}")
        path.parent.mkdir()
        path.write_text(text.replace("pg-orders", f"pg-orders-{number:02}"), encoding="utf-8")
    names = [connector.name for connector in read(open_saved(tmp_path)).whole().connectors]
    assert names == [f"pg-orders-{number:02}" for number in range(len(FORMS))]


STRIMZI = """
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaConnector
metadata: {name: cdc}
spec:
  class: io.debezium.connector.postgresql.PostgresConnector
  config: {topic.prefix: srv, database.dbname: d, table.include.list: "public\\\\..*"}
status:
  topics: [srv.public.orders, srv.public.users]
  connectorStatus:
    name: cdc
    type: source
    connector: {state: RUNNING, worker_id: "10.0.0.1:8083"}
    tasks: [{id: 0, state: FAILED, worker_id: "10.0.0.1:8083", trace: "java.lang.Exception: no\\n"}]
"""


def test_strimzis_status_is_evidence(tmp_path: Path) -> None:
    """``kubectl get kafkaconnector -o yaml`` tells active topics, the type, and what the tasks do."""
    connector = the_one(saved(tmp_path, "c.yaml", STRIMZI))
    assert (connector.kind, connector.state) == ("source", "RUNNING")
    assert connector.topics == ("srv.public.orders", "srv.public.users")
    assert [(task.state, task.trace) for task in connector.tasks] == [("FAILED", "java.lang.Exception: no\n")]


def test_confluents_status_is_the_state(tmp_path: Path) -> None:
    assert the_one(saved(tmp_path, "c.yaml", CONFLUENT_FOR_KUBERNETES)).state == "RUNNING"


MIRROR_MAKER_2 = """
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaMirrorMaker2
metadata: {name: mm2}
spec:
  connectCluster: west
  clusters: [{alias: east, bootstrapServers: "e:9092"}, {alias: west, bootstrapServers: "w:9092"}]
  mirrors:
  - sourceCluster: east
    targetCluster: west
    sourceConnector:
      config: {replication.policy.class: org.apache.kafka.connect.mirror.IdentityReplicationPolicy}
    heartbeatConnector: {}
    topicsPattern: "orders.*"
    topicsExcludePattern: "orders-test"
status:
  connectors:
  - {name: east->west.MirrorSourceConnector, type: source, connector: {state: PAUSED}, tasks: []}
"""
MIRROR_MAKER_V1 = """
apiVersion: kafka.strimzi.io/v1
kind: KafkaMirrorMaker2
metadata: {name: mm2}
spec:
  target: {alias: west, bootstrapServers: "w:9092"}
  mirrors:
  - source: {alias: east, bootstrapServers: "e:9092"}
    sourceConnector: {}
    topicsPattern: "orders.*"
"""


def test_a_mirror_maker_resource_is_its_connectors(tmp_path: Path) -> None:
    """Strimzi makes them under these names; what they copy follows from the mirror."""
    beat, source = saved(tmp_path, "mm2.yaml", MIRROR_MAKER_2).connectors
    assert (beat.name, source.name) == ("east->west.MirrorHeartbeatConnector", "east->west.MirrorSourceConnector")
    assert (source.kind, source.state) == ("source", "PAUSED")
    assert dict(source.config) == {
        "connector.class": MIRROR,
        "name": "east->west.MirrorSourceConnector",
        "source.cluster.alias": "east",
        "target.cluster.alias": "west",
        "topics": "orders.*",
        "topics.exclude": "orders-test",
        "replication.policy.class": "org.apache.kafka.connect.mirror.IdentityReplicationPolicy",
    }
    newer = the_one(saved(tmp_path, "v1.yaml", MIRROR_MAKER_V1))
    assert (newer.config["source.cluster.alias"], newer.config["target.cluster.alias"]) == ("east", "west")


def test_properties_of_a_dedicated_mirror_maker(tmp_path: Path) -> None:
    """``connect-mirror-maker.sh``: enabled flows only, their own settings before those of all."""
    connector = the_one(
        saved(
            tmp_path,
            "mm2.properties",
            "clusters = a, b\na.bootstrap.servers=x:1\na->b.enabled=true\na->b.topics=foo-.*\nb->a.enabled=false\n"
            "topics=.*\nreplication.policy.separator=_\n",
        )
    )
    assert (connector.name, connector.kind) == ("a->b.MirrorSourceConnector", "source")
    assert {
        "enabled": "true",
        "topics": "foo-.*",
        "replication.policy.separator": "_",
    }.items() <= connector.config.items()


DEBEZIUM_SERVER = """
debezium.sink.type=kafka
debezium.sink.kafka.producer.bootstrap.servers=k:9092
debezium.source.connector.class=io.debezium.connector.postgresql.PostgresConnector
debezium.source.topic.prefix=tutorial
debezium.source.table.include.list=inventory.customers
debezium.transforms=unwrap
debezium.transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
quarkus.log.level=INFO
"""


def test_debezium_server_writes_what_its_source_names(tmp_path: Path) -> None:
    """Its file is always called the same, so its folder names it."""
    connector = the_one(saved(tmp_path, "inventory/application.properties", DEBEZIUM_SERVER))
    assert dict(connector.config) == {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "topic.prefix": "tutorial",
        "table.include.list": "inventory.customers",
        "transforms": "unwrap",
        "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
    }
    assert (connector.name, connector.kind) == ("inventory", "source")
    with pytest.raises(ConnectError, match=r"debezium\.sink\.type=kinesis, which writes no topic of Kafka"):
        saved(tmp_path, "k/application.properties", DEBEZIUM_SERVER.replace("=kafka", "=kinesis"))


def test_what_terraform_hides_is_a_reference(tmp_path: Path) -> None:
    """Sensitive settings, expressions, and what only apply will tell: nothing is derived from their absence."""
    address = "confluent_connector.pg"
    plan = {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {
                "resources": [
                    {
                        "address": address,
                        "type": "confluent_connector",
                        "values": {
                            "config_nonsensitive": {"name": "pg", "connector.class": "PostgresSink", "topics": "a"},
                            "config_sensitive": {"connection.password": "pw1"},
                            "status": "RUNNING",
                        },
                    }
                ]
            }
        },
        "resource_changes": [
            {"address": address, "change": {"after_unknown": {"id": True, "config_nonsensitive": {"db.name": True}}}}
        ],
    }
    connector = the_one(saved(tmp_path, "plan.json", plan))
    assert (connector.name, connector.state) == ("pg", "RUNNING")
    assert connector.config["db.name"] == "${terraform:db.name}"
    assert connector.config["connection.password"] == "${sensitive:connection.password}"
    syntax = {
        "resource": {
            "confluent_connector": {
                "pg": {
                    "config_nonsensitive": {
                        "name": "pg",
                        "connector.class": "PostgresSink",
                        "topics": "${var.topic}",
                        "x": "${file:/a:b}",
                    }
                }
            }
        }
    }
    config = the_one(saved(tmp_path, "main.tf.json", syntax)).config
    assert (config["topics"], config["x"]) == ("${terraform:expression}", "${file:/a:b}")


NOT_READ = {
    "main.tf": ('resource "confluent_connector" "pg" {\n config_nonsensitive = {}\n}', "Terraform's own language"),
    "register.sh": ('curl -d \'{"connector.class": "X"}\' http://c:8083', "a shell script is not read"),
    "create.sql": ("CREATE SINK CONNECTOR x WITH ('connector.class' = 'X');", "SQL statements"),
    "c.json.j2": ('{"connector.class": "{{ cls }}"}', "a template is not read"),
    "chart.yaml": ("kind: KafkaConnector\nmetadata:\n  name: {{ .Values.name }}-x: {{ y }}", "looks like a template"),
    "mine.yaml": ("apiVersion: example.com/v1\nkind: MyConnector\nspec: {}", "kind MyConnector (example.com)"),
    "map.yaml": (
        'apiVersion: v1\nkind: ConfigMap\ndata:\n  c.json: \'{"connector.class": "X",}\'',
        "c.json: malformed JSON",
    ),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_what_may_hold_connectors_and_is_not_read_is_said_with_its_kind(tmp_path: Path, name: str) -> None:
    """One line for the file; the rest is read, and nothing counts as gone meanwhile."""
    text, reason = NOT_READ[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    snapshot = saved(tmp_path, "good.json", {"name": "good", "config": {"connector.class": JDBC}})
    snapshot = read(open_saved(tmp_path)).whole()
    assert [connector.name for connector in snapshot.connectors] == ["good"]
    assert list(snapshot.unread_files) == [name]
    assert reason in snapshot.unread_files[name]
    assert snapshot.gone(["elsewhere"]) == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("main.tf", 'resource "aws_s3_bucket" "b" {}'),
        ("run.sh", "docker compose up"),
        ("worker.properties", "bootstrap.servers=k:9092\nplugin.path=/plugins"),
        ("values.yaml", "replicas: 3\nimage: {tag: x}"),
        ("schema.avsc.json", '{"type": "record", "name": "Order", "fields": []}'),
        ("state.json", '{"format_version": "1.0", "values": {"root_module": {}}}'),
        ("stack.json", '{"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}'),
        ("node_modules/x/package.json", "{"),
    ],
)
def test_what_holds_no_connector_is_no_failed_read(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    saved(tmp_path, "good.json", {"name": "good", "config": {"connector.class": JDBC}})
    assert not read(open_saved(tmp_path)).whole().not_read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1\nb:2\nc 3\nd\n", {"a": "1", "b": "2", "c": "3", "d": ""}),
        ("  a = x = y  \n", {"a": "x = y  "}),
        ("# a=1\n! b=2\n", {}),
        ("a\\=b=c\\u0041\\n", {"a=b": "cA\n"}),
        ("a=1,\\\n   2,\\\n   3\nb=\\\\\nc=4", {"a": "1,2,3", "b": "\\", "c": "4"}),
        ("a=1\r\n\r\nb=2\r\n", {"a": "1", "b": "2"}),
        ("a=1\x0b2\x1c3\x852\u20284\nb\xa0c=d\n", {"a": "1\x0b2\x1c3\x852\u20284", "b\xa0c": "d"}),
        ("a=1,\\\n\nb=\\\n#2\n\\\n#c=3", {"a": "1,", "b": "#2"}),
    ],
)
def test_properties_are_read_as_java_reads_them(text: str, expected: dict[str, str]) -> None:
    assert parse_properties(text) == expected


texts = st.text("ab=:#! \t\n\r\f\\\x0b\x85\xa0\u2028", max_size=6) | st.text(max_size=6)


@tries(60)
@given(st.dictionaries(texts.filter(bool), texts, max_size=4), st.sampled_from(["\n", "\r", "\r\n"]), st.data())
def test_properties_written_in_any_way_are_read_back(values: dict[str, str], end: str, data: st.DataObject) -> None:
    """Whatever stands in keys and values, wherever lines are continued, between comments and empty lines."""
    between = st.sampled_from(["", end, f"#{end}", f" ! a=b\\{end}", f" \t{end}"])
    pause = st.sampled_from(["", "", f"\\{end}", f"\\{end} \t\f"])

    def written(text: str, special: str) -> str:
        return "".join(data.draw(pause) + escaped(character, special) for character in text)

    lines = [
        data.draw(between)
        + written(key, "=:#! \t\f")
        + data.draw(st.sampled_from(["=", ":", " = ", "\t"]))
        + written(value, "=:#! \t\f")
        for key, value in values.items()
    ]
    assert parse_properties(end.join(lines)) == values


def escaped(character: str, special: str) -> str:
    """A character as ``java.util.Properties.store`` writes it, when it must be escaped."""
    names = {"\n": "\\n", "\r": "\\r", "\\": "\\\\"}
    return names.get(character, f"\\{character}" if character in special else character)
