"""Whatever derivation reads is in the fingerprint: what changes lineage changes the fingerprint."""

from __future__ import annotations

import ast
import hashlib
import random
import sys
from dataclasses import fields, replace
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema
from kc_lineage_dagster.connect.snapshot import Connector, Note, Offset, TaskState
from kc_lineage_dagster.derive.settings import GenericEntry, Settings
from kc_lineage_dagster.emit.urns import Naming
from kc_lineage_dagster.lineage import Dataset
from kc_lineage_dagster.recipe.files import recipe_of
from kc_lineage_dagster.run import fingerprint as module
from kc_lineage_dagster.run.cluster import Cluster
from kc_lineage_dagster.run.fingerprint import LIBRARIES, fingerprint
from kc_lineage_dagster.state.codec import lasting_digest
from tests.modules import MODULES, PACKAGE, statements
from tests.properties.test_clusters import EVERY, lineages
from tests.tries import tries

# What takes part in making lineage, its documents and its proposals of what was read.
MAKERS = ("derive/", "java_regex/", "lineage.py", "catalog/holdings.py", "emit/aspects.py", "emit/limits.py")
MAKERS += ("emit/sentences.py", "emit/urns.py", "key_words.py", "wording.py", "state/codec.py", "run/describe.py")

WORDS = ("RUNNING", "FAILED", "PAUSED", "source", "sink", "offsets: answered 500", "orders", "x.public.orders", "")


def changed(one: Connector, chance: random.Random) -> Connector:
    """The connector with one thing changed that a worker may answer otherwise."""
    word, key = chance.choice(WORDS), chance.choice(sorted(one.config))
    offsets = chance.choice(
        [
            (),
            tuple(Offset(at.partition, dict.fromkeys(at.offset or (), 7)) for at in one.offsets),
            tuple(Offset(at.partition, None) for at in one.offsets),
            (*one.offsets, Offset({"kafka_topic": word, "kafka_partition": 0}, {"kafka_offset": chance.randint(0, 2)})),
            (*one.offsets, Offset({"filename": word, "protocol": "1", "table": word}, {"position": 1})),
        ]
    )
    changes: list[dict[str, Any]] = [
        {"kind": chance.choice(("source", "sink", "unknown"))},
        {"config": {**one.config, key: f"{one.config[key]}{word}"}},
        {"config": {name: value for name, value in one.config.items() if name != key}},
        {"config": {**one.config, "topics": word}},
        {"state": word},
        {"trace": f"Error: {word}\n\tat {chance.random()}"},
        {"tasks": (TaskState(0, chance.choice(("RUNNING", "FAILED")), f"{word}\n{chance.random()}"),)},
        {"topics": chance.choice((None, (), (word,), (*(one.topics or ()), word)))},
        {"offsets": offsets},
        {"task_configs": ({**one.config, "tables": word},)},
        {"notes": (Note("topics", word),)},
    ]
    return replace(one, **chance.choice(changes))


@tries(60)
@given(
    st.lists(st.sampled_from(EVERY), min_size=1, max_size=6, unique_by=lambda one: one.name),
    st.randoms(use_true_random=False),
)
def test_an_answer_that_changes_lineage_changes_the_digest_of_its_connector(
    connectors: list[Connector], chance: random.Random
):
    """Whichever answer of a worker comes otherwise: where no digest differs, no lineage of the cluster does."""
    at = chance.randrange(len(connectors))
    others = [*connectors]
    for _ in range(chance.randint(1, 3)):
        others[at] = changed(others[at], chance)
    if lasting_digest(connectors[at]) == lasting_digest(others[at]):
        assert lineages(connectors) == lineages(others)


def cluster(**options: Any) -> Cluster:
    source = {"type": "kafka-connect", "config": {"connect_uri": options.pop("connect_uri", "http://worker:8083")}}
    return Cluster.of(recipe_of({"source": source, "options": options}, Path("shop.yml")))


SETTINGS = Settings(columns=True)
HELD = Holdings({"postgres": Platform({"shop.users": Schema(("id",))})}, frozenset(("a", "b")), ("note",))
OTHER: dict[str, Any] = {
    "generic": {"c": GenericEntry("c", Dataset("s3", "x"), "sink", "t")},
    "cluster_aliases": {"A": None},
    "letter_case": {"postgres": "keep"},
    "plugin_classes": frozenset({"a.B"}),
    "plugin_versions": {"a.B": "2"},
    "transforms": {"a.B": "keeps_topic"},
    "notes": ("n",),
    "topics": {"c": ("t",)},
    "quiet": frozenset({Dataset("postgres", "shop.users")}),
    "columns": False,
}


def of(settings: Settings = SETTINGS, held: Holdings = HELD, read: Any = None, mark: str = "m", **options: Any) -> str:
    return fingerprint(cluster(**options), settings, held, {"c": "1"} if read is None else read, mark)


@pytest.mark.parametrize("name", [one.name for one in fields(Settings) if one.name != "catalog"])
def test_each_setting_of_derivation_is_in_it(name: str):
    """A setting that is added to derivation needs an example here; ``catalog`` is a view of ``Holdings``."""
    assert of(replace(SETTINGS, **{name: OTHER[name]})) != of()


@pytest.mark.parametrize(
    "held",
    [
        Holdings(),
        replace(HELD, topics=frozenset(("a",))),
        replace(HELD, notes=()),
        replace(HELD, platforms={"mysql": HELD.platforms["postgres"]}),
        *(
            replace(HELD, platforms={"postgres": Platform({name: schema})})
            for name, schema in (
                ("shop.user", Schema(("id",))),
                ("shop.users", Schema(("id", "name"))),
                ("shop.users", Schema(None)),
                ("shop.users", Schema(("id",), ("id",))),
                ("shop.users", Schema(("id",), value_names=("v",))),
                ("shop.users", Schema(("id",), view=False)),
            )
        ),
    ],
)
def test_all_that_files_hold_is_in_it(held: Holdings):
    """Names, fields, keys, records and views of datasets, the topics that Kafka lists, and notes."""
    assert of(held=held) != of()


def test_it_is_the_same_however_what_files_hold_was_looked_at():
    """A catalog keeps what it has looked up, and sets have no order."""
    looked = Holdings({"postgres": Platform({"shop.users": Schema(("id",))})}, frozenset(("b", "a")), ("note",))
    assert looked.platforms["postgres"].of_instance(None)
    assert looked.platforms["postgres"].by_lower
    assert of(held=looked) == of()


def test_what_decides_proposals_is_in_it():
    """The connectors, the mark, and the links."""
    cloud = "https://api.confluent.cloud/connect/v1/environments/{}/clusters/lkc-1"
    found = [
        of(),
        of(read={}),
        of(read={"c": "2"}),
        of(read={"d": "1"}),
        of(mark="other"),
        of(external_url="https://a/{connector}"),
        of(connect_uri=cloud.format("env-1")),
        of(connect_uri=cloud.format("env-2")),
    ]
    assert len(set(found)) == len(found)


def test_each_rule_for_urns_is_in_it():
    """A rule that is added to ``Naming`` is covered, because the record is taken whole."""
    seen = {fields_of(module._plain(replace(Naming(), **{name: value}))) for name, value in NAMINGS.items()}
    assert NAMINGS.keys() == {one.name for one in fields(Naming)}
    assert len(seen | {fields_of(module._plain(Naming()))}) == len(NAMINGS) + 1


NAMINGS: dict[str, Any] = {
    "env": "DEV",
    "platform_instance": "i",
    "platform_instance_map": {"kafka": "k"},
    "connect_to_platform_map": {"c": {"kafka": "k"}},
    "lowercase": True,
}


def fields_of(plain: Any) -> str:
    return repr(plain)


def test_a_value_without_a_form_is_refused():
    """A function among the settings would change unseen."""
    with pytest.raises(TypeError, match="has no fingerprint"):
        module._plain({"c": print})


@pytest.mark.slow
def test_the_libraries_that_make_lineage_are_in_it():
    """A library that derivation begins to use must be named, or an upgrade of it would change nothing."""
    found: set[str] = set()
    for path in MODULES:
        if path.relative_to(PACKAGE).as_posix().startswith(MAKERS):
            for node in statements(path):
                names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
                names += [one.name for one in node.names] if isinstance(node, ast.Import) else []
                found |= {name.partition(".")[0] for name in names}
    foreign = found - sys.stdlib_module_names - {"kc_lineage_dagster"}
    distributions = packages_distributions()
    assert {distributions[name][0].lower() for name in foreign} <= {one.replace("-", "_") for one in LIBRARIES}
    assert {f"{name} {version(name)}" for name in LIBRARIES} <= set(module._code())


def test_the_text_of_this_package_is_in_it(tmp_path: Path):
    """A checkout changes without a new version: another letter in any module is another fingerprint."""
    (tmp_path / "derive").mkdir()
    texts = []
    for word in ("a", "b"):
        (tmp_path / "derive" / "sink.py").write_text(word)
        text = hashlib.sha256()
        module._add(text, tmp_path)
        texts.append(text.hexdigest())
    assert len({*texts}) == 2
