"""Names of tables: how they are read, and what becomes of them on each platform."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.derive.readers.jdbc_url import JdbcUrl
from kc_lineage_dagster.derive.readers.sql_names import TableName, cut_to_length, dataset_of, table_list, table_name
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS
from kc_lineage_dagster.lineage import Dataset, Unresolved
from tests.tries import tries


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("orders", ["orders"]),
        ("shop.public.orders", ["shop", "public", "orders"]),
        ('"a.b".c', ["a.b", "c"]),
        ('a."b.c"', ["a", "b.c"]),
        ("`crm`.`accounts`", ["crm", "accounts"]),
        ("[a].[b.c].d", ["a", "b.c", "d"]),
        ('a"b.c', ['a"b', "c"]),
        ("db..t", ["db", "", "t"]),
        ("orders.", None),
        ('"orders', None),
        ('"a".', None),
        ("", None),
    ],
)
def test_identifiers(text: str, parts: list[str] | None):
    """Dots part a name except inside quotes; a name that ends in a dot or leaves a quote open is none."""
    name = table_name(text)
    assert parts == (None if name is None else [*name.qualifiers, name.table])


@given(st.lists(st.text(alphabet='aB.,$ "', min_size=1, max_size=6), min_size=1, max_size=3))
@tries(50)
def test_quoted_names_come_back(parts: list[str]):
    """What is written in backticks is read as it was, alone and in a list."""
    text = ".".join(f"`{part}`" for part in parts)
    assert table_name(text) == TableName(parts[-1], tuple(parts[:-1]))
    assert table_list(f"{text},`x`") == (text, "`x`")


@given(st.text(alphabet='ab."`[] ,', max_size=12))
@tries(100)
def test_any_text_is_a_name_or_none(text: str):
    """Whatever the text, reading it ends."""
    assert table_name(text) is None or text
    assert all(item == item.strip() for item in table_list(text))


@pytest.mark.parametrize(
    ("place", "name", "expected"),
    [
        (JdbcUrl("postgres", database="shop"), "orders", "shop.public.orders"),
        (JdbcUrl("postgres", database="shop", schema="crm"), "orders", "shop.crm.orders"),
        (JdbcUrl("postgres", database="shop"), "SHOP.public.orders", "SHOP.public.orders"),
        (JdbcUrl("postgres"), "shop.public.orders", "shop.public.orders"),
        (JdbcUrl("mssql", database="shop"), "other.sales.orders", "other.sales.orders"),
        (JdbcUrl("mysql", database="shop"), "crm.orders", "crm.orders"),
        (JdbcUrl("oracle", database="PDB"), "HR.EMP", "hr.emp"),
        (JdbcUrl("oracle"), 'C##HR."Mixed"', "C##HR.Mixed"),
        (JdbcUrl("oracle"), "HR.ORDER", "hr.ORDER"),
        (JdbcUrl("oracle"), "HR._X", "hr._X"),
        (JdbcUrl("db2", database="sample"), "HR.Emp", "SAMPLE.HR.Emp"),
        (JdbcUrl("hana"), "SALES.Orders", "sales.Orders"),
        (JdbcUrl("sqlite", database="/tmp/x.db"), "orders", "main.orders"),
        (JdbcUrl("hive"), "orders", "default.orders"),
        (JdbcUrl("trino", database="hive", schema="sales"), "orders", "hive.sales.orders"),
        (JdbcUrl("teradata", database="shop"), "orders", "shop.orders"),
    ],
)
def test_full_names(place: JdbcUrl, name: str, expected: str):
    """A table's full name has the parts that DataHub's ingestion of its platform gives it."""
    parsed = table_name(name)
    assert parsed is not None
    assert dataset_of(place, parsed) == Dataset(place.platform, expected)


@pytest.mark.parametrize(
    ("place", "name", "reason"),
    [
        (JdbcUrl("postgres"), "orders", "its database is not known"),
        (JdbcUrl("postgres", database="shop"), "other.public.orders", "another database"),
        (JdbcUrl("postgres", database="shop", search_path=True), "orders", "search path"),
        (JdbcUrl("oracle"), "EMP", "its schema is not known"),
        (JdbcUrl("mysql", database="shop"), "a.b.c", "more parts"),
        (JdbcUrl("postgres", database="shop"), "a.b.c.d", "more parts"),
    ],
)
def test_names_that_are_not_known(place: JdbcUrl, name: str, reason: str):
    """A part that nothing names leaves the table unresolved."""
    parsed = table_name(name)
    assert parsed is not None
    found = dataset_of(place, parsed)
    assert isinstance(found, Unresolved)
    assert reason in found.reason


@given(st.text(st.characters(codec="utf-8"), max_size=80))
@tries(50)
def test_cut_names_fit(text: str):
    """A cut name is the longest beginning of whole characters that fits."""
    short = cut_to_length(PLATFORMS["postgres"], text)
    assert text.startswith(short)
    assert len(short.encode()) <= 63
    assert short == text or len(text[: len(short) + 1].encode()) > 63
