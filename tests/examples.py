"""Examples as text: a configuration in properties form, what the cluster shows, and the lineage that must come out,
whole.

    # the rule, in one sentence
    connector.class=...
    topics=a,b
    @topics ["a", "b"]

    kafka:a -> postgres:shop.public.a
      id -> order_id
      ssn -> (dropped)
      mail -> mail by Hash
    ? b: nothing was consumed

Cases are separated by a line of ``---``. Directives hold JSON: ``@kind "source"``, ``@state "FAILED"``,
``@topics [...]`` (active topics; absent: not known), ``@offsets [{"partition": {}, "offset": {}}]``,
``@tasks [{"tables": "..."}]``, ``@cluster [...]`` (data topics of the other connectors), ``@internal [...]`` (their
book-keeping), ``@notes [...]`` (about what there are notes: ``offsets``),
``@catalog {"postgres:shop.a": ["id"]}`` (datasets and their columns, null where not known), ``@views [...]`` and
``@tables [...]`` (what kind they are, where that is known), ``@keys {"topic": ["id"]}`` (fields of a topic's keys),
``@kafka [...]`` (Kafka's own list),
``@values {"topic": "srv.a.Value"}`` (records in a schema registry; a list: of all versions, the latest first),
``@aliases {"us": "kafka-us"}``, ``@plugins [...]`` or ``{class: version}``. Field lines are compared only below edges
that have any. A ``?`` line is the whole text of an unresolved item, as users read it, and every item needs its line;
an advice that many families give (``_ADVICE``) is left out.
"""

from __future__ import annotations

import difflib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kc_lineage_dagster.catalog.holdings import Holdings, Platform, Schema
from kc_lineage_dagster.derive.derive import derive
from kc_lineage_dagster.derive.evidence import ClusterTopics
from kc_lineage_dagster.derive.settings import Settings
from kc_lineage_dagster.lineage import ConnectorLineage

_EARLIER = (
    "; if it is of an earlier configuration, PUT /connectors/<name>/topics/reset and then a full_refresh forget the"
    " topic"
)
_NAME_IT = "; write it into the configuration, or name the dataset in generic_connectors of the recipe"
# End of a line -> how the text goes on wherever that is said.
_ADVICE = {
    "is a reference": " that only the worker can resolve: give its value in provided_configs of the recipe",
    "explains this topic": _EARLIER,
    "tells the schema": _NAME_IT,
    "tells the database": _NAME_IT,
    "no list names the tables": (
        ", and active topics are not known: a worker tells them, and options.topics of the recipe can stand in"
    ),
}


@dataclass(frozen=True)
class SomeOffset:
    partition: dict[str, Any]
    offset: dict[str, Any] | None


@dataclass(frozen=True)
class SomeNote:
    about: str


@dataclass(frozen=True)
class SomeTask:
    state: str


@dataclass(frozen=True)
class SomeConnector:
    """A connector as derivation sees it (``derive.evidence.ConnectorView``)."""

    name: str
    config: dict[str, str]
    kind: str = "unknown"
    state: str = "RUNNING"
    tasks: tuple[SomeTask, ...] = ()
    topics: tuple[str, ...] | None = None
    offsets: tuple[SomeOffset, ...] = ()
    task_configs: tuple[dict[str, str], ...] = ()
    notes: tuple[SomeNote, ...] = ()


@dataclass
class Example:
    where: str
    title: str = ""
    config: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    edges: dict[str, list[str]] = field(default_factory=dict)
    unresolved: list[str] = field(default_factory=list)

    def run(self) -> ConnectorLineage:
        facts = self.facts
        topics = facts.get("topics")
        connector = SomeConnector(
            name=self.config.get("name", "example"),
            config=self.config,
            kind=facts.get("kind", "unknown"),
            state=facts.get("state", "RUNNING"),
            topics=None if topics is None else tuple(topics),
            offsets=tuple(SomeOffset(one["partition"], one.get("offset")) for one in facts.get("offsets", ())),
            task_configs=tuple(facts.get("tasks", ())),
            notes=tuple(map(SomeNote, facts.get("notes", ()))),
        )
        cluster = ClusterTopics.of(facts.get("cluster", ()), facts.get("internal", ()))
        settings = Settings(
            cluster_aliases=facts.get("aliases", {}),
            plugin_classes=frozenset(facts.get("plugins", ())),
            transforms=facts.get("transforms", {}),
            plugin_versions=plugins if isinstance(plugins := facts.get("plugins"), dict) else {},
            catalog=lambda name: _catalog(facts).seen_from(name, lambda *_: None),
        )
        return derive(connector, settings, lambda: cluster)

    def check(self) -> None:
        """The lineage is exactly what the example says."""
        lineage = self.run()
        self._same("edges", map(str, lineage.edges), self.edges)
        for edge in lineage.edges:
            fields = self.edges[str(edge)]
            if fields:
                self._same(f"fields of {edge}", map(str, edge.fields), fields)
        self._same("unresolved", {str(item) for item in lineage.unresolved}, map(_whole, self.unresolved))

    def _same(self, what: str, found: Iterable[str], said: Iterable[str]) -> None:
        """Both are the same lines, in whatever order; AssertionError shows those that differ."""
        is_so, must_be = sorted(found), sorted(said)
        if is_so != must_be:
            differing = [line for line in difflib.ndiff(must_be, is_so) if line[0] in "-+"]
            raise AssertionError("\n".join([f"{self.where}: {self.title}: {what}", *differing]))


def failures(examples: Iterable[Example]) -> list[str]:
    """Return what is wrong, for each example whose lineage is not what it says."""
    found = []
    for example in examples:
        try:
            example.check()
        except AssertionError as error:
            found.append(str(error))
    return found


def _whole(line: str) -> str:
    """The text of an unresolved item, of which a line leaves out the advice at its end."""
    if ": no longer selected by " in line or " is no longer selected by " in line:
        return line + _EARLIER
    return line + next((advice for end, advice in _ADVICE.items() if line.endswith(end)), "")


def _catalog(facts: dict[str, Any]) -> Holdings:
    kinds = {**dict.fromkeys(facts.get("views", ()), True), **dict.fromkeys(facts.get("tables", ()), False)}
    platforms: defaultdict[str, dict[str, Schema]] = defaultdict(dict)
    for key, columns in facts.get("catalog", {}).items():
        platform, _, name = key.partition(":")
        platforms[platform][name] = Schema(columns and tuple(columns), view=kinds.get(key))
    for topic, names in facts.get("keys", {}).items():
        platforms["kafka"][topic] = replace(platforms["kafka"].get(topic, Schema()), key_fields=tuple(names))
    for topic, given in facts.get("values", {}).items():
        names = (given,) if isinstance(given, str) else tuple(given)
        platforms["kafka"][topic] = replace(platforms["kafka"].get(topic, Schema()), value_names=names)
    named = {platform: Platform(names) for platform, names in platforms.items()}
    return Holdings(named, frozenset(facts.get("kafka", ())))


def read_examples(path: Path) -> list[Example]:
    """The examples of one file."""
    examples: list[Example] = []
    current = Example(f"{path.name}:1")
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), "---"], 1):
        if line.strip() == "---":
            if current.config:
                examples.append(current)
            current = Example(f"{path.name}:{number + 1}")
        else:
            _read_line(current, line)
    return examples


def _read_line(example: Example, line: str) -> None:
    text = line.strip()
    if not text:
        return
    if text.startswith("#"):
        example.title = f"{example.title} {text[1:].strip()}".strip()
    elif text.startswith("@"):
        key, _, value = text[1:].partition(" ")
        example.facts[key] = json.loads(value)
    elif text.startswith("? ") and not text.startswith("? -> "):
        example.unresolved.append(text[2:])
    elif line.startswith("  ") and " -> " in line:
        example.edges[next(reversed(example.edges))].append(text)
    elif " -> " in text and ("=" not in text.split(" -> ")[0] or not example.config):
        example.edges[text] = []
    else:
        key, _, value = line.partition("=")
        example.config[key.strip()] = value.strip()
