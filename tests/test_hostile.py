"""Whole runs over a hostile cluster: connectors that are well-behaved lose nothing, and whatever is wrong is named."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from dagster import DagsterInstance

from kc_lineage_dagster import build_definitions
from kc_lineage_dagster.connect.answers import EXPANDED
from kc_lineage_dagster.connect.snapshot import Snapshot
from kc_lineage_dagster.defs.partitions import decode_partition
from kc_lineage_dagster.state.cluster_state import ClusterState
from kc_lineage_dagster.state.opening import state_of
from tests import hostile
from tests.connect.stand_in import ConnectStandIn, body
from tests.defs.clusters import execute
from tests.emit.gms import Gms
from tests.emit.gms_rules import urn_problem
from tests.hostile import GOOD_EDGES, NAMES, TWICE
from tests.page.test_page import Page

pytestmark = pytest.mark.slow


@dataclass
class Outcome:
    """What a run left: ``proposals`` in DataHub's own form, Dagster's ``metadata`` of all its events."""

    folder: Path
    result: Any
    proposals: list[dict[str, Any]]
    partitions: list[str]

    @property
    def state(self) -> ClusterState:
        return state_of("shop", self.folder, {"KC_LINEAGE_STATE": str(self.folder / "state")})

    @property
    def snapshot(self) -> Snapshot:
        found = self.state.head()
        assert found is not None
        return replace(found, connectors=tuple(self.state.readable()))

    @property
    def edges(self) -> set[tuple[str, str]]:
        """Pairs of ``platform,name``; ``-`` where there is nothing upstream."""
        return {
            (short(upstream), short(downstream))
            for one in self.proposals
            if one["aspectName"] == "dataJobInputOutput"
            for upstream in one["aspect"]["json"]["inputDatasets"] or ["-"]
            for downstream in one["aspect"]["json"]["outputDatasets"] or ["-"]
        }

    @property
    def metadata(self) -> Iterator[tuple[str, Any]]:
        for event in self.result.all_events:
            data = event.event_specific_data
            held = getattr(data, "materialization", data)
            yield from (getattr(held, "metadata", None) or {}).items()
            if getattr(held, "description", None):
                yield "description", held.description


def short(urn: str) -> str:
    return urn.removeprefix("urn:li:dataset:(urn:li:dataPlatform:").removesuffix(",PROD)")


def recipe(folder: Path, uri: str, sink: dict[str, Any]) -> Path:
    connect = {"retries": 1}
    path = folder / "shop.yml"
    source = {"type": "kafka-connect", "config": {"connect_uri": uri}}
    path.write_text(yaml.safe_dump({"source": source, "sink": sink, "options": {"connect": connect}}))
    return path


def run(folder: Path, uri: str, sink: dict[str, Any], proposals: Any) -> Outcome:
    """A sync with the state below ``state``, from a working directory of its own."""
    definitions = build_definitions(recipe(folder, uri, sink))
    with DagsterInstance.local_temp(str(folder / "dagster")) as instance:
        result = execute(definitions, instance)
        return Outcome(folder, result, proposals(), list(instance.get_dynamic_partitions("shop_connectors")))


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """Over sockets, into a GMS that takes nothing that is not valid."""
    folder = tmp_path_factory.mktemp("live")
    answers = hostile.answers(heavy=False)
    with pytest.MonkeyPatch.context() as patch, ConnectStandIn(answers) as connect, Gms() as gms:
        place(folder, patch)
        connect.fault(EXPANDED, body(hostile.twice(json.dumps(answers[EXPANDED])).encode()))
        yield run(folder, connect.uri, {"type": "datahub-rest", "config": {"server": gms.url}}, lambda: held(gms))
        assert gms.problems == []


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """The same answer from a file, into a file."""
    folder = tmp_path_factory.mktemp("saved")
    (folder / "cluster.json").write_text(hostile.twice(json.dumps(hostile.answers()[EXPANDED])))
    with pytest.MonkeyPatch.context() as patch:
        place(folder, patch)
        sink = {"type": "file", "config": {"filename": "out.json"}}
        yield run(folder, "cluster.json", sink, lambda: json.loads((folder / "out.json").read_text()))


def place(folder: Path, patch: pytest.MonkeyPatch) -> None:
    for name in ("cwd", "home", "dagster"):
        (folder / name).mkdir()
    patch.chdir(folder / "cwd")
    patch.setenv("HOME", str(folder / "home"))
    patch.setenv("KC_LINEAGE_STATE", str(folder / "state"))


def held(gms: Gms) -> list[dict[str, Any]]:
    return [
        {"entityUrn": urn, "aspectName": name, "aspect": {"json": aspect}}
        for (urn, name), aspect in gms.aspects.items()
        if urn.startswith("urn:li:data")
    ]


@pytest.fixture(params=["live", "saved"])
def outcome(request: pytest.FixtureRequest) -> Outcome:
    found: Outcome = request.getfixturevalue(request.param)
    return found


def test_the_run_succeeds(outcome: Outcome) -> None:
    """Nothing that a cluster says fails a run."""
    assert outcome.result.success


def test_good_connectors_are_complete(outcome: Outcome) -> None:
    """Connectors beside the hostile ones have all their edges, and those with hostile names theirs."""
    assert outcome.edges >= GOOD_EDGES
    named = {("postgres,shop.public.users", f"kafka,n{number}.public.users") for number in range(len(NAMES))}
    assert named - outcome.edges == set()


UNREAD_SHAPES = {
    *("shape null", "shape list", "shape text", "shape number", "shape nested", "shape nested list"),
    *("odd entry", "odd entry list", "odd entry text", "odd info", TWICE, "lone ? surrogate"),
}


def test_what_cannot_be_read_is_listed_with_a_reason(outcome: Outcome) -> None:
    """A connector that is no connector is not read, in one line that says why; all others are."""
    unread = outcome.snapshot.unread
    assert set(unread) == UNREAD_SHAPES
    assert all(0 < len(reason) <= 300 and "\n" not in reason for reason in unread.values())


def test_no_connector_is_without_edges_and_without_a_reason(outcome: Outcome) -> None:
    """Whatever is not known of a connector's lineage stands among its unresolved items, each of a bounded length."""
    found = {one.connector: one for one in outcome.state.lineages()}
    assert set(found) == {one.name for one in outcome.snapshot.connectors}
    assert [one.connector for one in found.values() if not one.edges and not one.unresolved] == []
    items = [item for one in found.values() for item in one.unresolved]
    assert all(item.what and item.reason and len(item.what) <= 500 and len(item.reason) <= 1_000 for item in items)
    assert not [item for item in items if "a defect of this project" in item.reason]


def test_patterns_and_chains_without_end_give_no_false_edge(outcome: Outcome) -> None:
    """A pattern that nobody can answer and a chain that nobody can follow decide nothing."""
    found = {one.connector: one for one in outcome.state.lineages()}
    kinds = ("router", "router of sink", "tables", "topics")
    patterns = [f"regex {regex} {kind}" for kind in kinds for regex in ("optional", "deep", "open")]
    assert {name: found[name].edges for name in patterns if name in found and found[name].edges} == {}
    assert len(found.keys() & set(patterns)) >= 3
    chains = [name for name in found if name.startswith("transforms ") and name != "transforms null"]
    assert len(chains) >= 2
    assert all(found[name].edges == () for name in chains)


def test_partition_keys_lead_back(outcome: Outcome) -> None:
    """Every connector has a key of its own, and each is what Dagster can hold."""
    keys = outcome.partitions
    assert sorted(map(decode_partition, keys)) == sorted(one.name for one in outcome.snapshot.connectors)
    assert all(key and key == key.strip() and "..." not in key and min(key) >= " " for key in keys)


def test_urns_are_urns(outcome: Outcome) -> None:
    """Whatever a connector, table or topic is called, its URN is one that DataHub reads, and takes."""
    urns = {one["entityUrn"] for one in outcome.proposals}
    for one in outcome.proposals:
        if one["aspectName"] == "dataJobInputOutput":
            urns |= {*one["aspect"]["json"]["inputDatasets"], *one["aspect"]["json"]["outputDatasets"]}
    assert len(urns) > 150
    assert [problem for problem in map(urn_problem, urns) if problem] == []
    flows = [urn for urn in urns if urn.startswith("urn:li:dataFlow:")]
    assert len(flows) == len(outcome.snapshot.connectors)


def test_no_name_decides_where_anything_is_written(outcome: Outcome) -> None:
    """Files stand in the state, in Dagster's storage and in the sink's place, under names that no connector chose."""
    found = [path.relative_to(outcome.folder) for path in outcome.folder.rglob("*") if path.is_file()]
    places = {"state", "dagster", "shop.yml", "cluster.json", "out.json", "home"}
    assert {path.parts[0] for path in found} <= places
    assert {path.parts[1] for path in found if path.parts[0] == "home"} <= {".dagster", ".datahub"}  # their telemetry
    own = [path.relative_to("state") for path in found if path.parts[0] == "state"]
    known = r"state\.sqlite(-wal|-shm)?|shop/(lock|lineage\.html)"
    assert [str(path) for path in own if not re.fullmatch(known, str(path))] == []
    assert len({str(path).casefold() for path in found}) == len(found)


def test_tables_and_pictures_are_well_formed(outcome: Outcome) -> None:
    """Every markdown table has its columns in every row and no markup of a cluster's; every picture is XML."""
    tables = pictures = 0
    for name, value in outcome.metadata:
        text = getattr(value, "value", value)
        if name == "picture":
            address = re.fullmatch(r"!\[lineage\]\(data:image/svg\+xml,([^()\s]*)\)", text)
            assert address, text[:200]
            drawn = ElementTree.fromstring(unquote(address[1]))
            assert {one.tag.rpartition("}")[2] for one in drawn.iter()} <= {"svg", "path", "g", "text"}
            pictures += 1
        elif isinstance(text, str) and text.startswith("| "):
            rows = [line for line in text.split("\n") if line.strip() and not line.startswith("… and ")]
            assert {line.count("|") for line in rows} == {rows[0].count("|")}, text[:500]
            assert "<" not in text
            assert "](" not in text
            tables += 1
    assert pictures > 50
    assert tables > 50


def test_the_page_is_what_it_was(outcome: Outcome) -> None:
    """No name and no value of a cluster becomes markup or a script of the page."""
    text = (outcome.state.folder / "lineage.html").read_text(encoding="utf-8")
    page = Page(text)
    assert len(page.scripts) == 7
    assert not {"img", "svg", "iframe", "a", "link", "base", "object"} & {tag for tag, _ in page.tags}
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    assert {one["name"] for one in page.data["connectors"]} == {one.name for one in outcome.snapshot.connectors}


NO_LISTINGS = (
    *("[" * 100_000, '{"a": ' * 50_000, "", "null", "7", "[]", "[7]", '{"a', "<html>", '"\\ud800"'),
    *('{"a": 1' + "0" * 9_000 + "}", '{"a": 1}', '{"a": null, "b": []}', '{"error_code": 500, "message": "x\\ny"}'),
)


def test_a_listing_that_is_none_fails_with_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents that no parser gets through fail the run in one line, and change nothing."""
    place(tmp_path, monkeypatch)
    for document in NO_LISTINGS:
        (tmp_path / "cluster.json").write_text(document)
        found = run(tmp_path, "cluster.json", {"type": "file", "config": {"filename": "out.json"}}, list)
        assert not found.result.success, document[:20]
        failures = [one.event_specific_data.user_failure_data for one in found.result.all_events if one.is_step_failure]
        assert [len(one.description.splitlines()) for one in failures] == [1]
        assert not (tmp_path / "out.json").exists()
