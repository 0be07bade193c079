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


BEFORE = {"a": urns("a", "t", "u"), "b": urns("b", "t"), "c": urns("c", "t")}


def test_nothing_vanished_nothing_goes():
    """The ordinary run."""
    assert plan(BEFORE, BEFORE, complete=True) == StalePlan()


def test_a_connector_that_is_gone_goes_with_its_jobs():
    """And its partition may be dropped."""
    found = plan(BEFORE, {name: BEFORE[name] for name in "ab"}, complete=True)
    assert set(found.remove) == urns("c", "t")
    assert found.gone_connectors == ("c",)
    assert found.refused is None
    assert found.keep_reasons == {}


def test_a_table_that_vanished_from_a_living_connector_goes():
    """The flow and the other jobs stay."""
    found = plan(BEFORE, {**BEFORE, "a": urns("a", "u")}, complete=True)
    assert found.remove == (job("a", "t"),)
    assert found.gone_connectors == ()


def test_nothing_goes_when_the_cluster_was_not_read_completely():
    """Not even what an earlier run decided: it may be back."""
    found = plan(BEFORE, {}, complete=False, pending=urns("c", "t"), allow_removal=True)
    assert found.remove == found.gone_connectors == ()
    assert set(found.keep_reasons.values()) == {stale.INCOMPLETE}


def test_a_connector_that_could_not_be_read_keeps_everything():
    """409, 500, timeout, 404 during a rebalance."""
    found = plan(BEFORE, {name: BEFORE[name] for name in "ab"}, complete=True, unread=["c"])
    assert found.remove == found.gone_connectors == ()
    assert found.keep_reasons == dict.fromkeys(urns("c", "t"), stale.UNREAD)


def test_the_jobs_of_a_connector_that_was_partly_read_are_not_judged():
    """Paused, stopped, or without the topics that were there before."""
    found = plan(BEFORE, {**BEFORE, "a": urns("a")}, complete=True, partly_read={"a": "it is paused"})
    assert found.remove == ()
    assert found.keep_reasons == dict.fromkeys(urns("a", "t", "u") - urns("a"), "it is paused")


def test_an_excluded_connector_goes_though_it_was_not_read():
    """connector_patterns: as in `datahub ingest`, what the recipe leaves out is removed."""
    found = plan(BEFORE, {name: BEFORE[name] for name in "ab"}, complete=True, unread=["c"], excluded=["c"])
    assert set(found.remove) == urns("c", "t")
    assert found.gone_connectors == ("c",)


@pytest.mark.parametrize(("left", "refused"), [(3, False), (2, False), (1, True), (0, True)])
def test_too_much_at_once_is_refused(left, refused):
    """More than 75 % by default; exactly that much may go."""
    before = {str(at): urns(str(at)) for at in range(8)}
    found = plan(before, {name: before[name] for name in list(before)[:left]}, complete=True)
    assert bool(found.refused) == refused
    assert len(found.remove) == (0 if refused else 8 - left)
    assert found.gone_connectors == () if refused else len(found.gone_connectors) == 8 - left
    if refused:
        assert "allow_removal" in found.refused
        assert "fail_safe_threshold (75 %)" in found.refused
        assert len(found.candidates) == 8 - left


def test_allow_removal_releases_it_once():
    """And a threshold of 100 always."""
    assert len(plan(BEFORE, {}, complete=True, allow_removal=True).remove) == 7
    assert len(plan(BEFORE, {}, complete=True, fail_safe_threshold=100).remove) == 7
    assert plan(BEFORE, {}, complete=True, fail_safe_threshold=99.9).remove == ()


def test_a_refusal_holds_however_much_is_emitted_afterwards():
    """A changed env names everything anew: the second run holds old and new, and still refuses to remove the old."""
    new = {f"new-{name}": urns(f"new-{name}") | {job(f"new-{name}", str(at)) for at in range(9)} for name in BEFORE}
    first = plan(BEFORE, new, complete=True)
    assert first.refused
    assert first.baseline == 7
    second = plan({**BEFORE, **new}, new, complete=True, baseline=first.baseline)
    assert second.refused
    third = plan({**BEFORE, **new}, new, complete=True, baseline=second.baseline, allow_removal=True)
    assert len(third.remove) == 7
    assert third.baseline is None


def test_a_refusal_ends_when_the_connectors_are_back():
    """A broken listing repaired."""
    first = plan(BEFORE, {}, complete=True)
    found = plan(BEFORE, {name: BEFORE[name] for name in "ab"}, complete=True, baseline=first.baseline)
    assert set(found.remove) == urns("c", "t")
    assert found.baseline is None


def test_what_was_released_needs_no_second_release():
    """A removal that DataHub did not acknowledge is tried again, however large."""
    everything = {urn for owned in BEFORE.values() for urn in owned}
    found = plan(BEFORE, {}, complete=True, pending=everything)
    assert set(found.remove) == everything
    partly = plan(BEFORE, {}, complete=True, pending=urns("c", "t"), fail_safe_threshold=50)
    assert set(partly.remove) == urns("c", "t")
    assert partly.refused


def test_a_pending_removal_is_dropped_when_the_entity_is_back():
    """It is told removed=false instead."""
    assert plan(BEFORE, BEFORE, complete=True, pending=urns("c", "t")).remove == ()


def test_a_urn_of_another_recipe_is_left_to_it():
    """Its receipts are forgotten here, so that the last of the recipes can remove it."""
    found = plan(BEFORE, {name: BEFORE[name] for name in "ab"}, complete=True, held_by_others={flow("c")})
    assert found.remove == (job("c", "t"),)
    assert found.dropped == (flow("c"),)
    assert found.keep_reasons == {flow("c"): stale.HELD}


def test_a_urn_that_another_connector_emits_now_stays():
    """Whoever made it first."""
    assert plan({"old": urns("x")}, {"new": urns("x")}, complete=True).remove == ()


def test_switched_off_it_reports_and_deletes_nothing():
    """stateful_ingestion.enabled or .remove_stale_metadata is false."""
    found = plan(BEFORE, {name: BEFORE[name] for name in "ab"}, complete=True, enabled=False)
    assert found.remove == ()
    assert set(found.candidates) == urns("c", "t")
    assert set(found.keep_reasons.values()) == {stale.DISABLED}
    assert found.gone_connectors == ("c",)


def test_only_flows_and_jobs_of_kafka_connect_are_ever_removed():
    """Whatever a checkpoint names."""
    strangers = {"urn:li:dataset:(urn:li:dataPlatform:kafka,t,PROD)", "urn:li:dataFlow:(airflow,x,PROD)"}
    found = plan({"": strangers | urns("old")}, {}, complete=True, allow_removal=True)
    assert found.remove == (flow("old"),)
    assert found.gone_connectors == ()


def test_a_removal_is_a_soft_deletion():
    """status.removed, nothing else."""
    assert [(p.entity_type, p.aspect_name, p.aspect) for p in removal_proposals([flow("a"), job("a", "t")])] == [
        ("dataFlow", "status", {"removed": True}),
        ("dataJob", "status", {"removed": True}),
    ]
