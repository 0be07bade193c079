"""How many examples a property test tries: few, the same in every run; a hundred times as many in `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FUZZ = os.environ.get("HYPOTHESIS_PROFILE") == "fuzz"


def tries(count: int, *, once: bool = False) -> settings:
    """Settings that try ``count`` examples.

    ``once``: the test's fixtures serve all of its examples, which do not disturb each other.
    """
    allowed = [HealthCheck.function_scoped_fixture] if once else []
    return settings(max_examples=count * (100 if FUZZ else 1), suppress_health_check=allowed)
