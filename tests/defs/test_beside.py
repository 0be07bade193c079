"""Materializations are logged beside the run: all of them, in their order, whatever happens."""

# no `from __future__ import annotations`: Dagster reads the type of a step's context

import pytest
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetSpec,
    DagsterInstance,
    StaticPartitionsDefinition,
    materialize,
    multi_asset,
)

from kc_lineage_dagster.defs.beside import logged_beside
from tests.tries import first_of

KEY = AssetKey("lineage")
MANY = [f"c{at:04d}" for at in range(450)]


def executed(instance: DagsterInstance, partitions: list[str], then: Exception | None = None):
    """Run a step that logs a materialization of each partition beside itself, and raises ``then`` after them."""

    @multi_asset(specs=[AssetSpec(KEY, skippable=True), AssetSpec("other", skippable=True)], can_subset=True)
    def step(context: AssetExecutionContext):
        def made():
            for name in partitions:
                yield AssetMaterialization(KEY, partition=name)
            if then is not None:
                raise then

        yield from logged_beside(context, made())

    return materialize([step], instance=instance, raise_on_error=False)


def stored(instance: DagsterInstance) -> list[str | None]:
    """The partitions of the materializations that the instance holds, in the order in which it was told."""
    return [one.partition_key for one in instance.fetch_materializations(KEY, limit=1_000, ascending=True).records]


@pytest.mark.parametrize("number", first_of([2, 0, 1, 201, 202, 450]))
def test_each_is_logged_once_in_order(number):
    """In Dagster's storage, and in the result of a run in this process."""
    with DagsterInstance.ephemeral() as instance:
        result = executed(instance, MANY[:number])
        assert result.success
        assert stored(instance) == MANY[:number]
        assert [one.partition for one in result.get_asset_materialization_events()] == MANY[:number]


def test_what_was_made_before_an_error_is_logged():
    """The step fails with the error; what connectors became before it is seen all the same."""
    with DagsterInstance.ephemeral() as instance:
        assert not executed(instance, MANY[:25], ValueError("the run ended here")).success
        assert stored(instance) == MANY[:25]


def test_an_event_that_cannot_be_logged_fails_the_step():
    """An exception of the thread that logs reaches the step."""
    with DagsterInstance.ephemeral() as instance:
        strange = [*MANY[:3], "no materialization"]

        @multi_asset(specs=[AssetSpec(KEY, partitions_def=StaticPartitionsDefinition(MANY), skippable=True)])
        def step(context: AssetExecutionContext):
            made = (one if one in strange[3:] else AssetMaterialization(KEY, partition=one) for one in strange)
            yield from logged_beside(context, made)

        assert not materialize([step], instance=instance, raise_on_error=False, partition_key=MANY[0]).success
        assert stored(instance) == MANY[:3]
