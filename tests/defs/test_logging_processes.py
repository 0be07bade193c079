"""Materializations are logged by forked processes, where there is one thread and a storage outside of the process.

Each test runs a step in a process of its own, because pytest's has threads.
"""

# no `from __future__ import annotations`: Dagster reads the type of a step's context

import gc
import logging
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import pytest
from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetSpec,
    DagsterInstance,
    DagsterRunStatus,
    ExecuteInProcessResult,
    MetadataValue,
    materialize,
    multi_asset,
)

from kc_lineage_dagster.connect.client import ConnectClient
from kc_lineage_dagster.connect.settings import ConnectSettings
from kc_lineage_dagster.defs.beside import logged_beside
from kc_lineage_dagster.defs.logging_processes import may_fork
from tests.connect.stand_in import ConnectStandIn, worker
from tests.forked import context as own_process
from tests.waiting import wait

KEY = AssetKey("lineage")
MANY = [f"c{at:04d}" for at in range(150)]
PATIENCE = 900  # seconds for a process to get somewhere
LOGGED = 3  # materializations that the loggers have logged before they stand still


def made(number: int):
    for name in MANY[:number]:
        metadata = {
            "edges": 3,
            "page": MetadataValue.path("/p"),
            "table": MetadataValue.md("| a |\n| - |"),
            "none": None,
        }
        yield AssetMaterialization(KEY, partition=name, metadata=metadata, tags={"kind": "test"})


def fails_after(number: int):
    yield from made(number)
    raise ValueError("the run ended here")


def not_all_are_materializations(number: int):
    yield from made(number)
    yield "no materialization"
    yield from made(number)


def kills_the_logger(number: int):
    yield from made(number)
    os.kill(loggers(os.getpid())[0], signal.SIGKILL)
    yield from made(number)


def waits_after(number: int):
    yield from made(number)
    Path(os.environ["DAGSTER_HOME"], "waits").touch()
    time.sleep(PATIENCE)


def stops_its_loggers(number: int):
    """Stop whoever logs when a few are logged: there is something left however fast they are."""
    yield from made(LOGGED)
    wait(lambda: len(stored()) == LOGGED, "a few are logged", PATIENCE)
    for logger in loggers(os.getpid()):
        os.kill(logger, signal.SIGSTOP)
    yield from islice(made(number), LOGGED, None)
    Path(os.environ["DAGSTER_HOME"], "waits").touch()
    time.sleep(PATIENCE)


def loggers(pid: int) -> list[int]:
    """The processes that a process has forked. Dagster starts programs as well, to capture what a step prints."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(one) for one in children if command(int(one)) == command(pid)]


def command(pid: int) -> str:
    """The command of a process; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def sleeps(pid: int) -> bool:
    """Whether a process waits for something (``man 5 proc``: field 3 of ``stat``)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def wait_for(until, what: str, home: Path, process) -> None:
    """Wait for what a process does, with the end of its log for the error."""
    log = home / "run.log"
    wait(until, what, PATIENCE, lambda: log.exists() and log.read_text()[-2000:], lambda: not process.is_alive())


def run(home: str, materializations, number: int) -> None:
    """A step that logs materializations beside itself; its process ends with 1 when the run has failed."""
    os.environ["DAGSTER_HOME"] = home
    logging.basicConfig(filename=Path(home, "run.log"))

    @multi_asset(specs=[AssetSpec(KEY, skippable=True), AssetSpec("other", skippable=True)], can_subset=True)
    def step(context: AssetExecutionContext):
        assert may_fork(context.instance)
        yield from logged_beside(context, materializations(number))

    with DagsterInstance.get() as instance:
        result: ExecuteInProcessResult = materialize([step], instance=instance, raise_on_error=False)
    raise SystemExit(not result.success)


def reads_a_cluster(home: str, uri: str) -> None:
    """Read a cluster over HTTP as a run does; the process ends with 1 when it may not fork after that."""
    os.environ["DAGSTER_HOME"] = home
    with ConnectClient(ConnectSettings(uri)) as client, ThreadPoolExecutor() as threads:
        assert threads.submit(client.get, "/connectors").result()
    with DagsterInstance.get() as instance:
        raise SystemExit(not may_fork(instance))


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def started(home, materializations, number: int):
    process = own_process().Process(target=run, args=(str(home), materializations, number))
    process.start()
    return process


def code(home, materializations, number: int) -> int:
    process = started(home, materializations, number)
    process.join()
    return process.exitcode


def stored() -> list[str]:
    """The partitions of the materializations that Dagster's storage holds."""
    with DagsterInstance.get() as instance:
        records = instance.fetch_materializations(KEY, limit=1_000).records
    return sorted(str(one.partition_key) for one in records)


def why() -> str:
    """What the run's log says of the failure of its step."""
    with DagsterInstance.get() as instance:
        (one,) = instance.get_runs()
        assert one.status == DagsterRunStatus.FAILURE
        events = [entry.dagster_event for entry in instance.all_logs(one.run_id)]
    return next(event.step_failure_data.error.to_string() for event in events if event and event.is_step_failure)


@pytest.mark.parametrize(
    "number", [pytest.param(0, marks=pytest.mark.slow), 30, pytest.param(150, marks=pytest.mark.slow)]
)
def test_each_is_logged_once(home, number):
    """Dagster's storage holds them when the step is over."""
    assert code(home, made, number) == 0
    assert stored() == MANY[:number]


def test_what_was_made_before_an_error_is_logged(home):
    """The step fails with the error; what connectors became before it is seen all the same."""
    assert code(home, fails_after, 20) == 1
    assert "the run ended here" in why()
    assert stored() == MANY[:20]


def test_a_cluster_that_was_read_leaves_no_thread(home):
    """The thread that watches the time of requests goes at once, so that the run after the reading may fork."""
    with ConnectStandIn(worker({"crm": {"connector.class": "x"}})) as server:
        process = own_process().Process(target=reads_a_cluster, args=(str(home), server.uri))
        process.start()
        process.join()
    assert process.exitcode == 0


@pytest.mark.slow
def test_an_event_that_cannot_be_logged_fails_the_step(home):
    """What happens in another process is told in a line, and fails the run that goes on beside it."""
    assert code(home, not_all_are_materializations, 3) == 1
    assert "Dagster's storage did not take an event" in why()
    assert set(stored()) == set(MANY[:3])


@pytest.mark.slow
def test_a_logger_that_is_killed_fails_the_step(home):
    """Events that it had not logged yet are lost, so the run must not end well."""
    assert code(home, kills_the_logger, 3) == 1
    assert "was ended from outside (-9)" in why()


@pytest.mark.slow
def test_a_killed_run_leaves_no_process(home):
    """The process that logs sees that nobody waits for it any more."""
    process = started(home, waits_after, 5)
    wait_for((home / "waits").exists, "the step has made its materializations", home, process)
    left = loggers(process.pid)
    assert left
    process.kill()
    process.join()
    wait(lambda: not any(Path(f"/proc/{logger}").exists() for logger in left), "the loggers end", PATIENCE)


@pytest.mark.slow
def test_a_run_that_is_told_to_end_logs_what_it_made(home):
    """Also when the signal reaches all processes, as a terminal's and a container's do."""
    process = started(home, waits_after, 40)
    wait_for((home / "waits").exists, "the step has made its materializations", home, process)
    for logger in loggers(process.pid):
        os.kill(logger, signal.SIGTERM)
    os.kill(process.pid, signal.SIGTERM)
    process.join()
    assert process.exitcode != 0
    assert stored() == MANY[:40]


def tells_what_is_frozen(number: int):
    yield from made(number)
    Path(os.environ["DAGSTER_HOME"], "frozen").write_text(str(gc.get_freeze_count()))


def logs_after_a_freeze(home: str, own: bool) -> None:
    """Log as a process that has frozen something itself, or nothing; end with 1 when that is another way afterwards."""
    if own:
        gc.freeze()
    try:
        run(home, tells_what_is_frozen, 1)
    except SystemExit as ended:
        raise SystemExit(ended.code or (gc.get_freeze_count() > 0) != own) from None


@pytest.mark.parametrize("own", [False, True])
def test_what_a_process_has_frozen_stays_frozen(home, own):
    """What loggers share is kept from the garbage collector, without undoing a freeze of the user's own."""
    process = own_process().Process(target=logs_after_a_freeze, args=(str(home), own))
    process.start()
    process.join()
    assert process.exitcode == 0
    assert int((home / "frozen").read_text()) > 0


@pytest.fixture
def interrupted(home):
    """A run that was interrupted twice while its loggers stand still, and these loggers."""
    process = started(home, stops_its_loggers, 20)
    wait_for((home / "waits").exists, "the step has made its materializations", home, process)
    left = loggers(process.pid)
    for says in ("still to be logged, then the run ends\n", "interrupt once more"):
        wait_for(lambda: sleeps(process.pid), "the run waits for something", home, process)
        os.kill(process.pid, signal.SIGINT)
        wait_for(lambda says=says: says in (home / "run.log").read_text(), f"the log says: {says}", home, process)
    yield process, left
    process.kill()
    for logger in left:
        if Path(f"/proc/{logger}").exists():
            os.kill(logger, signal.SIGKILL)


@pytest.mark.slow
def test_a_second_interruption_loses_nothing(home, interrupted):
    """The run goes on waiting for its loggers, and says how much is left."""
    process, left = interrupted
    for logger in left:
        os.kill(logger, signal.SIGCONT)
    process.join()
    assert process.exitcode != 0
    assert stored() == MANY[:20]
    assert not any(Path(f"/proc/{logger}").exists() for logger in left)


@pytest.mark.slow
def test_a_third_interruption_says_what_it_loses_and_leaves_no_process(home, interrupted):
    """Whoever does not want to wait learns how many materializations Dagster lacks."""
    process, left = interrupted
    os.kill(process.pid, signal.SIGINT)
    process.join()
    assert process.exitcode != 0
    said = re.search(r"up to (\d+) materializations were not logged", (home / "run.log").read_text())
    lost = 20 - len(stored())
    assert said is not None
    assert lost <= int(said[1]) <= lost + len(left), "each process may have stored the one that it was about to count"
    assert not any(Path(f"/proc/{logger}").exists() for logger in left)
