"""A configuration that notes which of its keys were read, whatever way they were read in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kc_lineage_dagster.derive.config import Config, entries, first, flag, part, replaced, stripped, unwatched, without
from kc_lineage_dagster.derive.watched import Watched

CONFIG = {"topic.prefix": "crm", "tasks.max": "1", "transforms.route.regex": "a", "blank": " "}


def through(read: Callable[[Config], object]) -> set[str]:
    """The keys that are noted."""
    config = Watched(CONFIG)
    read(config)
    return config.read


@pytest.mark.parametrize(
    ("read", "noted"),
    [
        (lambda config: config["topic.prefix"], {"topic.prefix"}),
        (lambda config: config.get("topic.prefix", ""), {"topic.prefix"}),
        (lambda config: "topic.prefix" in config, {"topic.prefix"}),
        (lambda config: first(config, "topics", "blank", "topic.prefix", "tasks.max"), {"blank", "topic.prefix"}),
        (lambda config: (config.get("topics"), "topics" in config, flag(config, "topics")), set()),
        (lambda config: list(config), set(CONFIG)),
        (lambda config: {**config}, set(CONFIG)),
        (lambda config: [text for text in config.values() if text == "a"], set(CONFIG)),
        (lambda config: entries(config, lambda key, _: key.startswith("topic.")), {"topic.prefix"}),
        (lambda config: entries(config, lambda _, value: value == "1"), {"tasks.max"}),
        (lambda config: stripped(config, "transforms.route."), set()),
        (lambda config: stripped(config, "transforms.")["route.regex"], {"transforms.route.regex"}),
        (lambda config: stripped(stripped(config, "transforms."), "route.").get("regex"), {"transforms.route.regex"}),
        (lambda config: part(config, "transforms.route.", {"regex": "a"})["regex"], {"transforms.route.regex"}),
        (lambda config: replaced(config, {"tasks.max": "2"}), set()),
        (lambda config: replaced(config, {"tasks.max": "2"})["tasks.max"], {"tasks.max"}),
        (lambda config: without(config, {"blank"}).get("blank"), set()),
        (lambda config: without(config, {"blank"})["tasks.max"], {"tasks.max"}),
        (lambda config: list(unwatched(config).values()), set()),
    ],
)
def test_keys_are_noted_when_their_value_or_presence_is_told(read: Callable[[Config], object], noted: set[str]):
    """Each way of reading notes the present keys that it tells of, by their full names, and no others."""
    assert through(read) == noted


def test_a_watched_configuration_reads_as_the_configuration_does():
    """Values, defaults, absent keys and iteration are those of the dictionary, also of a part."""
    config = Watched(CONFIG)
    assert dict(config) == CONFIG
    assert (len(config), config.get("topics"), config.get("topics", "x")) == (len(CONFIG), None, "x")
    assert dict(stripped(config, "transforms.")) == stripped(CONFIG, "transforms.") == {"route.regex": "a"}
    assert dict(replaced(config, {"blank": "b"})) == {**CONFIG, "blank": "b"}
    assert dict(without(config, {"blank"})) == {key: value for key, value in CONFIG.items() if key != "blank"}
    with pytest.raises(KeyError):
        config["topics"]
    assert "topics" not in config
