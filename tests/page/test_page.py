"""``lineage.html``: one file that works from disk, shows everything, and lets nothing a cluster says become markup."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from upath import UPath

import kc_lineage_dagster.page
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import ConnectorLineage, Dataset, Edge, FieldEdge
from kc_lineage_dagster.page.render import page_of_state, render
from kc_lineage_dagster.page.write import PAGE, page_address, write_page
from kc_lineage_dagster.state import codec
from kc_lineage_dagster.state.cluster_state import Derived
from kc_lineage_dagster.state.opening import state_of
from tests.page.clusters import HOSTILE, SECRET, hostile, large, shop, snapshot

PARTS = Path(kc_lineage_dagster.page.__file__).parent


class Page(HTMLParser):
    """What a browser finds in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.within = False
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.within = tag == "script"
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.within:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self.within = False

    @property
    def data(self) -> dict:
        place = [attrs for tag, attrs in self.tags if tag == "script"].index({"id": "data", "type": "application/json"})
        return json.loads(self.scripts[place])


def page_of(cluster: tuple, slug: str = "shop") -> Page:
    return Page(render(slug, *cluster, 0.0))


def test_no_request_leaves_the_page():
    """Nothing in the page has an address to load, and its policy allows none."""
    page = page_of(shop())
    assert not [tag for tag, attrs in page.tags if {"src", "href", "srcset", "action", "ping"} & attrs.keys()]
    assert not {"link", "img", "iframe", "base", "object", "form"} & {tag for tag, _ in page.tags}
    policy = next(attrs["content"] for _, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy
    assert "unsafe" not in policy.split("style-src")[0]


def test_the_policy_allows_the_scripts_that_are_there():
    """Every script's hash stands in the policy; otherwise the page would stay empty."""
    page = page_of(shop())
    policy = next(attrs["content"] for _, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    scripts = [text for text in page.scripts if not text.startswith("{")]
    assert len(scripts) == 6
    for script in scripts:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in policy


@pytest.mark.parametrize("path", sorted(PARTS.rglob("*.js")), ids=lambda path: path.name)
def test_scripts_can_stand_inside_a_page(path):
    """No script holds what would end it, or a line end that a browser changes before it hashes."""
    text = path.read_bytes().decode("utf-8").lower()
    assert "</script" not in text
    assert "<!--" not in text
    assert "\r" not in text


def test_carried_libraries_have_their_licences():
    """Every library stands beside its licence, and the list of them names its version."""
    about = (PARTS / "vendor/README.md").read_text(encoding="utf-8")
    for path in (PARTS / "vendor").glob("*.min.js"):
        licence = path.name.replace(".min.js", ".LICENSE.txt")
        assert "Permission is hereby granted" in (PARTS / "vendor" / licence).read_text(encoding="utf-8")
        assert path.name in about


def test_everything_is_in_the_data():
    """States, tasks, edges with evidence and fields, the keys that decided them, what is unresolved or unread."""
    data = page_of(shop()).data
    away, cdc, sink = data["connectors"]
    assert (cdc["state"], cdc["tasks"], cdc["failures"]) == (
        "FAILED",
        {"FAILED": 1},
        [["task 0", "java.lang.RuntimeException: first line"]],
    )
    ((up, down, why, fields, left),) = cdc["edges"]
    assert [data["platforms"][data["datasets"][end][0]] for end in (up, down)] == ["postgres", "kafka"]
    assert (data["evidence"][why], fields, left) == (
        "configuration, offsets",
        [[["first", "last"], "name", "ConcatFields"], [["ssn"], None]],
        0,
    )
    assert [data["keys"][key] for key in cdc["decided"]] == ["table.include.list", "topic.prefix"]
    assert sink["decided"] == []
    assert sink["unresolved"] == [["key", "why not"]]
    assert sink["notes"] == ["topics: 404"]
    assert away["state"] == "UNREAD"
    assert data["datasets"][away["edges"][0][1]][1] == "west.x"
    assert data["unread"] == [["away", "timeout"]]


def test_configurations_stay_out():
    """The page holds no configuration, so no secret of one, and of a trace only its first line."""
    text = render("shop", *shop(), 0.0)
    assert SECRET not in text
    assert "second.line" not in text


def test_hostile_names_are_text():
    """Whatever connectors, tables and reasons are called, the page's markup is that of any other page."""
    page = page_of(hostile())
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in page_of(shop()).tags]
    assert sorted(one["name"] for one in page.data["connectors"]) == sorted(HOSTILE)
    assert page.data["connectors"][-1]["unresolved"]


def test_data_is_plain_ascii():
    """U+2028, surrogates and all else outside ASCII are escaped, and `<` nowhere ends the data."""
    text = render("shop", *hostile(), 0.0)
    data = text.split('<script id="data" type="application/json">')[1].split("</script>")[0]
    assert data.isascii()
    assert not set("<>&") & set(data)
    assert "\n" not in data


def test_fields_are_bounded():
    """A table of thousands of columns leaves the page small, and the page says how many it leaves out."""
    fields = tuple(FieldEdge((f"c{number}",), f"c{number}") for number in range(5_000))
    wide = ConnectorLineage("c", "source", None, None, (Edge(Dataset("a", "b"), Dataset("kafka", "t"), fields),))
    ((_, _, _, shown, left),) = page_of((snapshot(), [wide])).data["connectors"][0]["edges"]
    assert len(shown) + left == 5_000
    assert len(shown) == 200


@pytest.mark.slow
def test_a_large_cluster_is_a_few_megabytes():
    """The page of 2,000 connectors with 10,000 edges is a few megabytes."""
    text = render("big", *large(2_000), 0.0)
    assert len(text) < 3_000_000
    assert len(Page(text).data["connectors"]) == 2_000


def test_the_same_cluster_gives_the_same_page():
    """The order of connectors does not matter."""
    found, lineages = shop()
    assert render("shop", found, lineages, 0.0) == render("shop", found, reversed(lineages), 0.0)


@pytest.fixture
def state(tmp_path):
    """The state of a cluster that was read and derived."""
    found, lineages = shop()
    state = state_of("shop", tmp_path, {"KC_LINEAGE_STATE": str(tmp_path / "state")})
    number = state.begin_reading()
    state.save_connectors(number, found.connectors)
    state.finish_reading(number, found)
    with state.database.writing() as connection:
        state.remember(connection, [Derived(one, codec.lineages().dump(one), None) for one in lineages])
    return state


def test_a_state_is_shown_as_it_is(state):
    """The page of a state has what the page of the same cluster held in memory has."""
    data, expected = Page("".join(page_of_state(state, "shop"))).data, page_of(shop()).data
    assert {**data, "generated": ""} == {**expected, "generated": ""}


def test_a_cluster_that_was_never_read_has_no_page(tmp_path):
    """For a cluster that was never read, one line says what to do."""
    with pytest.raises(StateError, match="never read"):
        list(page_of_state(state_of("shop", tmp_path, {"KC_LINEAGE_STATE": str(tmp_path / "state")}), "shop"))


def test_a_page_that_cannot_be_written_is_a_warning(state, tmp_path):
    """The page is replaced whole, what a kill left is cleared away, and a folder that cannot be written is said."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / f".{PAGE}.abc.tmp").write_text("half a page")
    assert write_page(state, "shop", str(folder / PAGE)) == ()
    assert [path.name for path in folder.iterdir()] == [PAGE]
    (warning,) = write_page(state, "shop", str(folder / PAGE / "below a file.html"))
    assert "cannot be written" in warning


def test_a_page_goes_where_the_recipe_says(state, tmp_path):
    """A path, a folder, or an address that fsspec knows; an address that cannot be used is a warning."""
    assert page_address("s3://bucket/lineage/", "shop", tmp_path, None) == "s3://bucket/lineage/shop.html"
    assert page_address("out.html", "shop", tmp_path, tmp_path / "x") == str(tmp_path / "out.html")
    assert page_address("pages", "shop", tmp_path, None) == str(tmp_path / "pages/shop.html")
    assert page_address(None, "shop", tmp_path, None) is None
    assert page_address(None, "shop", tmp_path, tmp_path / "shop") == str(tmp_path / "shop" / PAGE)
    assert write_page(state, "shop", None) == ()
    assert write_page(state, "shop", "memory://pages/shop.html") == ()
    assert Page(UPath("memory://pages/shop.html").read_text()).data["cluster"] == "shop"
    (warning,) = write_page(state, "shop", "nothing-of-the-kind://x/shop.html")
    assert "\n" not in warning
