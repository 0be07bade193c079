"""What connectors that copy topics of one Kafka cluster to another share: MirrorMaker 2, Confluent Replicator, Mirus.

Source: ``org.apache.kafka.connect.mirror.MirrorSourceConnector``
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kc_lineage_dagster.derive.evidence import EARLIER, Evidence
from kc_lineage_dagster.derive.family import Found, Selection
from kc_lineage_dagster.derive.records import CONFIGURATION, OFFSETS, Record
from kc_lineage_dagster.java_regex import Refused
from kc_lineage_dagster.lineage import KAFKA, Dataset, Unresolved


@dataclass(frozen=True, slots=True)
class Mirror:
    """One direction between two Kafka clusters.

    Args:
        key: The setting that names the source cluster.
        source: The name of the source cluster, as ``options.cluster_aliases`` of the recipe may know it.
        target: The name of the target cluster, likewise; None where the configuration has none.
        what: The keys that choose topics, for people.
        named: The topics that those keys name.
        selected: Whether a topic of the source is copied; Refused where that cannot be told.
        forwards: From a topic of the source to the name of its copy.
        backwards: From the name of a copy to the topic of the source; None when it is no copy.
        internal: Whether a topic of the source is book-keeping.
        head: Begins the name of every copy.
        same: Whether source and target are one cluster.
    """

    key: str
    source: str
    target: str | None
    what: str
    named: tuple[str, ...]
    selected: Callable[[str], bool | Refused]
    forwards: Callable[[str], str]
    backwards: Callable[[str], str | None]
    internal: Callable[[str], bool] = lambda topic: False
    head: str = ""
    same: bool = False


def mirrored(mirror: Mirror, evidence: Evidence) -> Iterator[Found]:
    """Yield the copies that a mirror makes: of topics with committed offsets, of topics that are named, and of those
    that active topics show.

    >>> mirror = Mirror("source.cluster.alias", "us", "eu", "topics", ("orders",), lambda topic: topic == "orders",
    ...     lambda topic: f"us.{topic}", lambda copy: copy.removeprefix("us.") if copy.startswith("us.") else None)
    >>> copy, _ = mirrored(mirror, Evidence(aliases={"us": "us-cluster"}))
    >>> str(copy.origin), copy.topic
    ('kafka:us-cluster.orders', 'us.orders')
    """
    committed = mirrored_topics(mirror.source, evidence)
    known = mirror.same or mirror.source in evidence.aliases
    if not known and not evidence.topics:
        yield _unknown_cluster(mirror, None)
        return
    for topic in dict.fromkeys((*committed, *mirror.named)) if known else ():
        if mirror.selected(topic) is True and (topic in mirror.named or not mirror.internal(topic)):
            how = (CONFIGURATION, OFFSETS) if topic in committed else (CONFIGURATION,)
            yield _copied(mirror, topic, mirror.forwards(topic), evidence, how)

    def origin(copy: str) -> Record | Unresolved | None:
        topic = mirror.backwards(copy)
        if topic is None or (mirror.internal(topic) and topic not in mirror.named):
            return None
        if not known:
            return _unknown_cluster(mirror, copy)
        chosen = mirror.selected(topic)
        if chosen is True:
            return _copied(mirror, topic, copy, evidence, (CONFIGURATION,))
        reason = (
            chosen.reason
            if isinstance(chosen, Refused)
            else f"{topic} is no longer selected by {mirror.what}; {EARLIER}"
        )
        return Unresolved(copy, reason, topic=copy)

    yield Selection(mirror.what, origin, frozenset({mirror.head}))


def mirrored_topics(source: str, evidence: Evidence) -> tuple[str, ...]:
    """Return the source cluster's topics that have a committed offset, from offsets such as
    ``{"partition": {"cluster": "us", "topic": "orders", "partition": 0}, "offset": {"offset": 4}}``.

    >>> from types import SimpleNamespace
    >>> offset = SimpleNamespace(partition={"cluster": "us", "topic": "orders", "partition": 0}, offset={"offset": 4})
    >>> mirrored_topics("us", Evidence(offsets=(offset,)))
    ('orders',)
    """
    partitions = (offset.partition for offset in evidence.offsets)
    own = (one for one in partitions if one.get("cluster", source) == source)
    return tuple(dict.fromkeys(str(one["topic"]) for one in own if one.get("topic")))


def _copied(mirror: Mirror, topic: str, copy: str, evidence: Evidence, how: tuple[str, ...]) -> Record:
    near = evidence.aliases.get(mirror.target) if mirror.target is not None else None
    far = evidence.aliases.get(mirror.source, near)
    return Record(Dataset(KAFKA, topic, far), copy, evidence=how, instance=near)


def _unknown_cluster(mirror: Mirror, copy: str | None) -> Unresolved:
    return Unresolved(
        f"{mirror.key} = {mirror.source}",
        "set options.cluster_aliases of the recipe to the platform instance of that cluster (null: the recipe's own)",
        topic=copy,
    )
