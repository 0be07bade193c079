"""The small readers behind several families: KCQL, Cypher, and Amazon's names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.derive.readers.aws import region_of, regional
from kc_lineage_dagster.derive.readers.cypher import has_dynamic_labels, pattern_labels, read_labels, written_labels
from kc_lineage_dagster.derive.readers.kcql import Statement, parse_kcql
from kc_lineage_dagster.lineage import Dataset, Unresolved
from tests.tries import tries

NAMES = st.from_regex(r"[a-z][a-z0-9_.:/-]{0,12}", fullmatch=True)


@tries(50)
@given(target=NAMES, origin=NAMES, quoted=st.booleans())
def test_kcql_names_survive_with_and_without_quotes(target: str, origin: str, quoted: bool):
    """A quoted name means the same as a bare one."""
    mark = "`" if quoted else ""
    text = f"INSERT INTO {mark}{target}{mark} SELECT * FROM {mark}{origin}{mark}"
    assert parse_kcql(text) == (Statement(target, origin, frozenset()),)


def test_kcql_separators_within_quotes_do_not_split():
    """A ; or | between quotes belongs to the statement."""
    found = parse_kcql("INSERT INTO a SELECT * FROM b WITHCONVERTER=`x;y|z`; SELECT * FROM c")
    assert [(item.target, item.origin) for item in found if isinstance(item, Statement)] == [("a", "b"), (None, "c")]


@pytest.mark.parametrize("text", ["select into m", "DELETE FROM x", "INSERT INTO a FROM b"])
def test_kcql_that_cannot_be_read_is_unresolved(text: str):
    """What is no statement is a value with a reason."""
    (found,) = parse_kcql(text)
    assert isinstance(found, Unresolved)


@pytest.mark.parametrize(
    ("statement", "labels"),
    [
        ("MERGE (n:A {x: 'CREATE (m:No)'})", ("A",)),
        ("MATCH (a:A) MERGE (a)-[:R]->(b:`My B`)", ("R", "My B")),
        ("MATCH (p:P) SET p:Seen, p.kind = event.kind", ("Seen",)),
        ("UNWIND event.rows AS row FOREACH (x IN row | MERGE (q:Q {id: x}))", ("Q",)),
        ("MATCH (a:A) DETACH DELETE a", ()),
        ("MERGE (n:A) SET n.limit = event.limit // MERGE (z:Comment)", ("A",)),
    ],
)
def test_cypher_writes_what_merge_create_and_set_name(statement: str, labels: tuple[str, ...]):
    """Only clauses that write count; text and comments never do."""
    assert written_labels(statement) == labels


def test_cypher_reads_what_match_names():
    """A source reads the labels and types of its MATCH clauses."""
    assert read_labels("MATCH (a:A)-[r:R|S]->(b:B&C) WHERE a.x > $lastCheck RETURN a") == ("A", "R", "S", "B", "C")
    assert pattern_labels("(:User{!id})-[:BOUGHT{at}]->(:Product{!id})") == ("User", "BOUGHT", "Product")


@pytest.mark.parametrize("statement", ["CALL apoc.create.node([l], {})", "MERGE (n:$(event.type) {id: 1})"])
def test_cypher_dynamic_labels_are_noticed(statement: str):
    """Labels that the records carry leave the statement unresolved."""
    assert has_dynamic_labels(statement)


@pytest.mark.parametrize(
    ("name", "region", "expected"),
    [
        ("s", "EU_WEST_1", "eu-west-1.s"),
        ("arn:aws:kinesis:us-west-2:1:stream/s", "eu-west-1", "us-west-2.s"),
        ("arn:aws:events:us-east-1:1:event-bus/bus", None, "us-east-1.bus"),
        ("https://sqs.eu-west-1.amazonaws.com/1/q.fifo", None, "eu-west-1.q.fifo"),
        ("https://vpce-1-a.sqs.eu-west-1.vpce.amazonaws.com/1/q", None, "eu-west-1.q"),
        ("t", "https://dynamodb.us-gov-west-1.amazonaws.com", "us-gov-west-1.t"),
    ],
)
def test_regional_names(name: str, region: str | None, expected: str):
    """The region within an ARN or address wins over the setting beside it."""
    assert regional("x", name, region, "key") == Dataset("x", expected)


@pytest.mark.parametrize(("name", "region"), [("s", None), ("s", "http://localhost:4566"), (None, "eu-west-1")])
def test_names_without_a_region_are_unresolved(name: str | None, region: str | None):
    """Half a name is no dataset."""
    assert isinstance(regional("x", name, region, "key"), Unresolved)


def test_no_password_of_an_address_is_named():
    """Only the path of an address can become a name."""
    found = regional("sqs", "https://user:secret@host:4566", "eu-west-1", "sqs.url")
    assert "secret" not in str(found)
    assert region_of("https://user:secret@host") is None
