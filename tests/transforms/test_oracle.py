"""What the chain says agrees with what the real transform classes did (``tests/data/smt_oracle.json``).

The classes of Kafka and Debezium ran each configuration on records of one kind. The chain knows no record content, so
for topics that depend on it the answer must fit the pattern; everything else must be equal.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Record, Struct, field_edges
from kc_lineage_dagster.derive.transforms.chain import build_chain
from kc_lineage_dagster.derive.transforms.steps import Chain, Outcome, backwards, run
from kc_lineage_dagster.lineage import Dataset

CASES = json.loads((Path(__file__).parents[1] / "data/smt_oracle.json").read_text(encoding="utf-8"))
BY_CONTENT = ("TimestampRouter", "EventRouter", "ContentBasedRouter", "io.debezium.transforms.Filter")


def columns(*names: str, below: str = "") -> Struct:
    return Struct(tuple((name, Leaf((below + name,))) for name in names))


def made(*names: str) -> Struct:
    return Struct(tuple((name, Leaf()) for name in names))


def change_event(row: Struct) -> Struct:
    source = made("version", "connector", "name", "ts_ms", "snapshot", "db", "schema", "table", "lsn")
    transaction = made("id", "total_order", "data_collection_order")
    times = made("op", "ts_ms", "ts_us", "ts_ns").fields
    return Struct((("before", row), ("after", row), ("source", source), *times, ("transaction", transaction)))


ROW = columns("id", "name", "amount", "region")
OUTBOX = ("id", "aggregatetype", "aggregateid", "type", "payload", "tenant")


def first_value(record: dict) -> Node:
    kind, renamed = record["kind"], record.get("rename", {})
    nested = Struct((("id", Leaf(("id",))), ("data", columns("id", "name", "amount", "region", below="data."))))
    values = {
        "flat": ROW,
        "schemaless": ROW,
        "nested": nested,
        "string": Leaf(("line",)),
        "outbox": change_event(columns(*(renamed.get(name, name) for name in OUTBOX))),
    }
    return values[kind] if kind in values else change_event(ROW)


def judge(case: dict, real: dict) -> str:
    """How the chain's answer stands to the real one; an assertion fails when it is wrong."""
    chain, problems = build_chain(case["config"], "source")
    if problems:
        assert "error" in real
        assert all("transform" in problem.what and problem.reason for problem in problems)
        return "refused by name"
    start = Record(Dataset("postgres", "t"), real["in"], columns("id"), first_value(case["record"]))
    outcomes = run(chain, start)
    if case["record"]["kind"] == "debezium-tombstone":
        return "a tombstone, which carries no data"
    if "error" in real:
        assert all(certain(one) in (None, real["in"]) for one in outcomes)
        return "fails" if outcomes else "agrees"
    if real["topic"] is None:
        assert all(one.record.doubts for one in outcomes)
        return "undecided" if outcomes else "agrees"
    reached = [one for one in (arrives(chain, outcome, real["topic"]) for outcome in outcomes) if one]
    assert reached
    assert len(outcomes) == 1 or all(outcome.record.doubts for outcome in outcomes)
    if not real.get("value_null"):
        same_fields(reached[0], real)
    if certain(outcomes[0]) is not None:
        return "agrees"
    assert any(name in str(case["config"]) for name in BY_CONTENT)
    return "fits the pattern"


def certain(outcome: Outcome) -> str | None:
    return outcome.record.topic if isinstance(outcome.record.topic, str) and not outcome.record.doubts else None


def arrives(chain: Chain, outcome: Outcome, topic: str) -> Record | None:
    """The record at the real topic, if the outcome leads there; a pattern is filled in backwards from that."""
    record = outcome.record
    if isinstance(record.topic, str):
        return record if record.topic == topic and outcome.at == len(chain) else None
    for name in backwards(chain, topic)[outcome.at].exact:
        if record.topic.fits(name):
            ends = run(chain, record.to(name), outcome.at) if outcome.at < len(chain) else (outcome,)
            return ends[0].record
    return None


def same_fields(record: Record, real: dict) -> None:
    names = real["value_fields"]
    if "value" in real:
        assert not isinstance(record.value, Struct)
    else:
        assert isinstance(record.value, Struct)
        nested = {name for name in names if any(name.startswith(f"{other}.") for other in names)}
        surely = {name for name, node in record.value.fields if not isinstance(node, Opaque)}
        listed = {name for name, _ in record.value.fields}
        assert surely <= set(names) - nested <= listed
        assert nested <= paths(record.value, "")
    if isinstance(record.key, Struct):
        assert [name for name, _ in record.key.fields] == real["key_fields"]
    else:
        assert not real["key_fields"]


def paths(node: Struct, prefix: str) -> set[str]:
    found = {prefix + name for name, _ in node.fields}
    return found.union(*(paths(n, f"{prefix}{name}.") for name, n in node.fields if isinstance(n, Struct)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_agrees_with_the_real_classes(case: dict):
    if "config_error" in case:
        _, problems = build_chain(case["config"], "source")
        assert problems
    for real in case["results"]:
        judge(case, real)


def test_counts():
    """Every answer of the oracle is agreed with, or its transform is refused by name; ``judge`` fails on others."""
    verdicts = Counter(judge(case, real) for case in CASES for real in case["results"])
    refused = sum("config_error" in case for case in CASES)
    print(f"{len(CASES)} cases: {dict(verdicts)}, {refused} configurations refused")
    assert verdicts["agrees"] + verdicts["fits the pattern"] >= 0.9 * verdicts.total()


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (43, ["id -> id", "name -> n2"]),
        (52, ["(made) -> name by MaskField", "amount -> amount", "id -> id", "region -> region"]),
        (58, ["id -> pk", "data.amount -> data.amount", "data.id -> data.id", "data.name -> data.name"]),
        (66, ["data.amount -> amount", "data.id -> id", "data.name -> name", "data.region -> region"]),
        (104, ["(made) -> __op", "(made) -> __source_ts_ms", "(made) -> __table", "id -> id"]),
        (143, ["payload -> payload", "type -> kind"]),
    ],
)
def test_fields_keep_their_origin(case: int, expected: list[str]):
    """A field that arrives under another name, or at another depth, is made of the column it was."""
    config, record = next((one["config"], one["record"]) for one in CASES if one["id"] == case)
    chain, _ = build_chain(config, "source")
    value = first_value(record)
    [end] = run(chain, Record(Dataset("postgres", "t"), "t", value=value))
    assert set(expected) <= {str(edge) for edge in field_edges(end.record.value)}
