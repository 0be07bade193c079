"""Progress in a run's log says what is true."""

from __future__ import annotations

import logging

from kc_lineage_dagster.defs.progress import progress_log


def test_speed_is_that_of_the_last_seconds(caplog):
    """Connectors that waited long at the beginning do not spoil the forecast of those that follow."""
    times = iter([0.0, 100.0, 105.0, 110.0, 120.0])
    with caplog.at_level(logging.INFO):
        report = progress_log(logging.getLogger("test"), "read", lambda: next(times))
        for done in (10, 200, 1_010, 2_010):
            report(done, 2_010)
    assert [record.message for record in caplog.records] == [
        "read: 10 of 2010 connectors, 0.1 a second, about 20000 s left",
        "read: 1010 of 2010 connectors, 100 a second, about 10 s left",
        "read: 2010 of 2010 connectors, 100 a second",
    ]
