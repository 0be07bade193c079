"""Whatever is written into the state is read back equal, on either database."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.connect.snapshot import Connector, Note, Offset, Snapshot, TaskState, sorted_by_name
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, FieldEdge, Unresolved
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.cluster_state import Derived, Emitted
from kc_lineage_dagster.state.opening import state_of
from kc_lineage_dagster.state.receipts import ALIVE, REMOVING, UNKNOWN, Held, Receipts, SinkFacts
from tests.tries import tries

# NUL, a lone surrogate, what escapes of either look like, and a letter of several bytes.
texts = st.text(max_size=5) | st.text("a\\u0d8\x00\ud800\ufffdé😀", max_size=8)
maybe = st.none() | texts
numbers = st.integers() | st.integers(-(10**300), 10**300) | st.floats(allow_nan=False)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)
mappings = st.dictionaries(texts, texts, max_size=2)
objects = st.dictionaries(texts, values, max_size=2)


def tuples(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=2).map(tuple)


def connectors(names: st.SearchStrategy[str]) -> st.SearchStrategy[Connector]:
    return st.builds(
        Connector,
        name=names,
        kind=st.sampled_from(["source", "sink", "unknown"]),
        config=mappings,
        state=texts,
        trace=maybe,
        tasks=tuples(st.builds(TaskState, st.integers(), texts, maybe)),
        topics=st.none() | tuples(texts),
        offsets=tuples(st.builds(Offset, objects, st.none() | objects)),
        task_configs=tuples(mappings),
        notes=tuples(st.builds(Note, texts, texts, st.booleans())),
    )


snapshots = st.builds(
    Snapshot,
    source=texts,
    version=maybe,
    kafka_cluster_id=maybe,
    connectors=st.lists(connectors(texts), max_size=3, unique_by=lambda one: one.name).map(sorted_by_name),
    plugin_classes=st.frozensets(texts, max_size=2),
    password_keys=st.dictionaries(texts, st.frozensets(texts, max_size=2), max_size=2),
    passed_over=mappings,
    plugin_versions=mappings,
)
datasets = st.builds(Dataset, texts, texts, maybe)
lineages = st.builds(
    ConnectorLineage,
    connector=texts,
    kind=st.sampled_from(["source", "sink", "unknown"]),
    connector_class=maybe,
    family=maybe,
    edges=tuples(
        st.builds(
            Edge, st.none() | datasets, datasets, tuples(st.builds(FieldEdge, tuples(texts), maybe, texts)), texts
        )
    ),
    unresolved=tuples(st.builds(Unresolved, texts, texts, maybe)),
    trace=maybe,
)
few = tries(12, once=True)


@few
@given(snapshots, mappings)
def test_a_cluster_is_read_back(tmp_path, database, snapshot: Snapshot, unread: dict[str, str]):
    """The snapshot as a whole, each connector, and the reasons why others could not be read."""
    state = state_of("shop", tmp_path)
    unread = {name: why for name, why in unread.items() if name not in {one.name for one in snapshot.connectors}}
    state.finish_reading(state.begin_reading(), Snapshot("none"))  # forgets the example before
    reading = state.begin_reading()
    state.save_connectors(reading, snapshot.connectors)
    state.finish_reading(reading, Snapshot(**{**fields(snapshot), "connectors": (), "unread": unread}))
    head = state.head()
    assert head == Snapshot(**{**fields(snapshot), "connectors": (), "unread": unread})
    assert tuple(state.readable()) == snapshot.connectors
    assert state.listed() == {one.name for one in snapshot.connectors} | unread.keys()


def fields(snapshot: Snapshot) -> dict[str, Any]:
    return {name: getattr(snapshot, name) for name in Snapshot.__dataclass_fields__}


@few
@given(st.lists(lineages, max_size=3, unique_by=lambda one: one.connector), texts, texts)
def test_lineage_is_read_back(tmp_path, database, found: list[ConnectorLineage], config: str, version: str):
    """All of it, with what was acknowledged of it; the numbers are those of the lineage."""
    state = state_of("shop", tmp_path)
    state.forget(state.derived_names())
    known = Emitted(codec.digest(config), codec.digest(version))
    with state.database.writing() as connection:
        state.remember(connection, (Derived(one, codec.lineages().dump(one), known) for one in found))
    names = sorted(one.connector for one in found)
    assert list(state.lineages()) == sorted(found, key=lambda one: one.connector)
    assert [one.trace for one in state.lineages()] == [
        one.trace for one in sorted(found, key=lambda one: one.connector)
    ]
    assert state.emitted() == dict.fromkeys(names, known)
    assert state.totals().edges == sum(len(one.edges) for one in found)


receipts = st.builds(Held, maybe, st.sampled_from([ALIVE, UNKNOWN, REMOVING]), mappings)
sinks = st.builds(
    SinkFacts,
    st.just("datahub-rest http://h"),
    st.none() | st.just("an id"),
    st.none() | st.integers(0, 10**6),
    maybe,
    maybe,
)


@few
@given(st.dictionaries(texts, receipts, max_size=3), sinks)
def test_receipts_are_read_back(tmp_path, database, held: dict[str, Held], sink: SinkFacts):
    """Every receipt by its URN, and what is known of the sink."""
    state = state_of("shop", tmp_path)
    found = Receipts(state)
    found.drop(list(found.urns()))
    found.adopt(held)
    found.note(sink)
    assert Receipts(state).facts == sink
    assert Receipts(state).of_urns(held) == held
    assert set(found.urns(ALIVE)) == {urn for urn, one in held.items() if one.state == ALIVE}


@tries(30)
@given(snapshots)
def test_a_snapshot_is_the_same_as_json(snapshot: Snapshot):
    """The form that the state keeps loses nothing."""
    assert codec.snapshots().load(codec.snapshots().dump(snapshot)) == snapshot
