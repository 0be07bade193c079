"""The algebra of transforms: a chain of steps, run forwards on records and backwards on topic names.

Forwards a step turns one record into none (dropped), one, or several (undecided, with a doubt). A step that needs the
topic's name cannot go on where the name depends on record content: the outcome then waits before that step. Backwards a
chain tells which topics, before it, may have become a given one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.records import ANY_TOPIC, Opaque, Record, TopicPattern
from kc_lineage_dagster.java_regex import Preimage
from kc_lineage_dagster.lineage import Unresolved
from kc_lineage_dagster.wording import first_few

Step = Callable[[Record], tuple[Record, ...]]
Undo = Callable[[str], "tuple[Preimage, ...] | None"]

NAMELESS = "a transform renames its topic to an empty name, which no topic has"
# the doubt of an outbox router about records of a table whose columns are not known
PERHAPS_NO_OUTBOX = "only rows of an outbox table get through"
MOST_OUTCOMES = 64
MOST_PREIMAGES = 256


def keeps_topic(topic: str) -> tuple[Preimage, ...] | None:
    """Return no topic: the ``undo`` of a step that never renames one, so that nothing but the unchanged name leads
    there.

    >>> keeps_topic("orders")
    ()
    """
    return ()


@dataclass(frozen=True, slots=True)
class Transform:
    """One transform of a connector, ready to run.

    Args:
        alias: Its name in ``transforms``.
        step: Runs it forwards on a record.
        by_topic: Whether the step looks at the topic's name, so that it must wait where that is a pattern.
        undo: From a topic to the topics, other than the unchanged one, that the step turns into it; None when nobody
            can tell.
        known: Whether what it does to fields is known.
        by_content: Whether it names topics after fields of records.
    """

    alias: str
    step: Step
    by_topic: bool = False
    undo: Undo = keeps_topic
    known: bool = True
    by_content: bool = False


@dataclass(frozen=True, slots=True)
class TransformOptions:
    """What a transform is built from.

    Args:
        alias: Its name in ``transforms``.
        class_name: Its class, without ``$Key`` and ``$Value``.
        part: ``Key``, ``Value`` or None.
        config: Its own keys, without ``transforms.<alias>.``.
        kind: ``source`` or ``sink``: what the connector is.
    """

    alias: str
    class_name: str
    part: str | None
    config: Config
    kind: str


Build = Callable[[TransformOptions], "Transform | Unresolved"]
Chain = tuple[Transform, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A record at the end of the chain, or waiting before step ``at`` because its topic is a pattern."""

    record: Record
    at: int


def run(chain: Chain, record: Record, start: int = 0) -> tuple[Outcome, ...]:
    """Return all outcomes of a record; more than MOST_OUTCOMES become one of which nothing is known.

    Args:
        chain: The transforms.
        record: The record before step ``start``.
        start: The number of the step to begin with, from 0.

    >>> prefix = Transform("p", lambda record: (record.to(f"raw.{record.topic}"),), by_topic=True)
    >>> [outcome] = run((prefix,), Record(None, "orders"))
    >>> outcome.record.topic
    'raw.orders'
    """
    waiting: list[Outcome] = []
    records = [record if record.start or not chain else replace(record, start=record)]
    for at in range(start, len(chain)):
        transform = chain[at]
        after: list[Record] = []
        for one in records:
            if transform.by_topic and not isinstance(one.topic, str):
                waiting.append(Outcome(one, at))
            else:
                after.extend(transform.step(one))
        records = after if len(after) <= MOST_OUTCOMES else [_any_of(after)]
    return (*waiting, *(Outcome(one, len(chain)) for one in records))


def nothing_passes(chain: Chain, records: Iterable[Record]) -> tuple[Unresolved, ...]:
    """Return which transforms drop all of the records; () where some may get through, and where there are none.

    Args:
        chain: The transforms.
        records: Before the first of them.

    >>> everything = Transform("f", lambda record: ())
    >>> [str(item) for item in nothing_passes((everything,), [Record(None, "orders"), Record(None, "users")])]
    ['transform f: drops every record of orders, users, so nothing is written: change its predicate, or take it out']
    """
    dropped: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        if run(chain, record):
            return ()
        alias = next(one.alias for at, one in enumerate(chain, 1) if not run(chain[:at], record))
        dropped[alias].append(record)
    return tuple(
        Unresolved(
            f"transform {alias}",
            f"drops every record of {first_few(str(one.origin or one.topic) for one in those)}, so nothing is written: "
            "change its predicate, or take it out",
        )
        for alias, those in dropped.items()
    )


def _any_of(records: list[Record]) -> Record:
    topic = TopicPattern(ANY_TOPIC, "(one of very many)")
    anything = replace(records[0], topic=topic, key=Opaque(), value=Opaque())
    return anything.doubt(f"the transforms leave more than {MOST_OUTCOMES} possible outcomes")


@dataclass(frozen=True, slots=True)
class Beforehand:
    """The topics, at one place of the chain, that may become a given one. ``complete``: there can be no others."""

    preimages: tuple[Preimage, ...]
    complete: bool

    @property
    def exact(self) -> tuple[str, ...]:
        """Return the topics without holes."""
        return tuple(parts[0] for parts in self.preimages if len(parts) == 1 and isinstance(parts[0], str))


def backwards(chain: Chain, topic: str) -> tuple[Beforehand, ...]:
    """Return, for every place of the chain (0: before its first step), the topics that may become ``topic``.

    >>> undo = lambda topic: ((topic.removeprefix("raw."),),) if topic.startswith("raw.") else ()
    >>> prefix = Transform("p", lambda record: (record.to(f"raw.{record.topic}"),), by_topic=True, undo=undo)
    >>> before, after = backwards((prefix,), "raw.orders")
    >>> before.exact, after.exact
    (('raw.orders', 'orders'), ('raw.orders',))
    """
    places = [Beforehand(((topic,),), True)]
    for transform in reversed(chain):
        places.append(_before(transform, places[-1]))
    return tuple(reversed(places))


def _before(transform: Transform, after: Beforehand) -> Beforehand:
    found = dict.fromkeys(after.preimages)
    complete = after.complete
    if transform.undo is keeps_topic:
        return after
    for parts in after.preimages:
        part = parts[0] if len(parts) == 1 else None
        undone = transform.undo(part) if isinstance(part, str) else None
        complete = complete and undone is not None
        found.update(dict.fromkeys(undone or ()))
    preimages = tuple(found)
    return Beforehand(preimages[:MOST_PREIMAGES], complete and len(preimages) <= MOST_PREIMAGES)
