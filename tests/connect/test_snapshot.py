"""Snapshots: a document that says the same every time, and a digest that changes with what matters only."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from kc_lineage_dagster.connect.snapshot import Connector, Offset, Snapshot, TaskState

CRM = Connector(
    name="crm",
    kind="source",
    config={"b": "2", "a": "1"},
    state="RUNNING",
    tasks=(TaskState(0, "RUNNING"),),
    topics=("t",),
    offsets=(Offset({"table": "x"}, {"pos": 1}),),
    task_configs=({"tables": "x"},),
    notes=("n",),
)
CLUSTER = Snapshot("http://h", "3.9.1", "id", (CRM,), {"x": "no"}, frozenset({"A"}), {"A": frozenset({"p"})})


def test_a_snapshot_survives_its_document() -> None:
    assert Snapshot.from_json(json.loads(json.dumps(CLUSTER.to_json()))) == CLUSTER


def test_equal_snapshots_have_equal_documents_whatever_the_order() -> None:
    other = replace(CRM, name="abc")
    turned = replace(CRM, config={"a": "1", "b": "2"})
    one = replace(CLUSTER, connectors=(CRM, other)).to_json()
    two = replace(CLUSTER, connectors=(other, turned)).to_json()
    assert json.dumps(one) == json.dumps(two)
    assert list(one["connectors"][0]["config"]) == ["a", "b"]


@pytest.mark.parametrize(
    "change",
    [
        {"offsets": (Offset({"table": "x"}, {"pos": 2}),)},
        {"state": "FAILED", "trace": "at 10:00"},
    ],
)
def test_the_digest_does_not_see_numbers_of_offsets_or_words_of_traces(change: dict[str, Any]) -> None:
    base = replace(CRM, **{**change, **({"trace": "at 11:00"} if "trace" in change else {"offsets": CRM.offsets})})
    other = replace(CRM, **change)
    assert base != other
    assert base.digest == other.digest
    assert replace(CLUSTER, connectors=(base,)).digest == replace(CLUSTER, connectors=(other,)).digest


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"a": "1"}},
        {"state": "PAUSED"},
        {"kind": "sink"},
        {"topics": None},
        {"topics": ()},
        {"offsets": ()},
        {"offsets": (Offset({"table": "x"}, None),)},
        {"task_configs": ()},
        {"notes": ()},
        {"trace": "x"},
    ],
)
def test_the_digest_sees_everything_else(change: dict[str, Any]) -> None:
    other = replace(CRM, **change)
    assert other.digest != CRM.digest
    assert replace(CLUSTER, connectors=(other,)).digest != CLUSTER.digest


@pytest.mark.parametrize("document", [{}, {"format": 2}, {"format": 1}, {**CLUSTER.to_json(), "connectors": [{}]}])
def test_a_damaged_document_is_a_value_error(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="snapshot"):
        Snapshot.from_json(document)


def test_a_cluster_is_complete_when_nothing_is_unread() -> None:
    assert CLUSTER.not_read
    assert not replace(CLUSTER, unread={}).not_read


@pytest.mark.parametrize(("value", "expected"), [("a.B", "a.B"), (" a.B ", "a.B"), ("", None), (None, None)])
def test_the_class_is_none_when_it_is_missing_or_blank(value: str | None, expected: str | None) -> None:
    config = {} if value is None else {"connector.class": value}
    assert replace(CRM, config=config).connector_class == expected
