"""Couchbase's connectors copy collections of one bucket into topics and topics into collections, named
``<bucket>.<scope>.<collection>``.

A source names topics by the template ``couchbase.topic`` (``${bucket}.${scope}.${collection}``), which overrides for
single collections win over; it reads ``couchbase.collections``, or all of the bucket. A sink writes a topic into the
collection of ``couchbase.topic.to.collection``, else into ``couchbase.default.collection``.

Source: ``com.couchbase.connect.kafka.config.source.SourceBehaviorConfig``, ``config.sink.SinkBehaviorConfig``
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first, items, pairs, stripped
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, Selection, SinkFamily, SourceFamily, topic_of
from kc_lineage_dagster.derive.records import ACTIVE_TOPICS, Record
from kc_lineage_dagster.lineage import Dataset, Unresolved

_PLATFORM = "couchbase"
_DEFAULT_TOPIC = "${bucket}.${scope}.${collection}"
_DEFAULT_COLLECTION = "_default._default"
# names of scopes and collections, which hold no dots
_NAME = "[A-Za-z0-9_%-]+"
_BUCKET_KEYS = ("couchbase.bucket", "connection.bucket")


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    bucket = first(config, *_BUCKET_KEYS)
    if bucket is None:
        yield Unresolved(_BUCKET_KEYS[0], "is not set")
        return
    named = items(config.get("couchbase.collections"))
    for collection in named:
        if collection.count(".") == 1:
            yield Record(Dataset(_PLATFORM, f"{bucket}.{collection}"), _topic(config, bucket, collection))
        else:
            yield Unresolved(f"couchbase.collections = {collection}", "is not of the form scope.collection")
    if not named and first(config, "topic.name"):
        # version 3 knew no collections: everything is in the default one
        yield Record(Dataset(_PLATFORM, f"{bucket}.{_DEFAULT_COLLECTION}"), config["topic.name"].strip())
    elif not named:
        yield from _all_of_bucket(config, bucket)


def _all_of_bucket(config: Config, bucket: str) -> Iterator[Found]:
    mapped = _mapped(config)
    for collection, topic in mapped.items():
        yield Record(Dataset(_PLATFORM, f"{bucket}.{collection}"), topic)
    template = _template(config)
    if not {"${scope}", "${collection}"} <= set(re.findall(r"\$\{\w+\}", template)):
        topic = template.replace("${bucket}", bucket)
        what = topic if "${" not in topic else f"couchbase.topic = {template}"
        yield Unresolved(what, "all collections of the bucket arrive there, and nothing lists them")
        if "${" not in topic:
            yield Record(None, topic)
        return
    scope = first(config, "couchbase.scope")
    pattern = re.compile(_pattern(template, bucket, scope))

    def origin(topic: str) -> Record | None:
        found = pattern.fullmatch(topic)
        if found is None:
            return None
        collection = f"{found['scope']}.{found['collection']}"
        if collection in mapped:
            return None
        return Record(Dataset(_PLATFORM, f"{bucket}.{collection}"), topic, evidence=(ACTIVE_TOPICS,))

    yield Selection(f"all collections of {bucket}{'.' + scope if scope else ''}", origin)


def _pattern(template: str, bucket: str, scope: str | None) -> str:
    text = re.escape(template.replace("${bucket}", bucket))
    text = text.replace(re.escape("${scope}"), f"(?P<scope>{re.escape(scope) if scope else _NAME})", 1)
    return text.replace(re.escape("${collection}"), f"(?P<collection>{_NAME})", 1)


def _template(config: Config) -> str:
    return first(config, "couchbase.topic", "topic.name") or _DEFAULT_TOPIC


def _mapped(config: Config) -> dict[str, str]:
    """Return collection -> topic, from overrides such as ``couchbase.topic[scope.collection]`` and the older map."""
    overrides = stripped(config, "couchbase.topic[")
    return {
        **pairs(config.get("couchbase.collection.to.topic"), "="),
        **{name[:-1]: topic.strip() for name, topic in overrides.items() if name.endswith("]")},
    }


def _topic(config: Config, bucket: str, collection: str) -> str:
    scope, _, name = collection.partition(".")
    template = _mapped(config).get(collection) or _template(config)
    return template.replace("${bucket}", bucket).replace("${scope}", scope).replace("${collection}", name)


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    bucket = first(config, *_BUCKET_KEYS)
    if bucket is None:
        yield Unresolved(_BUCKET_KEYS[0], "is not set")
        return
    mapped = pairs(config.get("couchbase.topic.to.collection"), "=")
    default = first(config, "couchbase.default.collection") or _DEFAULT_COLLECTION
    target = mapped.get(topic_of(record), default)
    # a name of three parts begins with a bucket of its own
    yield Dataset(_PLATFORM, target if target.count(".") > 1 else f"{bucket}.{target}")


_PACKAGE = "com.couchbase.connect.kafka"
_SPELLED = "bucket.scope.collection (DataHub's ingestion has no Couchbase source)"

FAMILIES = (
    SourceFamily(
        name="couchbase_source",
        classes=(f"{_PACKAGE}.CouchbaseSourceConnector", "CouchbaseSource"),
        platform=_PLATFORM,
        reads=_reads,
        rule=f"{_PACKAGE}.config.source.SourceBehaviorConfig",
        naming=(*_BUCKET_KEYS, "couchbase.topic", "topic.name", "couchbase.collection.to.topic"),
        selecting=("couchbase.collections", "couchbase.scope"),
        never_known="the collections behind one topic that takes a whole bucket",
        spelled=_SPELLED,
    ),
    SinkFamily(
        name="couchbase_sink",
        classes=(f"{_PACKAGE}.CouchbaseSinkConnector", "CouchbaseSink"),
        platform=_PLATFORM,
        writes=_writes,
        rule=f"{_PACKAGE}.config.sink.SinkBehaviorConfig",
        naming=(*_BUCKET_KEYS, "couchbase.topic.to.collection", "couchbase.default.collection"),
        never_known="what an own sink handler does",
        spelled=_SPELLED,
    ),
)
