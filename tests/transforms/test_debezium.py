"""Debezium's transforms where they depend on what a record is, or on content."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kc_lineage_dagster.derive.records import ALL_COLUMNS, Leaf, Opaque, Record, Struct, TopicPattern, field_edges
from kc_lineage_dagster.derive.transforms.chain import build_chain
from kc_lineage_dagster.derive.transforms.fields import envelope, put
from kc_lineage_dagster.derive.transforms.steps import run
from kc_lineage_dagster.lineage import Dataset

DEBEZIUM = "io.debezium.transforms"
OUTBOX = Record(Dataset("postgres", "shop.ops.outbox"), "shop.ops.outbox", value=envelope())
ROUTER = {"type": f"{DEBEZIUM}.outbox.EventRouter"}
UNWRAP = {"type": f"{DEBEZIUM}.ExtractNewRecordState"}
RENAME = {"type": "org.apache.kafka.connect.transforms.ReplaceField$Value", "renames": "id:pk", "exclude": "ssn"}


def ends(
    record: Record, *steps: Mapping[str, str], kind: str = "source", extra: Mapping[str, str] | None = None
) -> list[Record]:
    config = {f"transforms.t{n}.{key}": value for n, step in enumerate(steps) for key, value in step.items()}
    names = ",".join(f"t{n}" for n in range(len(steps)))
    chain, problems = build_chain({"transforms": names, **config, **(extra or {})}, kind)
    assert not problems
    return [outcome.record for outcome in run(chain, record)]


def edges(record: Record) -> list[str]:
    return [str(edge) for edge in field_edges(record.value)]


def test_outbox_topic_is_a_pattern():
    """The default routing: a topic per content of ``aggregatetype``, the payload as the whole value."""
    [end] = ends(OUTBOX, ROUTER)
    assert str(end.topic) == "outbox.event.${routedByValue}"
    assert (end.key, end.value) == (Leaf(("aggregateid",)), Leaf(("payload",)))


def test_a_fixed_outbox_topic_is_in_doubt_without_a_predicate():
    """Rows of other tables fail in the router; only a predicate or known columns say that this is the outbox."""
    fixed = {**ROUTER, "route.topic.replacement": "events"}
    row = Struct(tuple((name, Leaf((name,))) for name in ("id", "payload", "aggregatetype")))
    known = replace(OUTBOX, value=put(envelope(), {"after": row}))
    guard = {"transforms.t0.predicate": "p", "predicates": "p", "predicates.p.pattern": r".*\.outbox"}
    guard["predicates.p.type"] = "org.apache.kafka.connect.transforms.predicates.TopicNameMatches"
    for record, extra, doubtful in ((OUTBOX, {}, True), (known, {}, False), (OUTBOX, guard, False)):
        [end] = ends(record, fixed, extra=extra)
        assert (end.topic, bool(end.doubts)) == ("events", doubtful)


def test_rows_without_the_columns_of_an_outbox_fail():
    """A table whose columns are known and are not those of an outbox sends nothing anywhere."""
    row = Struct((("id", Leaf(("id",))),))
    users = Struct(tuple((name, row if name == "after" else node) for name, node in envelope().fields))
    assert ends(Record(Dataset("postgres", "shop.users"), "shop.users", value=users), ROUTER) == []


def test_records_that_are_no_change_events_pass():
    """Heartbeats, and values that are rows already, go through both transforms as they are."""
    heartbeat = Record(None, "__debezium-heartbeat.shop")
    row = Record(OUTBOX.origin, "shop.ops.outbox", value=Struct((("id", Leaf(("id",))),)))
    for record in (heartbeat, row):
        assert ends(record, ROUTER) == [record]
        assert ends(record, {**UNWRAP, "route.by.field": "region"}) == [record]


def test_confluent_cloud_writes_named_groups_differently():
    """RE2/J has ``(?P<name>...)``; a regex that Java refuses is read that way."""
    [end] = ends(OUTBOX, {**ROUTER, "route.topic.regex": "(?P<name>.*)", "route.topic.replacement": "e.$1"})
    assert isinstance(end.topic, TopicPattern)
    assert end.topic.fits("e.Order")
    assert not end.doubts


def test_values_that_the_regex_does_not_match_are_a_doubt():
    """They become topics of their own name, which is not looked for."""
    [end] = ends(OUTBOX, {**ROUTER, "route.topic.regex": "shop-(.*)", "route.topic.replacement": "e.$1"})
    assert end.doubts


def test_mongo_outbox_has_its_own_keys():
    """``collection.field.*`` in place of ``table.field.*``, and ``_id``."""
    step = {
        "type": "io.debezium.connector.mongodb.transforms.outbox.MongoEventRouter",
        "collection.field.event.payload": "body",
        "collection.fields.additional.placement": "kind:envelope",
    }
    [end] = ends(OUTBOX, step)
    assert edges(end) == ["body -> payload", "kind -> kind"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["id -> pk", "ssn -> (dropped)"]),
        (
            {"add.fields": "op:operation,source.ts_ms"},
            ["id -> pk", "(made) -> __operation", "(made) -> __source_ts_ms"],
        ),
        ({"add.fields": "table", "add.fields.prefix": ""}, ["id -> pk", "(made) -> table"]),
        ({"add.fields": "before.id"}, ["id -> pk", "id -> __before_id"]),
        ({"delete.tombstone.handling.mode": "rewrite"}, ["id -> pk", "(made) -> __deleted"]),
        ({"delete.handling.mode": "rewrite"}, ["id -> pk"]),
    ],
)
def test_a_row_out_of_its_change_event(options: dict[str, str], expected: list[str]):
    """``after`` takes the place of the envelope; what is added comes from the connector, or from ``before``."""
    [end] = ends(OUTBOX, {**UNWRAP, **options}, RENAME)
    assert sorted(edges(end)) == sorted({*expected, "ssn -> (dropped)"})


def test_a_sink_does_not_know_whether_its_topic_holds_change_events():
    """A sink does not know whether its topic holds change events, so after unwrapping nothing is said about fields."""
    [end] = ends(Record(Dataset("kafka", "orders"), "orders"), UNWRAP, RENAME, kind="sink")
    assert end.value == Opaque()


def test_flattening_a_change_event_keeps_the_columns_of_after():
    """``after_id`` is the column ``id``; a name that may have been a path is not taken for a column."""
    flat = {"type": "org.apache.kafka.connect.transforms.Flatten$Value", "delimiter": "_"}
    rename = {**RENAME, "renames": "after_id:pk,after_a_b:c"}
    [end] = ends(OUTBOX, flat, rename)
    assert "id -> pk" in edges(end)
    assert not any(edge.endswith("-> c") for edge in edges(end))


@pytest.mark.parametrize(
    ("expression", "topics"),
    [
        ("value.op == 'u' ? 'updates' : null", ["updates", "shop.ops.outbox"]),
        ("value.op == 'u' ? 'u' : value.op == 'd' ? \"d\" : 'rest'", ["u", "d", "rest"]),
        ("topic + '_' + value.op", ["${topic + '_' + value.op}"]),
        ("value.a ? value.b : 'x'", ["${value.a ? value.b : 'x'}"]),
    ],
)
def test_a_script_that_chooses_among_fixed_topics(expression: str, topics: list[str]):
    """The choices are read off, each with a doubt; any other script may make any topic."""
    step = {"type": f"{DEBEZIUM}.ContentBasedRouter", "language": "jsr223.groovy", "topic.expression": expression}
    found = ends(OUTBOX, step)
    assert [str(end.topic) for end in found] == topics
    assert all(end.doubts for end in found) == (len(found) > 1)


def test_a_script_that_filters_by_table_is_a_doubt():
    """One that looks at content only lets some records of every table through."""
    step = {"type": f"{DEBEZIUM}.Filter", "language": "jsr223.groovy"}
    [by_table] = ends(OUTBOX, {**step, "condition": "value.source.table == 'orders'"})
    [by_content] = ends(OUTBOX, {**step, "condition": "value.op == 'c'"})
    assert by_table.doubts
    assert by_content == OUTBOX


def test_chunks_of_a_hypertable():
    """Only chunks are renamed, below the target prefix; whose hypertable they belong to the database alone knows."""
    step = {"type": "io.debezium.connector.postgresql.transforms.timescaledb.TimescaleDb"}
    chunk = Record(Dataset("postgres", "shop._timescaledb_internal._hyper_1"), "shop._timescaledb_internal._hyper_1")
    assert [str(end.topic) for end in ends(chunk, step)][1] == "timescaledb.${schema}.${hypertable}"
    assert ends(OUTBOX, step) == [OUTBOX]


def test_unnamed_columns_stay_whole():
    """A source that is no Debezium connector keeps its rows through an unwrap."""
    record = Record(Dataset("postgres", "t"), "t")
    assert [end.value for end in ends(record, UNWRAP)] == [ALL_COLUMNS]
