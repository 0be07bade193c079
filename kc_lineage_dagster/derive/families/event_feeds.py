"""Feeds of events (tweets, server-sent events, chats) are copied into topics, and topics into chats; a catalog knows
neither end.

Each connector has its own key for the topic: ``topic``, ``kafka.topic``, or one for each kind of event.

Source: the README of each connector, whose address is its ``rule``
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Reads, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import no_dataset, nowhere
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Unresolved

_NOTHING = "(nothing upstream)"


def _several(*keys: str) -> Reads:
    """Return a reader for keys that name a topic each; for a key that is not set nothing is written."""

    def reads(config: Config, evidence: Evidence) -> Iterator[Found]:
        topics = [topic for key in keys if (topic := first(config, key))]
        yield from (Record(None, topic) for topic in topics)
        if not topics:
            yield Unresolved(keys[0], "is not set")

    return reads


@dataclass(frozen=True, slots=True)
class _Feed:
    """One feed and the connector that reads it.

    Args:
        name: The family's name, without its direction.
        class_name: The connector's class.
        reads: Reads the topics from the configuration.
        naming: Keys that name topics.
        rule: Documentation of the keys.
    """

    name: str
    class_name: str
    reads: Reads
    naming: tuple[str, ...]
    rule: str


_GITHUB = "https://github.com"
_FEEDS = (
    _Feed(
        "twitter",
        "com.github.jcustenborder.kafka.connect.twitter.TwitterSourceConnector",
        _several("kafka.status.topic", "kafka.delete.topic"),
        ("kafka.status.topic", "kafka.delete.topic"),
        f"{_GITHUB}/jcustenborder/kafka-connect-twitter",
    ),
    _Feed(
        "server_sent_events",
        "com.github.cjmatta.kafka.connect.sse.ServerSentEventsSourceConnector",
        into_topic(nowhere, "topic"),
        ("topic",),
        f"{_GITHUB}/cjmatta/kafka-connect-sse",
    ),
    _Feed(
        "irc",
        "com.github.cjmatta.kafka.connect.irc.IrcSourceConnector",
        into_topic(nowhere, "kafka.topic"),
        ("kafka.topic",),
        f"{_GITHUB}/cjmatta/kafka-connect-irc",
    ),
    _Feed(
        "wikimedia",
        "io.conduktor.demos.kafka.connect.wikimedia.WikimediaConnector",
        into_topic(nowhere, "topic"),
        ("topic",),
        f"{_GITHUB}/conduktor/kafka-connect-wikimedia",
    ),
    _Feed(
        "python",
        "io.confluent.pytools.PySourceConnector",
        into_topic(nowhere),
        ("kafka.topic",),
        f"{_GITHUB}/confluentinc/csid-python-base",
    ),
    _Feed(
        "rss",
        "org.kaliy.kafka.connect.rss.RssSourceConnector",
        into_topic(nowhere, "topic"),
        ("topic",),
        f"{_GITHUB}/kaliy/kafka-connect-rss",
    ),
)

FAMILIES = (
    *(
        SourceFamily(
            name=f"{feed.name}_source",
            classes=(feed.class_name,),
            platform=_NOTHING,
            reads=feed.reads,
            rule=feed.rule,
            naming=feed.naming,
            never_known="the far end of the feed",
        )
        for feed in _FEEDS
    ),
    SinkFamily(
        name="slack_sink",
        classes=("net.mongey.kafka.connect.SlackSinkConnector",),
        platform="(no dataset)",
        writes=no_dataset("is posted as chat messages, which are no dataset of a catalog"),
        rule=f"{_GITHUB}/Mongey/kafka-connect-slack",
        never_known="chats",
    ),
)
