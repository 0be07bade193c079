"""Soft deletion: what vanished goes, and never because something could not be read."""

from __future__ import annotations

import pytest

from kc_lineage_dagster.run import stale
from kc_lineage_dagster.run.stale import StalePlan, plan, removal_proposals


def flow(name):
    return f"urn:li:dataFlow:(kafka-connect,{name},PROD)"


def job(name, table):
    return f"urn:li:dataJob:({flow(name)},{table})"


def urns(name, *tables):
    return {flow(name), *(job(name, table) for table in tables)}


GONE = {"c": urns("c", "t")}  # of seven entities


def test_nothing_vanished_nothing_goes():
    """A run after which every entity is still wanted removes nothing."""
    assert plan({}, known=7) == StalePlan()


def test_a_connector_that_is_gone_goes_with_its_jobs():
    """A connector that is gone goes with its jobs, and its partition may be dropped."""
    found = plan(GONE, known=7, gone=["c"])
    assert set(found.remove) == urns("c", "t")
    assert found.gone_connectors == ("c",)
    assert found.refused is None
    assert found.keep_reasons == {}


def test_a_connector_of_which_nothing_is_left_can_be_dropped():
    """Its entities went in a run that ended before it could drop the partition."""
    assert plan({}, known=7, gone=["c"]).gone_connectors == ("c",)


def test_a_table_that_vanished_from_a_living_connector_goes():
    """The job of a vanished table goes; the flow and the other jobs stay."""
    found = plan({"a": [job("a", "t")]}, known=7)
    assert found.remove == (job("a", "t"),)
    assert found.gone_connectors == ()


def test_a_connector_that_could_not_be_read_keeps_everything():
    """After a 409, a 500, a time limit or a 404 during a rebalance everything of the connector stays."""
    found = plan(GONE, known=7, unread=["c"])
    assert found.remove == found.gone_connectors == ()
    assert found.keep_reasons == dict.fromkeys(urns("c", "t"), stale.UNREAD)


def test_the_jobs_of_a_connector_in_doubt_are_not_judged():
    """Paused, stopped, or without the topics that were there before."""
    found = plan({"a": [job("a", "t")]}, known=7, doubts={"a": "it is paused"})
    assert found.remove == ()
    assert found.keep_reasons == {job("a", "t"): "it is paused"}


def test_a_connector_whose_end_is_doubted_keeps_its_partition():
    """A connector whose end is doubted keeps its entities and its partition."""
    found = plan(GONE, known=7, gone=["c"], doubts={"c": "the worker still has it"})
    assert found.remove == found.gone_connectors == ()


@pytest.mark.parametrize(("left", "refused"), [(3, False), (2, False), (1, True), (0, True)])
def test_too_much_at_once_is_refused(left, refused):
    """More than 75 % by default is not removed at once; exactly that much may go."""
    gone = {str(at): urns(str(at)) for at in range(left, 8)}
    found = plan(gone, known=8, gone=gone)
    assert bool(found.refused) == refused
    assert len(found.remove) == (0 if refused else 8 - left)
    assert found.gone_connectors == () if refused else len(found.gone_connectors) == 8 - left
    if refused:
        assert "allow_removal" in found.refused
        assert "fail_safe_threshold (75 %)" in found.refused
        assert len(found.candidates) == 8 - left


ALL = {"a": urns("a", "t", "u"), "b": urns("b", "t"), "c": urns("c", "t")}


def test_allow_removal_releases_it_once():
    """`allow_removal` lets one refused removal go; a threshold of 100 refuses none."""
    assert len(plan(ALL, known=7, allow_removal=True).remove) == 7
    assert len(plan(ALL, known=7, fail_safe_threshold=100).remove) == 7
    assert plan(ALL, known=7, fail_safe_threshold=99.9).remove == ()


def test_a_refusal_holds_however_much_is_emitted_afterwards():
    """A changed env names everything anew: the second run holds old and new, and still refuses to remove the old."""
    first = plan(ALL, known=7)
    assert first.refused
    assert first.baseline == 7
    second = plan(ALL, known=40, baseline=first.baseline)
    assert second.refused
    third = plan(ALL, known=40, baseline=second.baseline, allow_removal=True)
    assert len(third.remove) == 7
    assert third.baseline is None


def test_a_refusal_ends_when_the_connectors_are_back():
    """When a broken listing is whole again, nothing is refused any more."""
    first = plan(ALL, known=7)
    found = plan(GONE, known=7, baseline=first.baseline)
    assert set(found.remove) == urns("c", "t")
    assert found.baseline is None


def test_what_was_released_needs_no_second_release():
    """A removal that DataHub did not acknowledge is tried again, however large."""
    everything = {urn for owned in ALL.values() for urn in owned}
    found = plan(ALL, known=7, pending=everything)
    assert set(found.remove) == everything
    partly = plan(ALL, known=7, pending=urns("c", "t"), fail_safe_threshold=50)
    assert set(partly.remove) == urns("c", "t")
    assert partly.refused


def test_a_urn_of_another_recipe_is_left_to_it():
    """Its receipts are forgotten here, so that the last of the recipes can remove it."""
    found = plan(GONE, known=7, gone=["c"], held_by_others={flow("c")})
    assert found.remove == (job("c", "t"),)
    assert found.dropped == (flow("c"),)
    assert found.keep_reasons == {flow("c"): stale.HELD}


def test_switched_off_it_reports_and_deletes_nothing():
    """stateful_ingestion.enabled or .remove_stale_metadata is false."""
    found = plan(GONE, known=7, gone=["c"], enabled=False)
    assert found.remove == ()
    assert set(found.candidates) == urns("c", "t")
    assert set(found.keep_reasons.values()) == {stale.DISABLED}
    assert found.gone_connectors == ("c",)


def test_only_flows_and_jobs_of_kafka_connect_are_ever_removed():
    """Whatever else a checkpoint names stays."""
    strangers = {"urn:li:dataset:(urn:li:dataPlatform:kafka,t,PROD)", "urn:li:dataFlow:(airflow,x,PROD)"}
    found = plan({None: strangers | urns("old")}, known=3, allow_removal=True)
    assert found.remove == (flow("old"),)
    assert found.gone_connectors == ()


def test_a_removal_is_a_soft_deletion():
    """A removal sets `removed` in `status` and nothing else."""
    assert [(p.entity_type, p.aspect_name, p.aspect) for p in removal_proposals([flow("a"), job("a", "t")])] == [
        ("dataFlow", "status", {"removed": True}),
        ("dataJob", "status", {"removed": True}),
    ]
