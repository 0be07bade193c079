"""End a step or a tick with the one line of this project's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterError, Failure

from kc_lineage_dagster.errors import KcLineageError


class TickFailed(DagsterError):  # noqa: N818 - named for what happened, as the other errors of this project
    """A tick that could not be evaluated.

    It is a DagsterError because Dagster shows the line of such an error as it stands, and wraps other errors.
    """


@contextmanager
def clear_failure() -> Iterator[None]:
    """End a step with the one line of this project's own errors, without the stack that would hide the line."""
    try:
        yield
    except KcLineageError as error:
        raise Failure(str(error), allow_retries=False) from None


@contextmanager
def clear_tick() -> Iterator[None]:
    """End a tick of a sensor or schedule with the one line of this project's own errors."""
    try:
        yield
    except KcLineageError as error:
        raise TickFailed(str(error)) from None
