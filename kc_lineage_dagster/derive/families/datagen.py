"""Generators of test data write topics and read nothing.

Datagen's topic is ``kafka.topic``. Voluble's topics, and those of Amazon's generator built on it, are parts of keys:
``genv.<topic>.<attribute>.with``. IBM's generator for its demonstrations has a topic for each kind of its events.

Source: https://github.com/confluentinc/kafka-connect-datagen, https://github.com/MichaelDrogalis/voluble,
https://github.com/IBM/kafka-connect-loosehangerjeans-source
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, entries, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.places import nowhere
from kc_lineage_dagster.derive.readers.topic_sources import flows, into_topic
from kc_lineage_dagster.derive.records import Record

_VOLUBLE_KEYS = ("genk.", "genkp.", "genv.", "genvp.")


def _voluble_topics(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topics of Voluble, which are parts of keys: ``genv.<topic>.<attribute>.with``. They hold no dots."""
    topics = dict.fromkeys(key.split(".")[1] for key in entries(config, lambda key, _: key.startswith(_VOLUBLE_KEYS)))
    yield from flows((), tuple(topics), "genv.<topic>...", evidence)


# the settings that name the topics of IBM's generator, and the topics where they are not set
_JEANS = {
    "topic.name.orders": "ORDERS.NEW",
    "topic.name.cancellations": "CANCELLATIONS",
    "topic.name.stockmovements": "STOCK.MOVEMENT",
    "topic.name.badgeins": "DOOR.BADGEIN",
    "topic.name.newcustomers": "CUSTOMERS.NEW",
    "topic.name.sensorreadings": "SENSOR.READINGS",
    "topic.name.onlineorders": "ORDERS.ONLINE",
    "topic.name.outofstocks": "STOCK.NOSTOCK",
    "topic.name.returnrequests": "PRODUCT.RETURNS",
    "topic.name.productreviews": "PRODUCT.REVIEWS",
    "topic.name.transactions": "TRANSACTIONS",
    "topic.name.abandonedorders": "ORDERS.ABANDONED",
    "topic.name.clicktracking": "CLICKTRACKING",
}


def _jeans_topics(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topics of IBM's generator: each kind of its events has one (``DatagenSourceConfig``)."""
    yield from (Record(None, first(config, key) or default) for key, default in _JEANS.items())


FAMILIES = (
    SourceFamily(
        name="jeans_generator",
        classes=("com.ibm.eventautomation.demos.loosehangerjeans.DatagenSourceConnector",),
        platform="(nothing upstream)",
        reads=_jeans_topics,
        rule="https://github.com/IBM/kafka-connect-loosehangerjeans-source",
        naming=tuple(_JEANS),
    ),
    SourceFamily(
        name="datagen",
        classes=("io.confluent.kafka.connect.datagen.DatagenConnector", "DatagenSource", "DatagenSourceInternal"),
        platform="(nothing upstream)",
        reads=into_topic(nowhere),
        rule="https://github.com/confluentinc/kafka-connect-datagen",
        naming=("kafka.topic",),
    ),
    SourceFamily(
        name="voluble",
        classes=("io.mdrogalis.voluble.VolubleSourceConnector", "com.amazonaws.mskdatagen.GeneratorSourceConnector"),
        platform="(nothing upstream)",
        reads=_voluble_topics,
        rule="https://github.com/MichaelDrogalis/voluble",
    ),
)
