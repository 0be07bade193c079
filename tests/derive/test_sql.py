"""Queries: the tables they read and the columns their results are made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.derive.readers.sql import Query, tables_of
from kc_lineage_dagster.derive.readers.sql_platforms import PLATFORMS
from kc_lineage_dagster.lineage import Unresolved
from tests.tries import tries


def tables(query: str, platform: str = "postgres") -> list[str]:
    found = tables_of(query, platform)
    assert isinstance(found, Query), found
    return [str(table) for table in found.tables]


def columns(query: str, platform: str = "postgres") -> dict[str, list[str] | None] | None:
    found = tables_of(query, platform)
    assert isinstance(found, Query), found
    return named(found)


def named(found: Query) -> dict[str, list[str] | None] | None:
    if found.outputs is None:
        return None
    return {
        output.name: None if output.origins is None else [f"{table}:{column}" for table, column in output.origins]
        for output in found.outputs
    }


@pytest.mark.parametrize(
    ("platform", "query", "expected"),
    [
        ("postgres", "SELECT o.id FROM orders o JOIN customers c ON c.id = o.cid", ["customers", "orders"]),
        ("postgres", "select * from Orders, sales.Items", ["orders", "sales.items"]),
        ("db2", "SELECT * FROM S.T WHERE X = 1 FOR READ ONLY WITH UR;", ["S.T"]),
        ("mssql", "SET NOCOUNT ON; SELECT * FROM dbo.t", ["dbo.t"]),
        ("teradata", "LOCKING ROW FOR ACCESS SEL * FROM db.t", ["db.t"]),
        ("informix", "SELECT SKIP 5 FIRST 10 * FROM own.t", ["own.t"]),
        ("postgres", 'select * from "Orders"', ["Orders"]),
        ("postgres", "select * from shop.sales.orders", ["shop.sales.orders"]),
        ("postgres", "with r as (select * from a) select * from r join b on true", ["a", "b"]),
        ("postgres", "with a as (select * from a) select * from a", ["a"]),
        ("postgres", "with x as (select 1) select * from t, x", ["t"]),
        ("postgres", "select id from a union all (select id from b) except select id from c", ["a", "b", "c"]),
        ("postgres", "select * from (select * from (select * from a) x) y", ["a"]),
        ("postgres", "select id from a where id in (select aid from b) and exists (select 1 from c)", ["a", "b", "c"]),
        ("postgres", "select (select max(x) from b) from a", ["a", "b"]),
        ("postgres", "select * from a, lateral (select * from b where b.id = a.id) l", ["a", "b"]),
        ("postgres", "select * from a, generate_series(1, 2) g", ["a"]),
        ("postgres", "/* why */ -- and\n (select * from a)", ["a"]),
        ("postgres", "with recursive t as (select id, p from tree union all "
                     "select c.id, c.p from tree c join t on t.id = c.p) select id from t", ["tree"]),
        ("postgres", "select * from a order by id limit 10;", ["a"]),
        ("mysql", "SELECT `Id` FROM `crm`.`Accounts`", ["crm.Accounts"]),
        ("mssql", "SELECT TOP 10 [Id] FROM [shop].[dbo].[Orders] WITH (NOLOCK)", ["shop.dbo.Orders"]),
        ("oracle", "SELECT e.id, sysdate FROM hr.employees e, dual", ["HR.EMPLOYEES"]),
        ("oracle", 'SELECT "Id" FROM HR."Employees" FETCH FIRST 5 ROWS ONLY', ["HR.Employees"]),
        ("db2", "SELECT ID FROM HR.EMP FETCH FIRST 10 ROWS ONLY", ["HR.EMP"]),
        ("snowflake", "select id from raw.crm.users qualify row_number() over (order by id) = 1", ["RAW.CRM.USERS"]),
        ("hana", 'SELECT "ID" FROM "S"."T", u', ["S.T", "U"]),
        ("clickhouse", "select id from db.events final", ["db.events"]),
    ],
)  # fmt: skip
def test_tables(platform: str, query: str, expected: list[str]):
    """A query reads the tables it names, wherever they stand, and not what it defines itself."""
    assert sorted(tables(query, platform)) == sorted(expected)


def test_empty_schema_between_dots():
    """SQL Server's database..table leaves the schema to its default."""
    found = tables_of("SELECT Id FROM shop..Orders", "mssql")
    assert isinstance(found, Query)
    assert found.tables[0].qualifiers == ("shop", "")


def test_columns_of_a_join():
    """Qualified columns belong to their table; a bare one of a join belongs to nobody known."""
    query = "select o.id, c.name as customer, total from orders o join customers c on c.id = o.cid"
    assert columns(query) == {"id": ["orders:id"], "customer": ["customers:name"], "total": None}


def test_columns_through_subqueries():
    """Columns are followed through common table expressions and subqueries."""
    query = """
        with recent as (select id as order_id, amount * rate as total from sales.orders)
        select r.order_id, r.total, 'web' as channel from (select * from (select order_id, total from recent) x) y
        """
    assert columns(query.replace("r.", "y.")) == {
        "order_id": ["sales.orders:id"],
        "total": ["sales.orders:amount", "sales.orders:rate"],
        "channel": [],
    }
    flat = query.replace("(select * from (select order_id, total from recent) x) y", "recent r")
    assert columns(flat) == {
        "order_id": ["sales.orders:id"],
        "total": ["sales.orders:amount", "sales.orders:rate"],
        "channel": [],
    }


def test_columns_of_a_union():
    """A union's columns are those of its branches, by position, under the first one's labels."""
    assert columns("select id, n from a union select key, label from b") == {
        "id": ["a:id", "b:key"],
        "n": ["a:n", "b:label"],
    }
    assert columns("select id from a union select id, n from b") is None


@pytest.mark.parametrize(
    "query",
    ["select count(*) from a", "select a.*, b.id from a, b", "select upper(x) from a", "select * from a, b"],
)
def test_columns_nobody_can_label(query: str):
    """A star among others, or an expression without a label, leaves the columns unknown."""
    assert columns(query) is None


def test_columns_fed_by_subqueries():
    """What a scalar subquery gives is an input; without a qualifier there, or in LATERAL, it may belong outside."""
    assert columns("select id, (select max(x) from c) as m from a") == {"id": ["a:id"], "m": None}
    assert columns("select a.id + (select max(c.x) from c where c.y = a.z) as m from a") == {"m": ["a:id", "c:x"]}
    assert columns("select l.v from a cross join lateral (select v from b) l") == {"v": None}


def test_deep_queries_are_followed_once():
    """A chain of common table expressions costs each of them once, not once for every column of the next."""
    names = [f"c{n}" for n in range(12)]
    first = "t0 as (select " + ", ".join(f"o.{name}" for name in names) + " from orders o)"
    rest = (f"t{n} as (select " + ", ".join(f"t.{name}" for name in names) + f" from t{n - 1} t)" for n in range(1, 25))
    query = f"with {', '.join((first, *rest))} select t.c0, t.c1 || t.c2 as d from t24 t"
    assert columns(query) == {"c0": ["orders:c0"], "d": ["orders:c1", "orders:c2"]}


TABLES = {"a": ("id", "x"), "b": ("id", "y")}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("select a.*, b.y from a, b", {"id": ["a:id"], "x": ["a:x"], "y": ["b:y"]}),
        ("select x, y, x || y as xy from a join b on a.id = b.id", {"x": ["a:x"], "y": ["b:y"], "xy": ["a:x", "b:y"]}),
        ("select id from a, b", {"id": None}),
        ("select * from a natural join b", None),
        ("select * from a join b using (id)", None),
        ("select a.*, c.* from a, c", None),
        ("select s.* from (select x + 1 as z, id from a) s, b", {"z": ["a:x"], "id": ["a:id"]}),
        ("select (select max(y) from b) as m from a", {"m": ["b:y"]}),
        ("select (select max(x) from b) as m from a", {"m": None}),
        ("select (select * from b) as m from a", {"m": None}),
    ],
)
def test_columns_of_known_tables(query: str, expected: dict[str, list[str] | None] | None):
    """Where the columns of tables are known, a star stands for them, a bare name for the column of the only one."""
    found = tables_of(query, "postgres", lambda table: TABLES.get(table.table))
    assert isinstance(found, Query)
    assert named(found) == expected


@pytest.mark.parametrize(
    ("query", "whole"),
    [
        ("select * from a where x > 1", True),
        ("select t.* from a as t order by x", True),
        ("select * from a, b", False),
        ("select id from a", False),
        ("select * from (select id from a) x", False),
        ("select * from a where id in (select id from b)", False),
    ],
)
def test_whole_tables(query: str, whole: bool):
    """Only a star over the one table read brings all its columns."""
    found = tables_of(query, "postgres")
    assert isinstance(found, Query)
    assert found.whole is whole


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("insert into a select * from b", "is no SELECT"),
        ("exec report", "is no SELECT"),
        ("", "is no SELECT"),
        ("select a; select b", "is not one SELECT"),
        ("with d as (delete from a returning *) select * from d", "does more than read"),
        ("select * into z from a", "does more than read"),
        ("select * from ${file:/opt/x:table}", "only the worker can resolve"),
        ("select 1", "reads no table"),
        ("select * from generate_series(1, 2)", "reads no table"),
        ("select from where", "cannot be read"),
        ("select " + "(" * 3000 + "1" + ")" * 3000, "cannot be read"),
        ("select '" + "x" * 200_000, "is no SELECT"),
    ],
)
def test_not_a_readable_select(query: str, reason: str):
    """What is not one readable SELECT is unresolved, with the reason."""
    found = tables_of(query, "postgres")
    assert isinstance(found, Unresolved)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("platform", "query"),
    [("mssql", "SELECT Id FROM srv.shop.dbo.Orders"), ("oracle", "SELECT id FROM hr.employees@link")],
)
def test_links_to_other_servers(platform: str, query: str):
    """A table behind a database link is another server's."""
    found = tables_of(query, platform)
    assert isinstance(found, Unresolved)
    assert "another server" in found.reason


def test_texts_that_trip_a_parser():
    """A grammar that fails over a broken text is an unreadable text, not an error."""
    assert isinstance(tables_of("select cast :: :: delete intersect", "singlestore"), Unresolved)
    assert isinstance(tables_of("select lateral delete .", "mysql"), Unresolved)


def test_no_part_of_a_query_in_messages(caplog: pytest.LogCaptureFixture):
    """A query may hold secrets: neither reasons nor logs repeat it."""
    for query in (
        "select 'S3CR3T' from",
        "with S3CR3T as select",
        "select * from a where S3CR3T = ((",
        "select 1 S3CR3T",
    ):
        assert "S3CR3T" not in str(tables_of(query, "postgres"))
    assert "S3CR3T" not in caplog.text


WORDS = st.sampled_from(
    ["select", "from", "with", "as", "(", ")", "a", "b.c", "*", ",", "union", "where", "in", "1", "'x'", "join", "on",
     "lateral", "order by", "case", "when", "end", "[x]", "`y`", '"z"', ".", ";", "--", "::", "over", "values"]
)  # fmt: skip


@given(st.sampled_from(sorted(PLATFORMS)), st.lists(WORDS, max_size=12))
@tries(200)
def test_any_text_has_an_answer(platform: str, words: list[str]):
    """Whatever the words, there is an answer and never an exception."""
    assert isinstance(tables_of(" ".join(["select", *words]), platform), Query | Unresolved)
