"""What a catalog decides: edges that the configuration and the cluster alone leave open."""

from dataclasses import replace
from pathlib import Path

from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema
from kc_lineage_dagster.derive.derive import derive
from kc_lineage_dagster.derive.evidence import ClusterTopics
from kc_lineage_dagster.derive.quiet import quiet_tables
from kc_lineage_dagster.derive.settings import Settings
from tests.examples import SomeConnector, failures, read_examples

EXAMPLES = read_examples(Path(__file__).with_name("catalog.txt"))


def test_examples():
    """What fails is told by the line where it begins in the file, its title, and the lines that differ."""
    assert not (wrong := failures(EXAMPLES)), "\n\n".join(wrong)


def test_the_evidence_says_so():
    """An edge that only the catalog decides names it; one that is known without it does not."""
    merged = next(example for example in EXAMPLES if example.title.startswith("shards that a router merges"))
    evidence = {str(edge.upstream): edge.evidence for edge in merged.run().edges}
    assert evidence["postgres:shop.sales.orders_shard_1"] == "configuration, catalog, active topics"


SHOP = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.dbname": "shop",
    "topic.prefix": "one",
    "table.include.list": "sales\\..*",
}
MERGING = SHOP | {
    "topic.prefix": "two",
    "transforms": "r",
    "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter",
    "transforms.r.regex": "two\\.sales\\..*",
    "transforms.r.replacement": "all",
}
TABLES = ("shop.sales.a", "shop.sales.b", "shop.sales.empty", "shop.sales.view")


def settings() -> Settings:
    held = Holdings({"postgres": Platform(dict.fromkeys(TABLES, Schema()))})
    return Settings(catalog=lambda name: held.seen_from(name, lambda *_: None))


def origins(view: SomeConnector, known: Settings) -> set[str]:
    return {str(edge.upstream) for edge in derive(view, known, ClusterTopics).edges}


def test_a_table_that_another_connector_captures_in_vain_sends_no_records():
    """An empty table and a view look like any other in a catalog; a topic of their own that is missing tells."""
    single = SomeConnector("single", SHOP, "source", topics=("one.sales.a", "one.sales.b"))
    merging = SomeConnector("merging", MERGING, "source", topics=("all",))
    known = settings()
    assert origins(merging, known) == {f"postgres:{table}" for table in TABLES}
    known = replace(known, quiet=quiet_tables((single, merging), known))
    assert {str(one) for one in known.quiet} == {"postgres:shop.sales.empty", "postgres:shop.sales.view"}
    assert origins(merging, known) == {"postgres:shop.sales.a", "postgres:shop.sales.b"}
    assert origins(single, known) == {"postgres:shop.sales.a", "postgres:shop.sales.b"}


def test_a_connector_that_does_not_run_or_is_new_proves_nothing():
    """Only a running connector that wrote something tells which tables are quiet; who was heard once is not."""
    new = SomeConnector("new", SHOP, "source", topics=())
    failed = SomeConnector("failed", SHOP, "source", state="FAILED", topics=("one.sales.a",))
    other = SomeConnector(
        "other", SHOP | {"topic.prefix": "three"}, "source", topics=("three.sales.view", "three.sales.a")
    )
    single = SomeConnector("single", SHOP, "source", topics=("one.sales.a", "one.sales.b", "one.sales.empty"))
    assert quiet_tables((new, failed), settings()) == frozenset()
    assert quiet_tables((single, other), settings()) == frozenset()
