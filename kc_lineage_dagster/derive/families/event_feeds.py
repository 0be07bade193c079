"""Feeds of events (tweets, server-sent events, chats, blocks of a chain) are copied into topics, and topics into chats;
a catalog knows neither end.

Each connector has its own key for the topic: ``topic``, ``kafka.topic``, or one for each kind of event.

Source: the README of each connector, whose address is its ``rule``
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first, flag
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Reads, SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import no_dataset, nowhere
from kc_lineage_dagster.derive.readers.topic_sources import into_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Unresolved

_NOTHING = "(nothing upstream)"
_OLDEST = "io.confluent.kafka.connect.twitter"  # the package of the connector's first version
_WEB3 = "com.bloxbean.kafka.connectors.web3.source"
_TWEETS, _DELETED = ("kafka.tweets.topic", "kafka.status.topic"), "kafka.delete.topic"


def _tweets(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topic of tweets. Deleted ones have one of their own where the connector is old and told to write them.

    Source: ``TwitterSourceTask.onDeletionNotice`` before and since version 0.2.24
    """
    topic, deleted = first(config, *_TWEETS), first(config, _DELETED)
    yield Record(None, topic) if topic else Unresolved(_TWEETS[1], "is not set")
    if deleted and flag(config, "process.deletes"):
        if config.get("connector.class", "").startswith(_OLDEST):
            yield Record(None, deleted)
        else:
            yield Unresolved(_DELETED, f"gets deleted tweets before version 0.2.24 only, later ones go to {topic}")


def _blocks(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topic of blocks, or of events, and that of the transactions in the blocks, where it is set."""
    transactions = first(config, "transaction_topic")
    yield from into_topic(nowhere, "topic")(config, evidence)
    if transactions:
        yield Record(None, transactions)


@dataclass(frozen=True, slots=True)
class _Feed:
    """One feed and the connector that reads it.

    Args:
        name: The family's name, without its direction.
        classes: The connectors' classes.
        reads: Reads the topics from the configuration.
        naming: Keys that name topics.
        rule: Documentation of the keys.
    """

    name: str
    classes: tuple[str, ...]
    reads: Reads
    naming: tuple[str, ...]
    rule: str


_GITHUB = "https://github.com"
_FEEDS = (
    _Feed(
        "twitter",
        ("com.github.jcustenborder.kafka.connect.twitter.TwitterSourceConnector", f"{_OLDEST}.TwitterSourceConnector"),
        _tweets,
        (*_TWEETS, _DELETED),
        f"{_GITHUB}/jcustenborder/kafka-connect-twitter",
    ),
    _Feed(
        "server_sent_events",
        (
            "com.github.cjmatta.kafka.connect.sse.ServerSentEventsSourceConnector",
            "de.codecentric.kafka.playground.connect.source.ServerSentEventSourceConnector",
        ),
        into_topic(nowhere, "topic"),
        ("topic",),
        f"{_GITHUB}/cjmatta/kafka-connect-sse",
    ),
    _Feed(
        "irc",
        ("com.github.cjmatta.kafka.connect.irc.IrcSourceConnector",),
        into_topic(nowhere, "kafka.topic"),
        ("kafka.topic",),
        f"{_GITHUB}/cjmatta/kafka-connect-irc",
    ),
    _Feed(
        "wikimedia",
        ("io.conduktor.demos.kafka.connect.wikimedia.WikimediaConnector",),
        into_topic(nowhere, "topic"),
        ("topic",),
        f"{_GITHUB}/conduktor/kafka-connect-wikimedia",
    ),
    _Feed(
        "python",
        ("io.confluent.pytools.PySourceConnector",),
        into_topic(nowhere),
        ("kafka.topic",),
        f"{_GITHUB}/confluentinc/csid-python-base",
    ),
    _Feed(
        "twitter_eneco",
        ("com.eneco.trading.kafka.connect.twitter.TwitterSourceConnector",),
        into_topic(nowhere, "topic"),
        ("topic",),
        f"{_GITHUB}/Eneco/kafka-connect-twitter",
    ),
    _Feed(
        "web3",
        (f"{_WEB3}.blocks.BlockSourceConnector", f"{_WEB3}.events.EventSourceConnector"),
        _blocks,
        ("topic", "transaction_topic"),
        f"{_WEB3}.blocks.BlockSourceConnector",
    ),
    _Feed(
        "rss",
        ("org.kaliy.kafka.connect.rss.RssSourceConnector",),
        into_topic(nowhere, "topic"),
        ("topic",),
        f"{_GITHUB}/kaliy/kafka-connect-rss",
    ),
)

FAMILIES = (
    *(
        SourceFamily(
            name=f"{feed.name}_source",
            classes=feed.classes,
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
