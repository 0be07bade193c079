"""How many cases a test tries: few, the same in every run; all of them in `make slow`; ever new ones in `make fuzz`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

T = TypeVar("T")
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "quick")

# Profile -> how many of the examples that a property test wants, as a factor.
_FACTOR = {"quick": 0.1, "whole": 1, "fuzz": 100}[PROFILE]
_FEWEST = 5
_UNTIMED = [HealthCheck.too_slow]  # a busy machine is slow, whatever is drawn
# Prime to the 6, 7 and 13 odd values that follow each other at one place: each of them has its turn.
_ONE_IN = 29


@cache
def choose_examples() -> None:
    """Have Hypothesis try the same examples in every run, so that a change is judged by what it changed.

    ``make fuzz`` tries ever new ones.
    """
    untimed = settings(deadline=None, suppress_health_check=_UNTIMED)
    settings.register_profile("quick", untimed, derandomize=True, max_examples=10)
    settings.register_profile("whole", untimed, derandomize=True)
    settings.register_profile("fuzz", untimed, max_examples=2000, print_blob=True)
    settings.load_profile(PROFILE)


def tries(count: int, *, once: bool = False, quick: int | None = None) -> settings:
    """Settings for a property test that tries ``count`` examples in `make slow`, a tenth of them in `make test`.

    Args:
        count: The examples that `make slow` tries.
        once: The test's fixtures serve all of its examples, which do not disturb each other.
        quick: The examples that `make test` tries, where a tenth of all takes too long.
    """
    allowed = [*_UNTIMED, HealthCheck.function_scoped_fixture] if once else _UNTIMED
    found = max(_FEWEST, int(count * _FACTOR)) if quick is None or PROFILE != "quick" else quick
    return settings(max_examples=found, suppress_health_check=allowed)


class Share:
    """Some of the cases that a test works out one after the other; ``whole`` says whether these are all of them."""

    def __init__(self, whole: bool) -> None:
        self.whole = whole

    def of(self, cases: Iterable[T]) -> Iterator[T]:
        """Yield every case, or one in 29."""
        return (case for at, case in enumerate(cases) if self.whole or at % _ONE_IN == 0)


def some_of(cases: Iterable[T]) -> list[Any]:
    """Return the cases as parameters of a test: one in 29 is tried by `make test`, the others by `make slow`."""
    return [pytest.param(case, marks=[pytest.mark.slow] if at % _ONE_IN else []) for at, case in enumerate(cases)]


def first_of(cases: Iterable[T]) -> list[Any]:
    """Return the cases as parameters of a test: the first is tried by `make test`, the others by `make slow`.

    For whole runs, where every case takes the same way through the code.
    """
    return [pytest.param(case, marks=[pytest.mark.slow] if at else []) for at, case in enumerate(cases)]


def quick_if(cases: Iterable[T], quick: Collection[T]) -> list[Any]:
    """Return the cases as parameters of a test: `make test` tries those of ``quick``, `make slow` the others."""
    return [pytest.param(case, marks=[] if case in quick else [pytest.mark.slow]) for case in cases]


# For a test that takes `share`: one case in 29 is tried by `make test`, all of them by `make slow`.
by_share = pytest.mark.parametrize(
    "share", [pytest.param(Share(False), id="some"), pytest.param(Share(True), id="all", marks=pytest.mark.slow)]
)
