"""Laws of whole clusters, made of random choices of the families' examples: connectors of every kind."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.cli.formats import ClusterLineage, json_document, mermaid, text
from kc_lineage_dagster.connect.fetch import read
from kc_lineage_dagster.connect.saved import Saved
from kc_lineage_dagster.connect.snapshot import Connector, Offset
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.emit.aspects import proposals
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, Unresolved
from kc_lineage_dagster.run.derivation import deriving
from kc_lineage_dagster.run.recording import recorded
from kc_lineage_dagster.wording import printable
from tests.defs.clusters import write_recipe
from tests.emit.gms import Gms
from tests.examples import Example, read_examples
from tests.properties.planted import Planter, cluster, examples
from tests.run.place import Place
from tests.tries import first_of, tries

FAMILIES = Path(__file__).resolve().parents[1] / "families"


def connector(example: Example) -> Connector:
    """The connector of an example as a snapshot holds it, named after the place of the example."""
    facts, sink = example.facts, "topics" in example.config or "topics.regex" in example.config
    topics = facts.get("topics")
    return Connector(
        name=example.where,
        kind=facts.get("kind") or ("sink" if sink else "source"),
        config=example.config,
        state=facts.get("state", "RUNNING"),
        topics=None if topics is None else tuple(topics),
        offsets=tuple(Offset(one["partition"], one.get("offset")) for one in facts.get("offsets", ())),
        task_configs=tuple(facts.get("tasks", ())),
    )


EVERY = [connector(one) for path in sorted(FAMILIES.glob("*.txt")) for one in read_examples(path)]
clusters = st.lists(st.sampled_from(EVERY), min_size=1, max_size=15, unique_by=lambda one: one.name)


def lineages(connectors: list[Connector]) -> dict[str, ConnectorLineage]:
    derived = deriving(connectors, Settings())
    return {one.name: derived(one) for one in connectors}


@tries(15)
@given(clusters, st.randoms(use_true_random=False))
def test_the_order_of_connectors_changes_nothing_that_is_sent(connectors: list[Connector], shuffled: random.Random):
    """Each proposal has the same hash, in whatever order a worker lists its connectors and they are asked about."""
    other = shuffled.sample(connectors, len(connectors))
    assert hashes(connectors) == hashes(other)


def hashes(connectors: list[Connector]) -> set[tuple[str, str, str]]:
    config = {one.name: one.config for one in connectors}
    return {
        (one.urn, one.aspect_name, one.hash)
        for name, lineage in lineages(connectors).items()
        for one in proposals(lineage, config[name], Naming())
    }


@pytest.mark.parametrize("seed", first_of(range(2)))
def test_a_second_sync_of_the_same_cluster_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int):
    """Also when the worker lists its connectors in another order: nothing is sent, removed or healed."""
    monkeypatch.setenv("KC_LINEAGE_STATE", str(tmp_path / "state"))
    chosen = random.Random(seed).sample(EVERY, 25)
    with Gms() as gms:
        write_recipe(tmp_path, sink={"type": "datahub-rest", "config": {"server": gms.url}})
        place = Place(tmp_path, gms)
        place.save({one.name: dict(one.config) for one in chosen})
        first = place.run()
        place.save({one.name: dict(one.config) for one in reversed(chosen)})
        again = place.run()
        assert gms.problems == []
    assert first.counts.sent > 100
    assert (again.counts.sent, again.removed, again.warnings) == (0, (), ())


names = st.text(min_size=1, max_size=4) | st.sampled_from(
    ['"];', "a --> b", "#35;", "x\ny", "\x1b[31m", "\ud800", "a, b", "?"]
)
datasets = st.builds(Dataset, st.sampled_from(["kafka", "s3"]), names, st.none() | names)
derived = st.lists(
    st.builds(
        ConnectorLineage,
        connector=names,
        kind=st.just("source"),
        connector_class=st.none() | names,
        family=st.none() | names,
        edges=st.lists(st.builds(Edge, st.none() | datasets, datasets, evidence=names), max_size=3).map(tuple),
        unresolved=st.lists(st.builds(Unresolved, names, names), max_size=2).map(tuple),
    ),
    max_size=3,
    unique_by=lambda one: one.connector,
).map(tuple)


@tries(40)
@given(derived)
def test_every_format_shows_the_same_edges(found: tuple[ConnectorLineage, ...]):
    """What JSON names is what the lines of text say and what the arrows of the chart connect, whatever the names."""
    whole = ClusterLineage("shop.yml", "shop", found)
    edges = [(one["connector"], edge) for one in json_document(whole)["connectors"] for edge in one["edges"]]
    shown = [click.unstyle(line).strip() for line in text(whole)]
    for _, edge in edges:
        line = printable(f"{end(edge['upstream'])} -> {end(edge['downstream'])}")
        assert any(one.startswith(line.strip()) and one.endswith(printable(f"[{edge['evidence']}]")) for one in shown)
    items = sum(len(set(map(str, one.unresolved))) for one in found)
    assert len(shown) == 1 + len(found) + len(edges) + items
    into = {(end(edge["upstream"]), name) for name, edge in edges if edge["upstream"]}
    assert drawn("\n".join(mermaid([whole]))) == into | {(name, end(edge["downstream"])) for name, edge in edges}


def end(dataset: dict[str, str] | None) -> str:
    return f"{dataset['platform']}:{dataset['name']}" if dataset else "?"


def drawn(chart: str) -> set[tuple[str, str]]:
    """The labels that the arrows of a Mermaid chart connect."""
    labels = {
        node: re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label)
        for node, label in re.findall(r'^  ([cd]\d+)(?:\(\[|\[)"([^"]*)"', chart, re.MULTILINE)
    }
    arrows = re.findall(r"^  ([cd]\d+) --> ([cd]\d+)$", chart, re.MULTILINE)
    return {(labels[start], labels[stop]) for start, stop in arrows}


@pytest.mark.slow
@pytest.mark.parametrize("definitions", ["given", "absent", "failing"])
def test_a_recording_holds_the_connectors_as_they_were_read(definitions: str):
    """A recording of a cluster full of secrets gives the same connectors, evidence included, and says less of what
    failed; a recording of the recording gives the same once more.
    """
    chosen = random.Random(definitions).sample(examples(), 15)
    first = read(Saved("here", cluster(Planter(1), "one of the cluster's own", chosen, definitions))).whole()
    second = read(Saved("here", recorded(first))).whole()
    assert [replace(one, notes=()) for one in first.connectors] == [replace(one, notes=()) for one in second.connectors]
    assert read(Saved("here", recorded(second))).whole() == second
