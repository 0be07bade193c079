"""Laws of columns: random tables through random chains of the real transforms, sources and sinks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import assume, given
from hypothesis import strategies as st

from kc_lineage_dagster.derive.catalog import NothingKnown
from kc_lineage_dagster.derive.evidence import Evidence, TopicFields
from kc_lineage_dagster.derive.records import ALL_COLUMNS, SOME_COLUMNS, Arrival, Record, Struct, leaves
from kc_lineage_dagster.derive.registry import registry
from kc_lineage_dagster.derive.sink_columns import SinkColumns
from kc_lineage_dagster.derive.source_columns import SourceColumns
from kc_lineage_dagster.derive.transforms.fields import envelope
from kc_lineage_dagster.derive.transforms.steps import Chain, run
from kc_lineage_dagster.lineage import Dataset, Edge
from tests.properties.test_transforms import chain_of, step
from tests.tries import tries

TABLE, TARGET = Dataset("postgres", "shop.public.t"), Dataset("postgres", "dw.public.x")
JDBC = registry().find("io.confluent.connect.jdbc.JdbcSourceConnector")
SINK = registry().find("io.confluent.connect.jdbc.JdbcSinkConnector")
INTO = {"connection.url": "jdbc:postgresql://h/dw", "table.name.format": "x", "auto.create": "true"}
columns = st.lists(st.sampled_from(["id", "name", "a", "b", "payload", "Ä"]), min_size=1, unique=True).map(tuple)
values = st.sampled_from([ALL_COLUMNS, envelope()])
chains = st.lists(step, max_size=4).map(lambda steps: chain_of(*steps))
few = tries(150)


@dataclass(frozen=True)
class Known(NothingKnown):
    """A catalog of a few datasets."""

    held: tuple[tuple[Dataset, tuple[str, ...]], ...] = ()

    def fields(self, dataset: Dataset) -> tuple[str, ...] | None:
        return dict(self.held).get(dataset)


def arrivals(chain: Chain, value: Struct) -> list[Arrival]:
    start = Record(TABLE, "t", SOME_COLUMNS, value)
    ends = [one.record for one in run(chain, start) if one.at == len(chain) and isinstance(one.record.topic, str)]
    return [Arrival(TABLE, Dataset("kafka", end.topic), (), "", end) for end in ends]


def of_source(chain: Chain, *held: tuple[Dataset, tuple[str, ...]]) -> SourceColumns:
    return SourceColumns(JDBC, {}, chain, Evidence(catalog=Known(held=held)))


@few
@given(columns)
def test_without_transforms_each_column_is_itself(names: tuple[str, ...]):
    """All columns and nothing else, each made of itself, none computed; into a table of the sink's own making too."""
    [arrival] = arrivals((), ALL_COLUMNS)
    edge = of_source((), (TABLE, names)).arrived(arrival)[0]
    assert [(pair.upstream, pair.downstream, pair.transform) for pair in edge.fields] == [((n,), n, "") for n in names]
    fields = of_source((), (TABLE, names)).fields(arrival)
    into = SinkColumns(SINK, INTO, (), Evidence(written=lambda topic: fields))
    assert into.edge(Edge(Dataset("kafka", "t"), TARGET)).fields == edge.fields


@few
@given(columns, values, chains)
def test_no_column_is_invented(names: tuple[str, ...], value: Struct, chain: Chain):
    """Whatever the chain: only columns that the table has, and a column that is said to be lost arrives nowhere."""
    for arrival in arrivals(chain, value):
        fields = of_source(chain, (TABLE, names)).arrived(arrival)[0].fields
        used = {column for pair in fields if pair.downstream for column in pair.upstream}
        lost = {column for pair in fields if pair.downstream is None for column in pair.upstream}
        assert used <= set(names)
        assert not used & lost


@few
@given(columns, values, chains)
def test_knowing_more_contradicts_nothing(names: tuple[str, ...], value: Struct, chain: Chain):
    """Forwards from the table and backwards from the topic agree; with both known there is what both have."""
    for arrival in arrivals(chain, value):
        forwards = of_source(chain, (TABLE, names)).arrived(arrival)[0].fields
        paths = tuple(dict.fromkeys(pair.downstream for pair in forwards if pair.downstream))
        assume(paths)
        backwards = of_source(chain, (arrival.downstream, paths)).arrived(arrival)[0].fields
        both = of_source(chain, (TABLE, names), (arrival.downstream, paths)).arrived(arrival)[0].fields
        made = {pair.downstream: pair.upstream for pair in forwards if pair.downstream}
        for pair in backwards:
            if pair.downstream and pair.upstream and set(pair.upstream) <= set(names):
                assert set(pair.upstream) == set(made[pair.downstream])
        assert {pair for pair in both if pair.downstream} == {pair for pair in forwards if pair.downstream}


@few
@given(columns, values, chains, chains)
def test_sinks_read_what_sources_write(names: tuple[str, ...], value: Struct, chain: Chain, after: Chain):
    """What a sink says of a topic's fields names fields that the source says it writes."""
    for arrival in arrivals(chain, value):
        source = of_source(chain, (TABLE, names))
        written = source.fields(arrival)
        there = {path for node in (written.value, written.key) for path, _ in leaves(node)}
        # which columns a key has is not known, so a step that names one of its fields is taken at its word
        found = into_table(after, replace(written, key=Struct()))
        assert {path for pair in found.fields for path in pair.upstream} <= there


def into_table(chain: Chain, fields: TopicFields) -> Edge:
    sink = SinkColumns(SINK, INTO, chain, Evidence(written=lambda topic: fields))
    return sink.edge(Edge(Dataset("kafka", "t"), TARGET))
