"""What people see of a connector in the web interface: pictures and tables that nothing can break out of."""

from __future__ import annotations

import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from kc_lineage_dagster.defs.metadata import cell, column_table, picture, table
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, FieldEdge

ODD = "a|b`c*d_e[f](g)<h>&\"'\\ \u202e\n#end"


def lineage(count, name="orders", connector="cdc"):
    edges = (Edge(Dataset("postgres", f"{name}{at}"), Dataset("kafka", f"pg.{name}{at}")) for at in range(count))
    return ConnectorLineage(connector, "source", None, None, tuple(edges))


def texts(found):
    """The texts of a picture, by reading its markdown as an image and that as XML."""
    (address,) = re.fullmatch(r"!\[lineage\]\(data:image/svg\+xml,([^\s()]*)\)", found.value).groups()
    return [one.text for one in ElementTree.fromstring(unquote(address)).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("count", [1, 3, 8, 500])
def test_a_picture_is_shown_in_place(count):
    """Dagster shows a picture without a click while its markdown has fewer than 1,000 characters."""
    assert len(picture(lineage(count)).value) < 1_000


def test_a_picture_shows_both_sides():
    """Upstream, connector, downstream; of many as many as fit, and how many more there are."""
    assert set(texts(picture(lineage(2)))) == {
        "cdc", "postgres:orders0", "postgres:orders1", "kafka:pg.orders0", "kafka:pg.orders1",
    }  # fmt: skip
    many = texts(picture(lineage(500)))
    shown = sum(one.startswith("postgres:") for one in many)
    assert shown >= 2
    assert f"… {500 - shown} more" in many


def test_hostile_names_stay_text():
    """Markup, markdown and control characters in names end up as text of a picture that is still one."""
    found = texts(picture(lineage(1, ODD * 9, ODD * 9)))
    assert len(found) == 3
    assert all(one.endswith(("end", "end0")) for one in found)


def test_hostile_names_stay_cells():
    """A cell holds nothing that markdown reads, and no line end."""
    assert not set("|`*_[]<>\\\n") & set(cell(ODD))
    assert table(("a",), [(ODD,)]).count("\n") == 2


def test_long_tables_are_counted():
    """Rows beyond the limit are counted, not shown."""
    assert table(("a",), [(at,) for at in range(175)]).endswith("… and 75 more")


def test_columns_are_a_table():
    """Every column with what it is made of and what changes it; no table where no column is known."""
    fields = (FieldEdge(("first", "last"), "name", "ConcatFields"), FieldEdge((), "op"), FieldEdge(("ssn",), None))
    edge = Edge(Dataset("postgres", "d.t"), Dataset("kafka", "t"), fields)
    rows = column_table(ConnectorLineage("cdc", "source", None, None, (edge,))).splitlines()[2:]
    assert [row.split(" | ")[:3] for row in rows] == [["| first, last", "name", "ConcatFields"], ["| (made)", "op", ""]]
    assert column_table(lineage(2)) == ""
