"""Sources that read a few named places and write topics that a key names: what most families of the long tail need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kc_lineage_dagster.derive.config import Config, first, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Reads, Selection
from kc_lineage_dagster.derive.readers.places import Places
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved


def into_topic(origins: Places, *keys: str, default: str | None = None) -> Reads:
    """Return ``reads`` of a source that writes all it reads to one topic.

    Args:
        origins: From a configuration to the places that are read.
        keys: Keys of the topic, newest first; ``kafka.topic`` when none is given.
        default: The topic that the documentation gives where none is set; None where it gives none.

    >>> from kc_lineage_dagster.derive.readers.places import place
    >>> reads = into_topic(place("rabbitmq", "rabbitmq.queue"))
    >>> [found] = reads({"rabbitmq.queue": "orders", "kafka.topic": "raw"}, Evidence())
    >>> str(found.origin), found.topic
    ('rabbitmq:orders', 'raw')
    """
    topic_keys = keys or ("kafka.topic",)

    def reads(config: Config, evidence: Evidence) -> Iterator[Found]:
        topic = first(config, *topic_keys) or default
        yield from flows(tuple(origins(config)), (topic,) if topic else (), topic_keys[0], evidence)

    return reads


def into_topics(origins: Places, *keys: str) -> Reads:
    """Return ``reads`` of a source that writes each record to every topic of a comma-separated list.

    >>> from kc_lineage_dagster.derive.readers.places import nowhere
    >>> [found.topic for found in into_topics(nowhere, "topics")({"topics": "a,b"}, Evidence())]
    ['a', 'b']
    """

    def reads(config: Config, evidence: Evidence) -> Iterator[Found]:
        yield from flows(tuple(origins(config)), items(first(config, *keys)), keys[0], evidence)

    return reads


def flows(
    origins: Sequence[Dataset | Unresolved], topics: Sequence[str], key: str, evidence: Evidence
) -> Iterator[Found]:
    """Yield every origin to every topic.

    Origins that cannot be told are listed as unresolved, and the topics then have no upstream. Where the configuration
    names no topic, the topics that the connector wrote count, if it reads one place only.

    Args:
        origins: The places that are read.
        topics: The topics that the configuration names.
        key: The setting that should name them, for people.
        evidence: Its active topics are what the connector wrote.

    >>> [str(found) for found in flows((), (), "kafka.topic", Evidence())]
    ['kafka.topic: is not set, so the topic cannot be told from the configuration']
    """
    datasets = [item for item in origins if isinstance(item, Dataset)]
    problems = [item for item in origins if isinstance(item, Unresolved)]
    sources: list[Dataset | None] = [*datasets] or [None]
    yield from problems
    if topics:
        yield from (Record(origin, topic) for origin in sources for topic in topics)
    elif evidence.topics and len(sources) == 1 and not (datasets and problems):
        yield wherever(sources[0], key)
    else:
        yield Unresolved(key, "is not set, so the topic cannot be told from the configuration")


def named_after(what: str, prefix: str, place: Callable[[str], Dataset | Unresolved | None]) -> Selection:
    """Return a selection for a connector that names each topic after the place that it reads, behind a prefix.

    Args:
        what: What chooses the places, for people.
        prefix: Begins every topic; "" for none.
        place: From the rest of a topic's name to the dataset; None for one that the connector does not read.

    >>> tables = named_after("all tables of shop", "raw.", lambda name: Dataset("kudu", f"shop.{name}"))
    >>> str(tables.origin("raw.orders").origin), tables.origin("orders")
    ('kudu:shop.orders', None)
    """

    def origin(topic: str) -> Record | Unresolved | None:
        name = topic.removeprefix(prefix)
        found = place(name) if topic.startswith(prefix) and name else None
        return Record(found, topic, evidence=(ACTIVE_TOPICS,)) if isinstance(found, Dataset) else found

    return Selection(what, origin, frozenset({prefix}))


def wherever(origin: Dataset | None, key: str, except_topics: frozenset[str] = frozenset()) -> Selection:
    """Return a selection for a connector that reads one place: all it writes comes from there, whatever the topics are
    called.

    Args:
        origin: The one place; None when no catalog knows it.
        key: The setting that should name the topic, for people.
        except_topics: The connector's book-keeping.

    >>> queue = Dataset("rabbitmq", "orders")
    >>> str(wherever(queue, "kafka.topic").origin("seen").origin)
    'rabbitmq:orders'
    """

    def found(topic: str) -> Record | None:
        return None if topic in except_topics else Record(origin, topic, evidence=(ACTIVE_TOPICS,))

    return Selection(key, found, why="it is not set, so the topic cannot be told from the configuration")
