"""Reading what a program writes does not stumble over files that come and go."""

from __future__ import annotations

import threading

from tests.written import contents


def test_a_file_that_vanishes_is_read_where_its_rows_went(tmp_path):
    """While files are made and removed as fast as can be, every reading is whole and holds what stays."""
    (tmp_path / "stays").write_bytes(b"kept")
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            (tmp_path / "run.db-wal").write_bytes(b"rows")
            (tmp_path / "run.db-wal").unlink()

    writer = threading.Thread(target=churn)
    writer.start()
    try:
        for _ in range(300):
            assert contents(tmp_path)[tmp_path / "stays"] == b"kept"
    finally:
        stop.set()
        writer.join()
