"""Connectors for Redis copy topics into keyspaces and streams, and streams, channels and keys into topics.

Datasets are keyspaces, streams and channels; the key of a single record is not part of their names, so a connector that
only has keys has no dataset. A sink's keyspace is ``redis.keyspace`` (``${topic}``), a source's stream
``redis.stream.name``.

Source: ``com.redis.kafka.connect.sink.RedisSinkTask``, ``com.redis.kafka.connect.source.RedisStreamSourceConfigDef``,
https://docs.confluent.io/cloud/current/connectors/cc-redis-kafka-source.html,
https://github.com/jaredpetersen/kafka-connect-redis
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, flag, items
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SinkFamily, SourceFamily, consumed, topic_of
from kc_lineage_dagster.derive.readers.places import no_dataset, unknown
from kc_lineage_dagster.derive.readers.topic_sources import flows, into_topic
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "redis"
_BY_PATTERN = "keys are chosen by a pattern and belong to no dataset"
_BY_KEY = "is written under the key of each record, without a keyspace"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    """Yield the keyspace: of keys ``<keyspace>:<record key>``, or a collection's name; it may be empty.

    Source: ``RedisSinkTask``.
    """
    keyspace = config.get("redis.keyspace", "${topic}").strip()
    if keyspace:
        yield Dataset(_PLATFORM, keyspace.replace("${topic}", topic_of(record)))
    else:
        yield Unresolved(consumed(record), _BY_KEY)


def _reads_stream(config: Config, evidence: Evidence) -> Iterator[Found]:
    stream = first(config, "redis.stream.name")
    if stream is None:
        yield Unresolved("redis.stream.name", "is not set")
        return
    topic = (first(config, "topic") or "${stream}").replace("${stream}", stream)
    yield Record(Dataset(_PLATFORM, stream), topic)


def _reads_channels(config: Config, evidence: Evidence) -> Iterator[Found]:
    channels, topic = items(config.get("redis.channels")), first(config, "topic")
    patterns = flag(config, "redis.channels.pattern.enabled")
    origins: tuple[Dataset | Unresolved, ...] = tuple(Dataset(_PLATFORM, channel) for channel in channels)
    if patterns or not channels:
        reason = "are patterns, and nothing lists the channels they match" if patterns else "is not set"
        origins = (Unresolved("redis.channels", reason),)
    yield from flows(origins, (topic,) if topic else (), "topic", evidence)


def _reads_cloud(config: Config, evidence: Evidence) -> Iterator[Found]:
    """Yield what Confluent Cloud's source reads: keys that match a pattern or one stream, by ``source.type``."""
    topic = first(config, "kafka.topic", "topic")
    stream = first(config, "redis.stream.name")
    origin: Dataset | Unresolved = Unresolved("redis.keys.pattern", _BY_PATTERN)
    if (first(config, "source.type") or "KEYS").upper() == "STREAM":
        origin = Dataset(_PLATFORM, stream) if stream else Unresolved("redis.stream.name", "is not set")
    yield from flows((origin,), (topic,) if topic else (), "kafka.topic", evidence)


_REDIS = "com.redis.kafka.connect"
_RULE = "com.redis.kafka.connect.sink.RedisSinkTask, github.com/redis-field-engineering/redis-kafka-connect"
_SPELLED = "the keyspace, stream or channel"

FAMILIES = (
    SinkFamily(
        name="redis_sink",
        classes=(
            f"{_REDIS}.RedisSinkConnector",
            f"{_REDIS}.RedisEnterpriseSinkConnector",
            "io.confluent.connect.rediskafka.RedisKafkaSinkConnector",
            "RedisKafkaSink",
        ),
        platform=_PLATFORM,
        writes=_writes,
        rule=_RULE,
        naming=("redis.keyspace",),
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="redis_sink_by_key",
        classes=(
            "com.github.jcustenborder.kafka.connect.redis.RedisSinkConnector",
            "io.github.jaredpetersen.kafkaconnectredis.sink.RedisSinkConnector",
            "RedisSink",
        ),
        platform=_PLATFORM,
        writes=no_dataset("each record goes to a Redis key of its own, which is no dataset of a catalog"),
        rule="https://github.com/jcustenborder/kafka-connect-redis",
        never_known="the keys, which the records carry",
    ),
    SourceFamily(
        name="redis_stream_source",
        classes=(f"{_REDIS}.RedisStreamSourceConnector",),
        platform=_PLATFORM,
        reads=_reads_stream,
        rule=f"{_REDIS}.source.RedisStreamSourceConfigDef",
        naming=("redis.stream.name", "topic"),
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="redis_keys_source",
        classes=(f"{_REDIS}.RedisKeysSourceConnector",),
        platform=_PLATFORM,
        reads=into_topic(
            unknown("redis.keys.pattern", _BY_PATTERN),
            "topic",
            default="rediskeys",
        ),
        rule=f"{_REDIS}.source.RedisKeysSourceConfigDef",
        naming=("topic",),
        never_known="the keys behind a pattern",
    ),
    SourceFamily(
        name="redis_source_confluent",
        classes=("io.confluent.connect.rediskafka.RedisKafkaSourceConnector", "RedisKafkaSource"),
        platform=_PLATFORM,
        reads=_reads_cloud,
        rule="https://docs.confluent.io/cloud/current/connectors/cc-redis-kafka-source.html",
        naming=("kafka.topic", "topic", "source.type", "redis.stream.name"),
        never_known="the keys behind a pattern",
        spelled=_SPELLED,
    ),
    SourceFamily(
        name="redis_channels_source",
        classes=("io.github.jaredpetersen.kafkaconnectredis.source.RedisSourceConnector",),
        platform=_PLATFORM,
        reads=_reads_channels,
        rule="https://github.com/jaredpetersen/kafka-connect-redis",
        naming=("redis.channels", "topic"),
        never_known="the channels behind a pattern",
        spelled=_SPELLED,
    ),
)
