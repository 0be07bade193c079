"""Remember the answers of catalogs between syncs (``options.catalog_refresh``).

What was asked lately is not asked again, and where a server is away its last answer still counts.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from kc_lineage_dagster.catalog.holdings import UNKNOWN_SCHEMA, Holdings, Platform, Schema
from kc_lineage_dagster.catalog.questions import Provider, Questions
from kc_lineage_dagster.errors import StateError
from kc_lineage_dagster.lineage import KAFKA

_SINGLE, _TOPICS = "single datasets", "topics that Kafka lists"
_NEVER = (-math.inf, None)


class Memory(Protocol):
    """A store of texts by key that outlives a run (``state.cache.Cache``)."""

    def recall(self, key: str) -> tuple[float, str] | None:
        """Return when a text was remembered, in seconds since 1970, and the text; None where there is none."""

    def remember(self, key: str, text: str) -> None:
        """Keep a text, in place of the one that the key had before."""


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """A memory for runs that write nothing, such as a preview. One that cannot be read counts as empty."""

    memory: Memory

    def recall(self, key: str) -> tuple[float, str] | None:
        """See ``Memory``."""
        try:
            return self.memory.recall(key)
        except StateError:
            return None

    def remember(self, key: str, text: str) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Remembering:
    """A provider with a memory.

    Args:
        provider: Asked for what the memory does not hold, or holds no longer fresh.
        memory: Keeps the answers.
        fresh: Seconds for which an answer counts without being asked for again.
        now: Seconds since 1970.
        since: When the oldest of the answers was given, in seconds since 1970: until one of them is no longer fresh,
            the same questions get the same answers. Minus infinity once something could not be answered.
    """

    provider: Provider
    memory: Memory
    fresh: float
    now: Callable[[], float]
    since: float = field(default=math.inf, init=False)

    @property
    def scope(self) -> str:
        """See ``Provider``."""
        return self.provider.scope

    def answer(self, questions: Questions) -> Holdings:
        """Return what is remembered, and the provider's answers to the rest; where it fails, what it answered last."""
        single = _Single.of(self._recall(_SINGLE)[1])
        held: defaultdict[str, dict[str, Schema]] = defaultdict(dict)
        asked = self._unknown(questions, single, held)
        if asked:
            self.since = min(self.since, self.now())
        found = self.provider.answer(asked) if asked else Holdings()
        failed = bool(found.notes)
        if failed:
            self.since = -math.inf
        for platform in asked.platforms:
            names = found.platforms.get(platform, Platform()).names
            self._settle(platform, names, failed, held)
        self._settle_single(asked, found, failed, single)
        held = single.into(questions, held)
        topics = self._topics(asked, found, failed) if questions.list_topics else frozenset()
        known = {platform: Platform(names) for platform, names in held.items() if names}
        return Holdings(known, topics, found.notes)

    def _recall(self, key: str) -> tuple[float, Any]:
        """Return when a text was remembered under a key, and what it says.

        Nothing, and a text that is no JSON, is None of long ago.
        """
        entry = self.memory.recall(key)
        try:
            return (entry[0], json.loads(entry[1])) if entry else _NEVER
        except ValueError:
            return _NEVER

    def _counts(self, given: float) -> bool:
        """Tell whether an answer is fresh, and note that it is counted on.

        ``given``: when it was given. One that a clock dates ahead of now is not fresh: nobody knows its age.
        """
        fresh = 0 <= self.now() - given < self.fresh
        if fresh:
            self.since = min(self.since, given)
        return fresh

    def _unknown(self, questions: Questions, single: _Single, held: defaultdict[str, dict[str, Schema]]) -> Questions:
        """Return the questions that memory does not answer, and add to ``held`` what it answers."""
        platforms: set[str] = set()
        for platform in questions.platforms:
            given, rows = self._recall(f"platform {platform}")
            if self._counts(given):
                held[platform].update(_schemas(rows))
            else:
                platforms.add(platform)
        unheld = (one for one in questions.datasets if one[1] not in held[one[0]])
        return Questions(
            frozenset(platforms),
            frozenset(one for one in unheld if not self._counts(single.given(one))),
            frozenset(one for one in questions.topics if not self._counts(single.given((KAFKA, one[1])))),
            questions.list_topics and not self._counts(self._recall(_TOPICS)[0]),
        )

    def _settle(
        self, platform: str, names: Mapping[str, Schema], failed: bool, held: defaultdict[str, dict[str, Schema]]
    ) -> None:
        key = f"platform {platform}"
        if failed:
            held[platform].update({**_schemas(self._recall(key)[1]), **names})
        else:
            held[platform].update(names)
            self.memory.remember(key, json.dumps([_row(name, schema) for name, schema in names.items()]))

    def _settle_single(self, asked: Questions, found: Holdings, failed: bool, single: _Single) -> None:
        wanted = {*asked.datasets, *((KAFKA, topic) for _, topic in asked.topics)}
        for platform, name in wanted:
            schema = found.platforms.get(platform, Platform()).names.get(name)
            if schema is not None or not failed:
                single.rows[platform, name] = (self.now(), schema)
        if wanted and not failed:
            self.memory.remember(_SINGLE, single.text())

    def _topics(self, asked: Questions, found: Holdings, failed: bool) -> frozenset[str]:
        if asked.list_topics and not failed:
            self.memory.remember(_TOPICS, json.dumps(sorted(found.topics)))
            return found.topics
        before = self._recall(_TOPICS)[1]
        return found.topics | frozenset(before if isinstance(before, list) else ())


@dataclass(slots=True)
class _Single:
    """Datasets that were asked for one by one.

    ``rows``: (platform, name) -> when it was asked for, in seconds since 1970, and its schema; None where the provider
    did not know the dataset.
    """

    rows: dict[tuple[str, str], tuple[float, Schema | None]]

    @classmethod
    def of(cls, stored: Any) -> _Single:
        """Return what ``text`` wrote; none for anything else."""
        try:
            return cls({(one[0], one[1]): (float(one[2]), one[3] and _schema(one[3])) for one in stored or ()})
        except (TypeError, ValueError, IndexError):
            return cls({})

    def given(self, dataset: tuple[str, str]) -> float:
        """Return when a dataset was asked for; minus infinity for one that never was."""
        return self.rows[dataset][0] if dataset in self.rows else -math.inf

    def into(
        self, questions: Questions, held: defaultdict[str, dict[str, Schema]]
    ) -> defaultdict[str, dict[str, Schema]]:
        """Return ``held`` with those of these datasets that are in question."""
        for dataset in {*questions.datasets, *((KAFKA, topic) for _, topic in questions.topics)}:
            schema = self.rows.get(dataset, (0.0, None))[1]
            if schema is not None:
                platform, name = dataset
                held[platform][name] = held[platform].get(name, UNKNOWN_SCHEMA).or_else(schema)
        return held

    def text(self) -> str:
        """Return these datasets as the JSON that ``of`` reads."""
        return json.dumps([[*key, when, schema and _row("", schema)[1:]] for key, (when, schema) in self.rows.items()])


def _row(name: str, schema: Schema) -> list[Any]:
    return [name, schema.fields, schema.key_fields, schema.value_names, schema.view]


def _schema(row: Any) -> Schema:
    fields, key_fields, names, view = row
    known, of_keys = (None if one is None else tuple(one) for one in (fields, key_fields))
    return Schema(known, of_keys, tuple(map(str, names)), view)


def _schemas(rows: Iterable[Any] | None) -> dict[str, Schema]:
    try:
        return {str(row[0]): _schema(row[1:]) for row in rows or ()}
    except (TypeError, ValueError, IndexError):
        return {}
