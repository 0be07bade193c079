"""`lineage.html` in a real browser, from disk: what it draws, how it is searched, that names break out of nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kc_lineage_dagster.lineage import Unresolved
from kc_lineage_dagster.page.render import render
from tests.browser.screen import Screen
from tests.browser.stack import wait_for
from tests.page.clusters import HOSTILE, hostile, large, shop

pytestmark = pytest.mark.browser

NODES = "return lineagePage.graph.cy.nodes().map(one => one.data('label'))"
STATE = "return document.body.dataset.ready"


@pytest.fixture
def page(chromium, tmp_path):
    """Opens the page of a cluster from disk, at a place in it."""

    def opened(cluster, at=""):
        path = tmp_path / "lineage.html"
        path.write_text(render("shop", *cluster, 0.0), encoding="utf-8")
        chromium.get("about:blank")
        chromium.get_log("browser")
        chromium.get(path.as_uri() + at)
        wait_for("the page", lambda: chromium.execute_script(STATE) == "yes", lambda: chromium.get_log("browser"))
        return Screen(chromium, path.as_uri())

    return opened


def nodes(screen):
    return screen.driver.execute_script(NODES)


def type_into(screen, text):
    box = screen.driver.find_element("id", "search")
    box.clear()
    box.send_keys(text)


def test_everything_of_a_small_cluster(page):
    """A small cluster is drawn whole, with states, unresolved items and what could not be read."""
    screen = page(shop())
    screen.reads("3 connectors", "1 unresolved", "Could not be read (1)", "timeout")
    assert sorted(label.replace("\n", " | ") for label in nodes(screen)) == [
        "? 1 unresolved",
        "away | sink · unread",
        "cdc | source · failed",
        "lake/users | s3",
        "pg.users | kafka",
        "shop.public.users | postgres",
        "sink | sink · paused",
        "west.x | hive",
    ]


def test_a_connector_in_detail(page):
    """Class, family, failed tasks, keys that decided, edges with evidence and fields."""
    screen = page(shop(), "#connector=cdc")
    screen.reads(
        "io.debezium.X", "Debezium", "task 0", "java.lang.RuntimeException: first line", "configuration, offsets"
    )
    screen.reads("decided by", "table.include.list, topic.prefix")
    screen.driver.execute_script("document.querySelector('.edge details').open = true")
    screen.reads("first, last → name by ConcatFields", "ssn → (dropped)")


def test_one_cause_is_told_once_with_its_topics(page):
    """What a mirror of many topics lacks is one option: one entry, of the topics that it concerns."""
    head, (_, lineage, _) = shop()
    same = tuple(Unresolved("alias = west", "set options.cluster_aliases", f"west.t{at}") for at in range(7))
    one = replace(lineage, unresolved=(*same, Unresolved("query", "only the database knows")))
    for at in ("", "#connector=sink"):
        screen = page((head, [one]), at)
        screen.reads("Unresolved (8)", "west.t0, west.t1, west.t2, west.t3, west.t4 and 2 more", "query")
        assert screen.text.count("alias = west") == 1


def test_everything_downstream_can_be_copied(page):
    """Where rows end up, over any number of connectors, is one flat text; and who else may be concerned is said."""
    screen = page(shop(), "#dataset=postgres%3Ashop.public.users")
    screen.reads("Everything downstream (3)", "2 connectors of this page have unresolved reads or writes")
    text = screen.driver.execute_script("return document.querySelector('.flat textarea').value")
    assert sorted(line.split("\t") for line in text.split("\n")) == [
        ["hive", "west.x", "2 steps", "away"],
        ["kafka", "pg.users", "1 step", "cdc"],
        ["s3", "lake/users", "2 steps", "sink"],
    ]
    screen.click("show them")
    screen.reads("1 connector\n")
    assert screen.driver.find_element("id", "unresolved").is_selected()


def test_datasets_with_the_same_connectors_are_one_node(page):
    """A picture of many edges draws what one connector reads or writes alone as one group, which lists its members."""
    screen = page(large(20))
    labels = nodes(screen)
    assert "team3.3.*\n4 topics" in labels
    assert "db3.public.*\n5 of postgres" in labels
    screen.driver.execute_script(
        "lineagePage.graph.cy.nodes().filter(one => one.data('label').startsWith('db3.public'))[0].emit('tap')"
    )
    screen.reads("5 of postgres, with the same readers and writers", "postgres: db3.public.t4")


def test_nothing_found_is_said(page):
    """A search without a match says so and how to go on."""
    screen = page(shop())
    type_into(screen, "no such thing")
    screen.reads("Nothing found.")


def test_a_cluster_without_connectors_says_so(page):
    """An empty cluster blames neither the search nor the filters."""
    head, _ = shop()
    screen = page((replace(head, unread={}, connectors=()), []))
    screen.reads("0 connectors", "There are no connectors.", "connector_patterns allow none")
    assert not screen.shows("Nothing found")


def test_a_telephone_gets_one_column(page):
    """On a narrow screen list, picture and details have the whole width each, and nothing sticks out of it."""
    screen = page(shop())
    narrow = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    widths = (
        "return [document.documentElement.scrollWidth,"
        " ...['nav', 'main > section', 'aside'].map(one => document.querySelector(one).offsetWidth)]"
    )
    screen.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    try:
        wait_for("one column", lambda: screen.driver.execute_script(widths) == [390] * 4)
    finally:
        screen.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_dark_desktop_gets_a_dark_page(page):
    """Page and picture follow the scheme of the desktop."""
    screen = page(shop())
    colour = (
        "return [getComputedStyle(document.body).backgroundColor, lineagePage.graph.cy.edges()[0].style('line-color')]"
    )
    light = screen.driver.execute_script(colour)
    scheme = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
    try:
        wait_for("the dark page", lambda: screen.driver.execute_script(colour)[0] == "rgb(27, 31, 36)")
        wait_for("the dark picture", lambda: screen.driver.execute_script(colour)[1] != light[1])
    finally:
        screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_filters(page):
    """By platform, state, kind, and unresolved only; cleared with one click."""
    screen = page(shop())
    for name, value, found in (("state", "FAILED", "cdc"), ("kind", "source", "cdc"), ("platform", "s3", "sink")):
        screen.driver.execute_script(
            "const s = document.getElementById(arguments[0]); s.value = arguments[1];"
            " s.dispatchEvent(new Event('change'))", name, value,
        )  # fmt: skip
        screen.reads("1 connector\n")
        assert screen.driver.find_element("css selector", "#list .row").text.startswith(found)
        screen.click("clear")
        screen.reads("3 connectors\n")
    screen.driver.find_element("id", "unresolved").click()
    screen.reads("1 connector\n")


def test_hostile_names_are_only_text(page):
    """Names that are markup, quotes, line ends or halves of characters run nothing and load nothing."""
    screen = page(hostile())
    screen.reads("</script><img src=x onerror=", "(no name)", f"{len(HOSTILE)} connectors")
    for row in range(len(HOSTILE)):
        screen.driver.find_elements("css selector", "#list .row")[row].click()
        wait_for("its details", lambda: screen.driver.find_elements("css selector", "aside .edge"))
    assert screen.driver.execute_script("return document.body.dataset.hacked || document.images.length") == 0
    assert screen.driver.execute_script("return document.querySelectorAll('svg, iframe, link').length") == 0
    assert screen.driver.get_log("browser") == []


def test_no_request_leaves_the_page(page):
    """The page loads itself and nothing else."""
    screen = page(shop(), "#connector=cdc")
    assert screen.driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert screen.driver.get_log("browser") == []


def test_a_large_cluster_opens_on_platforms(page):
    """2,000 connectors with 10,000 edges are platforms first, no hairball; a click narrows."""
    screen = page(large(2_000))
    screen.reads("2,000 connectors", "10,000 edges by platform")
    assert sorted(label.split("\n")[0] for label in nodes(screen)) == ["kafka", "postgres", "snowflake"]


def test_search_leads_to_a_neighbourhood(page):
    """Typing narrows the list, Enter opens what is around the first match, Back returns."""
    screen = page(large(2_000))
    type_into(screen, "source-777")
    screen.reads("1 connector\n")
    type_into(screen, "source-777\n")
    screen.reads("around source-777")
    labels = nodes(screen)
    assert "source-777\nsource · running" in labels
    assert "sink-777\nsink · running" in labels
    assert len(labels) < 40
    assert screen.driver.current_url.endswith("#connector=source-777")
    screen.driver.back()
    wait_for("the way back", lambda: "#" not in screen.driver.current_url)


def test_a_topic_that_everybody_reads(page):
    """A thousand readers of one topic are a few and a count, and the count opens more of them."""
    screen = page(large(2_000), "#dataset=kafka%3Ateam0.0.t0")
    screen.reads("around team0.0.t0")
    assert "… 980 more" in nodes(screen)
    before = len(nodes(screen))
    screen.driver.execute_script("lineagePage.graph.cy.nodes('.more')[0].emit('tap')")
    assert len(nodes(screen)) == before + 200
    assert "… 880 more" in nodes(screen)


def test_what_a_click_lights(page):
    """A click on a table lights where its rows go, and not its neighbours in the same connector."""
    screen = page(large(8))
    lit = screen.driver.execute_script(
        "const cy = lineagePage.graph.cy;"
        "cy.nodes().filter(one => one.data('label').startsWith('db3.public.t1'))[0].emit('tap');"
        "return cy.nodes('.lit').map(one => one.data('label').split('\\n')[0])"
    )
    assert sorted(lit) == ["db3.public.t1", "raw.team3.n3_t1", "sink-3", "source-3", "team3.3.t1"]


def test_every_part_is_reached_by_keyboard(page):
    """`/` goes to the search, arrows walk through the list, Escape leaves what was opened, and rows are buttons."""
    from selenium.webdriver.common.keys import Keys

    screen = page(shop(), "#connector=cdc")
    screen.driver.find_element("tag name", "body").send_keys(Keys.ESCAPE)
    wait_for("the whole", lambda: "#" not in screen.driver.current_url)
    screen.driver.find_element("tag name", "body").send_keys("/")
    assert screen.driver.execute_script("return document.activeElement.id") == "search"
    screen.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    screen.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert screen.driver.switch_to.active_element.text.startswith("cdc")
    assert all(one.tag_name == "button" for one in screen.driver.find_elements("css selector", "#list > *"))
