"""The least that ``dagster job execute`` can do: one op that does nothing."""

from dagster import Definitions, in_process_executor, job, op


@op
def nothing() -> None:
    """Does nothing."""


@job(executor_def=in_process_executor)
def empty() -> None:
    """One op."""
    nothing()


defs = Definitions(jobs=[empty])
