"""Where the long tail of connectors reads or writes: a place one key names, or none that a catalog knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.family import consumed, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

Places = Callable[[Config], Iterable[Dataset | Unresolved]]
Writes = Callable[[Config, Record], Iterable[Dataset | Unresolved]]

TOPIC = "${topic}"


def place(platform: str, *keys: str) -> Places:
    """Return the place that the first of the keys that is set names."""

    def find(config: Config) -> Iterator[Dataset | Unresolved]:
        name = first(config, *keys)
        yield Dataset(platform, name) if name else Unresolved(keys[0], "is not set")

    return find


def places(platform: str, *keys: str) -> Places:
    """Return the places that a comma-separated list names, under the first of the keys that is set."""

    def find(config: Config) -> Iterator[Dataset | Unresolved]:
        names = items(first(config, *keys))
        yield from (Dataset(platform, name) for name in names)
        if not names:
            yield Unresolved(keys[0], "is not set")

    return find


def within(platform: str, container: tuple[str, ...], keys: tuple[str, ...], separator: str = ".") -> Places:
    """Return a place inside another one (a table of a database): ``<container><separator><name>``, each named
    by keys.
    """

    def find(config: Config) -> Iterator[Dataset | Unresolved]:
        outer, inner = first(config, *container), first(config, *keys)
        if outer and inner:
            yield Dataset(platform, f"{outer}{separator}{inner}")
        else:
            yield Unresolved(container[0] if not outer else keys[0], "is not set")

    return find


def nowhere(config: Config) -> tuple[Dataset | Unresolved, ...]:
    """Return no place: a generator or an event feed has nothing upstream that a catalog could know."""
    return ()


def unknown(what: str, reason: str) -> Places:
    """Return a place that exists and cannot be told: why not, as ``<what>: <reason>``."""

    def find(config: Config) -> Iterator[Dataset | Unresolved]:
        yield Unresolved(what, reason)

    return find


def always(find: Places) -> Writes:
    """Return ``writes`` of a sink that goes to the same places whatever the topic."""

    def writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
        return find(config)

    return writes


def no_dataset(reason: str) -> Writes:
    """Return ``writes`` of a sink whose target is no dataset of any catalog; ``reason`` completes ``<topic>: ...``."""

    def writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
        yield Unresolved(consumed(record), reason)

    return writes


def by_topic(platform: str, *keys: str, inside: tuple[str, ...] = ()) -> Writes:
    """Return ``writes`` of a sink that names its target after the topic that its transforms left.

    ``keys``: hold a format such as ``raw_${topic}``; the topic itself is the name where none is set.
    ``inside``: keys of the database that the target is in.
    """

    def writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
        name = (first(config, *keys) or TOPIC).replace(TOPIC, topic_of(record))
        outer = first(config, *inside) if inside else None
        if inside and not outer:
            yield Unresolved(inside[0], "is not set")
        else:
            yield Dataset(platform, f"{outer}.{name}" if outer else name)

    return writes
