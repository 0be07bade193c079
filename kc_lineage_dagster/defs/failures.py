"""How this project's own errors end a step, or a tick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import DagsterError, Failure

from kc_lineage_dagster.errors import KcLineageError


class TickFailed(DagsterError):  # noqa: N818 - named for what happened, as the other errors of this project
    """A tick that could not be evaluated. Dagster shows this error's own line, where it wraps those of others."""


@contextmanager
def clear_failure() -> Iterator[None]:
    """End a step with the one line of this project's own errors, without a stack that hides it."""
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
