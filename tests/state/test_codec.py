"""The digest by which the state tells whether a connector is as it was: it changes with what matters only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kc_lineage_dagster.connect.snapshot import Connector, Note, Offset, TaskState
from kc_lineage_dagster.state.codec import lasting_digest

CRM = Connector(
    name="crm",
    kind="source",
    config={"b": "2", "a": "1"},
    state="FAILED",
    trace="java.lang.Error\n at 10:00",
    tasks=(TaskState(0, "FAILED", "java.lang.Error\n at 10:00"),),
    topics=("t",),
    offsets=(Offset({"table": "x"}, {"pos": 1}),),
    task_configs=({"tables": "x"},),
    notes=(Note("topics", "n"),),
)


@pytest.mark.parametrize(
    "change",
    [
        {"offsets": (Offset({"table": "x"}, {"pos": 2}),)},
        {"trace": "java.lang.Error\n at 11:00"},
        {"tasks": (TaskState(0, "FAILED", "java.lang.Error\n at 11:00"),)},
    ],
)
def test_the_digest_does_not_see_how_far_offsets_are_or_the_stack_of_a_failure(change: dict[str, Any]) -> None:
    """Both change while nothing happens to the connector."""
    assert replace(CRM, **change) != CRM
    assert lasting_digest(replace(CRM, **change)) == lasting_digest(CRM)


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"a": "1"}},
        {"state": "PAUSED"},
        {"kind": "sink"},
        {"topics": None},
        {"topics": ()},
        {"offsets": ()},
        {"offsets": (Offset({"table": "x"}, {"pos": 0}),)},
        {"offsets": (Offset({"table": "x"}, None),)},
        {"task_configs": ()},
        {"notes": ()},
        {"trace": "java.lang.OutOfMemoryError"},
        {"tasks": ()},
    ],
)
def test_the_digest_sees_everything_else(change: dict[str, Any]) -> None:
    """A changed connector is stored again, whether its reading or the evidence of earlier ones has changed."""
    assert lasting_digest(replace(CRM, **change)) != lasting_digest(CRM)
    assert lasting_digest(CRM, replace(CRM, **change)) != lasting_digest(CRM, CRM)
