"""A job of one op that does nothing: the least time that ``dagster job execute`` takes."""

from dagster import Definitions, in_process_executor, job, op


@op
def nothing() -> None:
    """Do nothing."""


@job(executor_def=in_process_executor)
def empty() -> None:
    """Run the one op."""
    nothing()


defs = Definitions(jobs=[empty])
