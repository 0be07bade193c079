"""Generators of test data write topics and read nothing.

Datagen's topic is ``kafka.topic``. Voluble's topics, and those of Amazon's generator built on it, are parts of keys:
``genv.<topic>.<attribute>.with``.

Source: https://github.com/confluentinc/kafka-connect-datagen, https://github.com/MichaelDrogalis/voluble
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, entries
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.places import nowhere
from kc_lineage_dagster.derive.readers.topic_sources import flows, into_topic

_VOLUBLE_KEYS = ("genk.", "genkp.", "genv.", "genvp.")


def _voluble_topics(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield the topics of Voluble, which are parts of keys: ``genv.<topic>.<attribute>.with``. They hold no dots."""
    topics = dict.fromkeys(key.split(".")[1] for key in entries(config, lambda key, _: key.startswith(_VOLUBLE_KEYS)))
    yield from flows((), tuple(topics), "genv.<topic>...", evidence)


FAMILIES = (
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
