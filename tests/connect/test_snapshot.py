"""What a snapshot tells of itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kc_lineage_dagster.connect.snapshot import Connector, Note, Offset, Snapshot, TaskState

CRM = Connector(
    name="crm",
    kind="source",
    config={"b": "2", "a": "1"},
    state="RUNNING",
    tasks=(TaskState(0, "RUNNING"),),
    topics=("t",),
    offsets=(Offset({"table": "x"}, {"pos": 1}),),
    task_configs=({"tables": "x"},),
    notes=(Note("topics", "n"),),
)
CLUSTER = Snapshot("http://h", "3.9.1", "id", (CRM,), {"x": "no"}, frozenset({"A"}), {"A": frozenset({"p"})})


def test_a_cluster_is_complete_when_nothing_is_unread() -> None:
    assert CLUSTER.not_read
    assert not replace(CLUSTER, unread={}).not_read


@pytest.mark.parametrize(("value", "expected"), [("a.B", "a.B"), (" a.B ", "a.B"), ("", None), (None, None)])
def test_the_class_is_none_when_it_is_missing_or_blank(value: str | None, expected: str | None) -> None:
    config = {} if value is None else {"connector.class": value}
    assert replace(CRM, config=config).connector_class == expected
