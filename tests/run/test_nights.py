"""Weeks of random nights: whatever fails at whatever request, nothing that is true goes, and the first calm run heals.

A night is a change of the cluster, perhaps damage (to DataHub or to the state), and a run in which any request to the
worker or to the GMS may fail in any way. Each seed is the same week every time.
"""

from __future__ import annotations

import copy
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kc_lineage_dagster.errors import KcLineageError
from kc_lineage_dagster.run.report import Report
from kc_lineage_dagster.run.report import Request as Asked
from kc_lineage_dagster.run.sync import Sync
from tests.connect.stand_in import Fault, body, html, null, reset, status, truncated, worker
from tests.emit.gms import HTML, Answer, Gms, Request, healthy
from tests.run.place import DEBEZIUM, Impatient, Served
from tests.tries import first_of

NIGHTS = 8
TABLES = ("items", "orders", "users", "x")
NAMES = tuple(f"c{number}" for number in range(6))

WORKER_FAULTS: tuple[Callable[[], Fault], ...] = (
    *(lambda code=code: status(code) for code in (401, 409, 500, 503)),
    *(html, null, truncated, reset),
    *(lambda raw=raw: body(raw) for raw in (b"{}", b"[]", b'{"error": "login"}', b'{"message": "x"}')),
    lambda: body(b"<html>default backend - 404</html>", None, "text/html", 404),
    lambda: body(b'{"message": "no Route matched with those values"}', None, "application/json", 404),
)
GMS_FAULTS = (
    *(Answer(code, '{"message": "x"}') for code in (401, 422, 500, 503)),
    *(Answer(reset=True), Answer(reset=True, stored=True), Answer(200, HTML, "text/html")),
    *(Answer(200, '{"errors": [1]}'), Answer(200, "")),
)


def flow(name: str) -> str:
    return f"urn:li:dataFlow:(kafka-connect,{name},PROD)"


@dataclass
class Week:
    """A cluster, its DataHub and its state, with everything that may happen to them."""

    served: Served
    random: random.Random
    monkeypatch: pytest.MonkeyPatch
    tables: dict[str, list[str]] = field(default_factory=lambda: {name: ["orders", "users"] for name in NAMES[:4]})
    backups: list[dict[Any, Any]] = field(default_factory=list)
    states: list[Path] = field(default_factory=list)
    worker_fails: float = 0.0
    gms_fails: float = 0.0
    gone_wrongly: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.served.options = {"connect": {"retries": 0}}
        self.served.further = {"stateful_ingestion": {"enabled": True, "fail_safe_threshold": 100}}
        if self.random.random() < 0.3:
            self.served.further["pipeline_name"] = "nightly"
        self.endpoint = self.random.choice(["restli", "openapi"])
        self.monkeypatch.setattr(self.served.stand_in, "next_fault", self.of_the_worker)
        self.monkeypatch.setattr(self.gms, "store", self.watched(self.gms.store))
        self.gms.fault = self.of_the_gms

    @property
    def gms(self) -> Gms:
        return self.served.gms

    @property
    def state(self) -> Path:
        return self.served.folder / "state"

    @property
    def true(self) -> set[str]:
        """The URNs of all that the cluster has."""
        jobs = {f"urn:li:dataJob:({flow(name)},shop.public.{one})" for name, of in self.tables.items() for one in of}
        return jobs | set(map(flow, self.tables))

    def of_the_worker(self, spot: Any) -> Fault | None:
        return self.random.choice(WORKER_FAULTS)() if self.random.random() < self.worker_fails else None

    def of_the_gms(self, request: Request) -> Answer | None:
        return self.random.choice(GMS_FAULTS) if self.random.random() < self.gms_fails else healthy(request)

    def watched(self, store: Callable[[Any], None]) -> Callable[[Any], None]:
        """Note every removal of something that is true."""

        def watching(proposals: Any) -> None:
            removed = {one["entityUrn"] for one in proposals if one["json"].get("removed") is True}
            self.gone_wrongly |= removed & self.true
            store(proposals)

        return watching

    def change(self) -> None:
        """Connectors are created, changed and deleted."""
        for _ in range(self.random.randint(0, 3)):
            name = self.random.choice(NAMES)
            if self.random.random() < 0.25:
                self.tables.pop(name, None)
            else:
                self.tables[name] = sorted(self.random.sample(TABLES, self.random.randint(1, 3)))
        prefixed = {name: ",".join(f"public.{table}" for table in of) for name, of in self.tables.items()}
        configs = {
            name: {**DEBEZIUM, "topic.prefix": name, "table.include.list": tables} for name, tables in prefixed.items()
        }
        active = {name: [f"{name}.public.{table}" for table in of] for name, of in self.tables.items()}
        self.served.serve(worker(configs, topics=active))

    def damage(self) -> None:
        """On every other night DataHub or the state is not what it was."""
        held = sorted({urn for urn, _ in self.gms.aspects} & self.true)
        what = self.random.choice([self.nothing, self.nothing, self.nothing, self.restore, self.forget, self.one_urn])
        if what == self.one_urn and held:
            self.one_urn(self.random.choice(held))
        elif what != self.one_urn:
            what()
        self.backups.append(copy.deepcopy(self.gms.aspects))
        if self.state.exists():
            copied = self.served.folder / f"backup-{len(self.backups)}"
            shutil.copytree(self.state, copied)
            self.states.append(copied)

    def nothing(self) -> None:
        pass

    def restore(self) -> None:
        """A backup of DataHub, or of the state, takes the place of what there was."""
        if self.random.random() < 0.5 and self.backups:
            self.gms.aspects.clear()
            self.gms.aspects.update(copy.deepcopy(self.random.choice(self.backups)))
        elif self.states:
            shutil.rmtree(self.state, ignore_errors=True)
            shutil.copytree(self.random.choice(self.states), self.state)

    def forget(self) -> None:
        """DataHub is new, or the state is lost."""
        if self.random.random() < 0.5:
            self.gms.wipe()
        else:
            shutil.rmtree(self.state, ignore_errors=True)

    def one_urn(self, urn: str) -> None:
        """One entity is deleted, soft-deleted or overwritten."""
        about = sorted(name for of, name in self.gms.aspects if of == urn and name != "status")
        what = self.random.choice(["hard", "soft", "over"])
        if what == "hard":
            for name in [*about, "status"]:
                self.gms.aspects.pop((urn, name), None)
        elif what == "soft":
            self.gms.aspects[urn, "status"] = {"removed": True}
        else:
            name = self.random.choice(about)
            self.gms.aspects[urn, name] = {**self.gms.aspects[urn, name], "name": "z", "outputDatasets": []}

    def run(self) -> Report | None:
        """A run as Dagster makes it: what cannot be listed is not derived. None: it ended with a line."""
        try:
            self.served.read()
            datahub = Impatient({"server": self.gms.url, "endpoint": self.endpoint})
            run = Sync(self.served.cluster(), datahub, Asked("night"))
            list(run)
        except KcLineageError:
            return None
        return run.report

    def night(self) -> None:
        self.change()
        self.damage()
        self.worker_fails, self.gms_fails = self.random.choice([0, 0.05, 0.3]), self.random.choice([0, 0.1, 0.4])
        self.run()


@pytest.fixture
def place(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    yield served
    assert served.gms.problems == []


@pytest.mark.parametrize("seed", first_of(range(30)))
def test_nothing_true_goes_and_calm_nights_heal(place, monkeypatch, seed):
    """After a week of faults one calm run makes DataHub hold what the cluster has, and the next has nothing to do."""
    week = Week(place, random.Random(seed), monkeypatch)
    for _ in range(NIGHTS):
        week.night()
        assert week.gone_wrongly == set()
    week.worker_fails = week.gms_fails = 0.0
    week.run()
    healed = copy.deepcopy(week.gms.aspects)
    assert week.gms.entities(removed=False) >= week.true
    assert {urn for urn in place.alive - week.true if "(kafka-connect," in urn} == set()
    again = week.run()
    assert again is not None
    assert (again.problem, again.counts.sent, again.removed) == (None, 0, ())
    assert week.gms.aspects == healed
    assert not [key for key, held in healed.items() if key[0] in week.true and held.get("name") == "z"]
