"""Where connectors of the long tail read or write: one place that a key names, or none that a catalog knows.

A place is a function from a configuration to datasets; each family says with its own ``rule`` which key names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.family import Writes, consumed, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

Places = Callable[[Config], Iterable[Dataset | Unresolved]]

TOPIC = "${topic}"


def place(platform: str, *keys: str) -> Places:
    """Return a reader of the one place that the first of the keys that is set names.

    >>> [queue] = place("rabbitmq", "rabbitmq.queue")({"rabbitmq.queue": "orders"})
    >>> str(queue)
    'rabbitmq:orders'
    """

    def find(config: Config) -> Iterator[Dataset | Unresolved]:
        name = first(config, *keys)
        yield Dataset(platform, name) if name else Unresolved(keys[0], "is not set")

    return find


def places(platform: str, *keys: str) -> Places:
    """Return a reader of the places that a comma-separated list names, under the first of the keys that is set.

    >>> [str(queue) for queue in places("rabbitmq", "rabbitmq.queue")({"rabbitmq.queue": "orders, returns"})]
    ['rabbitmq:orders', 'rabbitmq:returns']
    """

    def find(config: Config) -> Iterator[Dataset | Unresolved]:
        names = items(first(config, *keys))
        yield from (Dataset(platform, name) for name in names)
        if not names:
            yield Unresolved(keys[0], "is not set")

    return find


def place_within(platform: str, container: tuple[str, ...], keys: tuple[str, ...], separator: str = ".") -> Places:
    """Return a place inside another one (a table of a database): ``<container><separator><name>``.

    Args:
        platform: DataHub's id.
        container: Keys of the outer name; the first that is set counts.
        keys: Keys of the inner name; the first that is set counts.
        separator: Stands between both.

    >>> [table] = place_within("mongodb", ("database",), ("collection",))({"database": "shop", "collection": "orders"})
    >>> str(table)
    'mongodb:shop.orders'
    """

    def find(config: Config) -> Iterator[Dataset | Unresolved]:
        outer, inner = first(config, *container), first(config, *keys)
        if outer and inner:
            yield Dataset(platform, f"{outer}{separator}{inner}")
        else:
            yield Unresolved(container[0] if not outer else keys[0], "is not set")

    return find


def nowhere(config: Config) -> tuple[Dataset | Unresolved, ...]:
    """Return no place: a generator or an event feed has nothing upstream that a catalog could know.

    >>> nowhere({"topic": "tweets"})
    ()
    """
    return ()


def unknown(what: str, reason: str) -> Places:
    """Return a reader of a place that exists and cannot be told: it always answers ``<what>: <reason>``.

    >>> [why] = unknown("config-file", "is on the worker, which no API shows")({})
    >>> str(why)
    'config-file: is on the worker, which no API shows'
    """

    def find(config: Config) -> Iterator[Dataset | Unresolved]:
        yield Unresolved(what, reason)

    return find


def always(find: Places) -> Writes:
    """Return ``writes`` of a sink that goes to the same places whatever the topic.

    >>> from kc_lineage_dagster.lineage import KAFKA
    >>> writes = always(place("rabbitmq", "rabbitmq.exchange"))
    >>> [exchange] = writes({"rabbitmq.exchange": "shop"}, Record(Dataset(KAFKA, "orders"), "orders"))
    >>> str(exchange)
    'rabbitmq:shop'
    """

    def writes(config: Config, record: Record) -> Iterable[Dataset | Unresolved]:
        return find(config)

    return writes


def no_dataset(reason: str) -> Writes:
    """Return ``writes`` of a sink whose target is no dataset of any catalog; ``reason`` completes ``<topic>: ...``.

    >>> from kc_lineage_dagster.lineage import KAFKA
    >>> [why] = no_dataset("is posted as chat messages")({}, Record(Dataset(KAFKA, "orders"), "orders"))
    >>> str(why)
    'orders: is posted as chat messages'
    """

    def writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
        yield Unresolved(consumed(record), reason)

    return writes


def by_topic(platform: str, *keys: str, inside: tuple[str, ...] = ()) -> Writes:
    """Return ``writes`` of a sink that names its target after the topic that its transforms left.

    Args:
        platform: DataHub's id.
        keys: Hold a format such as ``raw_${topic}``; the topic itself is the name where none is set.
        inside: Keys of the database that the target is in; () where there is none.

    >>> from kc_lineage_dagster.lineage import KAFKA
    >>> writes = by_topic("milvus", "collection.format")
    >>> [found] = writes({"collection.format": "raw_${topic}"}, Record(Dataset(KAFKA, "orders"), "orders"))
    >>> str(found)
    'milvus:raw_orders'
    """

    def writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
        name = (first(config, *keys) or TOPIC).replace(TOPIC, topic_of(record))
        outer = first(config, *inside) if inside else None
        if inside and not outer:
            yield Unresolved(inside[0], "is not set")
        else:
            yield Dataset(platform, f"{outer}.{name}" if outer else name)

    return writes
