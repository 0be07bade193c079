"""Whatever is redacted or withheld, lineage stays: the examples, as they are and with names like secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kc_lineage_dagster.connect.answers import EXPANDED
from kc_lineage_dagster.connect.fetch import ReadingRules, read
from kc_lineage_dagster.connect.saved import Saved
from kc_lineage_dagster.connect.secrets.harmless import is_shown, lineage_keys
from kc_lineage_dagster.connect.secrets.keys import Role, role_of
from kc_lineage_dagster.derive.registry import registry
from kc_lineage_dagster.lineage import ConnectorLineage, Edge
from tests.examples import Example, read_examples
from tests.tries import Share, by_share
from tools.lineage_keys import lineage_keys as lineage_keys_now

TESTS = Path(__file__).resolve().parents[1]
WORDS = (
    "password_resets",
    "secret",
    "salt",
    "private_key",
    "api_keys",
    "passwords",
    "access_token",
    "user_credentials",
)


def examples() -> list[Example]:
    paths = [path for folder in ("families", "derive") for path in sorted((TESTS / folder).glob("*.txt"))]
    return [one for path in paths for one in read_examples(path)]


def passed_through_connect(example: Example, *, defined: bool) -> Example:
    """The example as a snapshot of a cluster holds it."""
    name = example.config.get("name", "example")
    answers: dict[str, Any] = {EXPANDED: {name: {"info": {"name": name, "config": example.config}, "status": {}}}}
    answers["/connectors"] = [name]
    tasks = [
        {"id": {"connector": name, "task": at}, "config": one} for at, one in enumerate(example.facts.get("tasks", ()))
    ]
    answers[f"/connectors/{name}/tasks"] = tasks
    answers[f"/connectors/{name}/offsets"] = {"offsets": example.facts.get("offsets", [])}
    if defined:
        classes = [value for key, value in example.config.items() if key == "connector.class" or key.endswith(".type")]
        answers |= {f"/connector-plugins/{one}/config": [] for one in classes}
    (found,) = read(Saved("here", answers), ReadingRules(wants=_everything)).whole().connectors
    facts = {**example.facts}
    if tasks:
        facts["tasks"] = list(found.task_configs)
    if example.facts.get("offsets"):
        facts["offsets"] = [{"partition": one.partition, "offset": one.offset} for one in found.offsets]
    return replace(example, config=dict(found.config), facts=facts)


def _everything(config: Mapping[str, str], kind: str) -> Any:
    from kc_lineage_dagster.connect.calls import Wants

    return Wants(topics=False, offsets=True, tasks=True)


def edges(lineage: ConnectorLineage) -> frozenset[Edge]:
    return frozenset(lineage.edges)


def without_credentials(example: Example) -> bool:
    """No URL of the example holds a password, which is part of no name, but of some unresolved texts."""
    return not any("@" in value and "://" in value for value in example.config.values())


@by_share
@pytest.mark.parametrize("defined", [True, False], ids=["with definitions", "without"])
def test_no_lineage_is_lost_to_what_is_withheld(defined: bool, share: Share) -> None:
    """Every example gives the same edges and unresolved items after it has gone through connect/."""
    lost, tried = [], 0
    for example in share.of(examples()):
        if "name" in example.config and "/" in example.config["name"]:
            continue
        tried += 1
        before, after = example.run(), passed_through_connect(example, defined=defined).run()
        same = edges(before) == edges(after) and (
            before.unresolved == after.unresolved or not without_credentials(example)
        )
        lost += [] if same else [f"{example.where}: {example.title}"]
    assert tried > (800 if share.whole else 30)
    assert lost == []


def names_in(example: Example) -> list[str]:
    """Topics and last parts of table names that the example's edges name and its configuration writes as words."""
    found = set()
    for edge in example.run().edges:
        for end in (edge.upstream, edge.downstream):
            if end is not None:
                found |= {end.name, end.name.rpartition(".")[2], end.name.rpartition("/")[2]}
    text = "\n".join([*example.config, *example.config.values()])
    usable = {name for name in found if re.fullmatch(r"[a-z][a-z0-9_]{2,40}", name) and name not in _TAKEN}
    return sorted(name for name in usable if re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", text))


# Words that are part of keys and settings too: to rename them makes another configuration.
_TAKEN = {word for key in lineage_keys() for word in re.split(r"[.\-_]", key)} | {"logs", "mysql", "postgres", "kafka"}


def renamed(value: Any, old: str, new: str) -> Any:
    """A value with one name changed wherever it stands as a word."""
    if isinstance(value, str):
        return re.sub(rf"(?<![A-Za-z0-9_]){old}(?![A-Za-z0-9_])", new, value)
    if isinstance(value, dict):
        return {renamed(key, old, new): renamed(item, old, new) for key, item in value.items()}
    return [renamed(item, old, new) for item in value] if isinstance(value, list) else value


def renamings(share: Share) -> Iterator[tuple[str, Example]]:
    for number, example in share.of(enumerate(examples())):
        for at, old in enumerate(names_in(example)):
            for word in (WORDS[(number + at) % len(WORDS)], WORDS[(number + at + 3) % len(WORDS)]):
                facts = {key: renamed(deepcopy(value), old, word) for key, value in example.facts.items()}
                yield (
                    f"{example.where}: {old} -> {word}",
                    replace(example, config=renamed(example.config, old, word), facts=facts),
                )


@by_share
@pytest.mark.parametrize("defined", [True, False], ids=["with definitions", "without"])
def test_no_name_is_taken_for_a_secret(defined: bool, share: Share) -> None:
    """Topics and tables called like secrets keep their lineage, wherever they stand in keys and values."""
    lost, tried = [], 0
    for what, example in renamings(share):
        if "name" in example.config and "/" in example.config["name"]:
            continue
        tried += 1
        if edges(example.run()) != edges(passed_through_connect(example, defined=defined).run()):
            lost.append(what)
    print(f"{tried} renamings, {len(lost)} lost")
    assert tried > (700 if share.whole else 10)  # which examples a share has changes with every new one
    assert lost == []


def test_what_a_family_is_named_by_is_shown() -> None:
    """The keys that name a family's datasets go out as they are, whatever they hold."""
    naming = {key for family in registry().families for key in family.naming}
    hidden = sorted(key for key in naming if not is_shown(key, "any word") or role_of(key) is Role.SECRET)
    assert len(naming) > 100
    assert hidden == []


@pytest.mark.slow
def test_what_derivation_reads_is_shown() -> None:
    """Every key that derivation reads now goes out as it is, by rule or because `make docs` wrote it."""
    hidden = [key for key in lineage_keys_now() if not is_shown(key, "any word")]
    assert hidden == []


@pytest.mark.parametrize("mark", ["<redacted>", "<withheld>", "a.<redacted>.b"])
def test_no_dataset_is_called_redacted(mark: str) -> None:
    """An edge to a name that was taken away is unresolved, with the reason."""
    example = Example("here", config={"connector.class": "FileStreamSink", "file": f"/out/{mark}", "topics": "orders"})
    lineage = example.run()
    assert lineage.edges == ()
    assert "was taken for a secret" in str(lineage.unresolved[0])
