"""Connectors for Google Pub/Sub copy one topic of Pub/Sub into one Kafka topic (``kafka.topic``), and Kafka topics into
one of Pub/Sub.

Names are ``<project>.<topic>``, as DataHub's Dataplex ingestion spells Pub/Sub topics. Confluent's source names project
and topic; Google's binds a subscription, and only Pub/Sub knows the topic behind it.

Source: https://docs.confluent.io/kafka-connectors/gcp-pubsub/current/,
https://github.com/googleapis/java-pubsub-group-kafka-connector
"""

from __future__ import annotations

from kc_lineage_dagster.derive.family import SinkFamily, SourceFamily
from kc_lineage_dagster.derive.readers.places import always, place_within, unknown
from kc_lineage_dagster.derive.readers.topic_sources import into_topic

_PLATFORM = "pubsub"
_GOOGLE = "com.google.pubsub"
_BY_SUBSCRIPTION = (
    "names a subscription; only Pub/Sub knows the topic behind it, which generic_connectors of the recipe can name"
)
_SPELLED = "project.topic"

FAMILIES = (
    SourceFamily(
        name="pubsub_source_confluent",
        classes=("io.confluent.connect.gcp.pubsub.PubSubSourceConnector", "PubSubSource"),
        platform=_PLATFORM,
        reads=into_topic(place_within(_PLATFORM, ("gcp.pubsub.project.id",), ("gcp.pubsub.topic.id",))),
        rule="https://docs.confluent.io/kafka-connectors/gcp-pubsub/current/",
        naming=("kafka.topic", "gcp.pubsub.project.id", "gcp.pubsub.topic.id"),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="pubsub_source_google",
        classes=(f"{_GOOGLE}.kafka.source.CloudPubSubSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(unknown("cps.subscription", _BY_SUBSCRIPTION)),
        rule="https://github.com/googleapis/java-pubsub-group-kafka-connector",
        naming=("kafka.topic",),
        never_known="the topic behind a subscription",
    ),
    SourceFamily(
        name="pubsublite_source_google",
        classes=(f"{_GOOGLE}lite.kafka.source.PubSubLiteSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(unknown("pubsublite.subscription", _BY_SUBSCRIPTION)),
        rule="https://github.com/googleapis/java-pubsub-group-kafka-connector",
        naming=("kafka.topic",),
        never_known="the topic behind a subscription",
    ),
    SinkFamily(
        name="pubsub_sink_google",
        classes=(f"{_GOOGLE}.kafka.sink.CloudPubSubSinkConnector",),
        platform=_PLATFORM,
        writes=always(place_within(_PLATFORM, ("cps.project",), ("cps.topic",))),
        rule="https://github.com/googleapis/java-pubsub-group-kafka-connector",
        naming=("cps.project", "cps.topic"),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="pubsublite_sink_google",
        classes=(f"{_GOOGLE}lite.kafka.sink.PubSubLiteSinkConnector",),
        platform="pubsublite",
        writes=always(place_within("pubsublite", ("pubsublite.project",), ("pubsublite.topic",))),
        rule="https://github.com/googleapis/java-pubsub-group-kafka-connector",
        naming=("pubsublite.project", "pubsublite.topic"),
        spelled=_SPELLED,
    ),
)
