"""What derivation wants to know of catalogs: first written down, then asked, so that servers are asked in bulk.

Lineage is derived with a view that knows little and writes down what it is asked (``Listening``); the providers answer
these questions; answers lead to further ones (``gather``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, runtime_checkable

from kc_lineage_dagster.catalog.holdings import Holdings, InstanceOf, View
from kc_lineage_dagster.lineage import KAFKA, ConnectorLineage, Dataset


@dataclass(frozen=True, slots=True)
class Questions:
    """What derivation wants to know beyond what Connect says.

    Args:
        platforms: Platforms of which all datasets matter.
        datasets: (platform, name with its platform instance): datasets whose fields, kind or existence matter.
        topics: (connector, topic): topics whose records matter.
        list_topics: Whether Kafka's own list of topics matters.
    """

    platforms: frozenset[str] = frozenset()
    datasets: frozenset[tuple[str, str]] = frozenset()
    topics: frozenset[tuple[str, str]] = frozenset()
    list_topics: bool = False

    def __bool__(self) -> bool:
        return bool(self.platforms or self.datasets or self.topics or self.list_topics)

    def beyond(self, others: Questions) -> Questions:
        """Return the questions that are not among the others."""
        return Questions(
            self.platforms - others.platforms,
            self.datasets - others.datasets,
            self.topics - others.topics,
            self.list_topics and not others.list_topics,
        )

    def and_(self, others: Questions) -> Questions:
        """Return these questions and the others."""
        return Questions(
            self.platforms | others.platforms,
            self.datasets | others.datasets,
            self.topics | others.topics,
            self.list_topics or others.list_topics,
        )


@runtime_checkable
class Provider(Protocol):
    """One place that knows more than Connect."""

    @property
    def scope(self) -> str:
        """Name the place, and what of it is asked: answers are remembered under this text, which holds no secret."""

    def answer(self, questions: Questions) -> Holdings:
        """Return what is known there about the questions.

        What goes wrong is a note of the holdings, in every answer that it concerns: answers with a note are not
        remembered.
        """


@dataclass(slots=True)
class Notebook:
    """Questions while derivation asks them.

    Args:
        platforms: See ``Questions``.
        datasets: See ``Questions``.
        topics: See ``Questions``.
        list_topics: See ``Questions``.
        open: Connectors whose edges wait for an answer.
    """

    platforms: set[str] = field(default_factory=set)
    datasets: set[tuple[str, str]] = field(default_factory=set)
    topics: set[tuple[str, str]] = field(default_factory=set)
    list_topics: bool = False
    open: set[str] = field(default_factory=set)

    def questions(self) -> Questions:
        """Return all questions that were asked so far."""
        return Questions(frozenset(self.platforms), frozenset(self.datasets), frozenset(self.topics), self.list_topics)


@dataclass(frozen=True)
class Listening(View):
    """A view that writes down what the edges of its connector depend on."""

    notebook: Notebook = field(default_factory=Notebook)

    def datasets(self, platform: str) -> tuple[str, ...]:
        """See ``View``."""
        self.notebook.platforms.add(platform)
        self.notebook.open.add(self.connector)
        return super().datasets(platform)

    def topics(self) -> tuple[str, ...]:
        """See ``View``."""
        self.notebook.list_topics = True
        self.notebook.open.add(self.connector)
        return super().topics()

    def fields(self, dataset: Dataset) -> tuple[str, ...] | None:
        """See ``View``."""
        self._ask(dataset)
        return super().fields(dataset)

    def key_fields(self, dataset: Dataset) -> tuple[str, ...] | None:
        """See ``View``."""
        self._ask(dataset)
        return super().key_fields(dataset)

    def value_names(self, topic: str) -> tuple[str, ...]:
        """See ``View``."""
        self.ends(Dataset(KAFKA, topic))  # by its full name too: answers are remembered under that
        self.notebook.open.add(self.connector)
        return super().value_names(topic)

    def _ask(self, dataset: Dataset) -> None:
        self.ends(dataset)
        self.notebook.open.add(self.connector)

    def ends(self, *datasets: Dataset | None) -> None:
        """Write down datasets whose fields will be asked for: the ends of an edge."""
        for dataset in datasets:
            if dataset is not None:
                self.notebook.datasets.add((dataset.platform, self.full_name(dataset)))
                if dataset.platform == KAFKA:
                    self.notebook.topics.add((self.connector, dataset.name))


# From connectors (None: all of them) and a catalog to their lineage, without columns.
Derive = Callable[["frozenset[str] | None", Callable[[str], View]], Iterable[ConnectorLineage]]

# Answers lead to new questions (a table that the catalog names has fields, and those tell an outbox), and no further.
_ROUNDS = 3


def gather(providers: Iterable[Provider], known: Holdings, derive: Derive, instance_of: InstanceOf) -> Holdings:
    """Ask the providers what derivation wants to know, and return their answers over what is known.

    The fields at both ends of every edge are among the questions. Where providers differ, the first one counts.

    Args:
        providers: The most trusted one first.
        known: What is known without asking: files.
        derive: Derives lineage from a view of a catalog, which writes down what it is asked.
        instance_of: The platform instance of a dataset as one connector sees it.
    """
    providers, asked, notes = tuple(providers), Questions(), dict.fromkeys(known.notes)
    connectors: frozenset[str] | None = None
    for _ in range(_ROUNDS if providers else 0):
        notebook = Notebook()
        view = partial(Listening, known, instance_of=instance_of, notebook=notebook)
        for lineage in derive(connectors, view):
            for edge in lineage.edges:
                view(lineage.connector).ends(edge.upstream, edge.downstream)
        questions, connectors = notebook.questions().beyond(asked), frozenset(notebook.open)
        if not questions:
            break
        asked = asked.and_(questions)
        for provider in providers:
            found = provider.answer(questions)
            notes.update(dict.fromkeys(found.notes))
            known = known.over(found)
        if not connectors:
            break
    return known.noting(tuple(notes))
