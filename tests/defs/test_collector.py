"""The garbage collector looks seldom while a step works, and as often as before afterwards."""

from __future__ import annotations

import gc
from contextlib import suppress

import pytest

from kc_lineage_dagster.defs.collector import seldom


@pytest.mark.parametrize("before", [(700, 10, 10), (100_000, 5, 5), (0, 10, 10)])
def test_thresholds_come_back(before):
    """Whatever happens inside; a collector that somebody has slowed down, or switched off, is not woken."""
    usual = gc.get_threshold()
    gc.set_threshold(*before)
    try:
        with suppress(ValueError), seldom():
            inside = gc.get_threshold()
            raise ValueError
        assert inside[0] == (max(before[0], 50_000) if before[0] else 0)
        assert gc.get_threshold() == before
    finally:
        gc.set_threshold(*usual)
