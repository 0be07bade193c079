"""Debezium's sink to MongoDB copies each topic into a collection, named ``<sink.database>.<collection>``.

``collection.name.format`` names the collection: ``${topic}`` is the topic with underscores for its dots.

Source: https://debezium.io/documentation/reference/stable/connectors/mongodb-sink.html,
``io.debezium.sink.naming.DefaultCollectionNamingStrategy``
"""

from __future__ import annotations

from collections.abc import Iterator

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.family import SinkFamily, topic_of
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.derive.transforms.fields import state
from kc_lineage_dagster.lineage import Dataset, Unresolved

_FORMAT, _STRATEGY = "collection.name.format", "collection.naming.strategy"
_DEFAULT = "io.debezium.sink.naming.DefaultCollectionNamingStrategy"


def _writes(config: Config, record: Record) -> Iterator[Dataset | Unresolved]:
    topic, database = topic_of(record), first(config, "sink.database")
    strategy, text = first(config, _STRATEGY) or _DEFAULT, first(config, _FORMAT) or "${topic}"
    if strategy != _DEFAULT:
        yield Unresolved(topic, f"{_STRATEGY} = {strategy} names collections by code that is not known")
    elif "${source." in text:
        yield Unresolved(topic, f"{_FORMAT} = {text}: the content of each record names its collection")
    elif database is None:
        yield Unresolved(topic, "sink.database has no value")
    else:
        yield Dataset("mongodb", f"{database}.{text.replace('${topic}', topic.replace('.', '_'))}")


FAMILY = SinkFamily(
    name="debezium_mongodb_sink",
    classes=(
        "io.debezium.connector.mongodb.MongoDbSinkConnector",
        "io.debezium.connector.mongodb.sink.MongoDbSinkConnector",
    ),
    platform="mongodb",
    writes=_writes,
    columns=lambda config, record, target: state(record.value),
    rule="https://debezium.io/documentation/reference/stable/connectors/mongodb-sink.html",
    naming=("sink.database", _FORMAT, _STRATEGY),
    never_known="collections that a format with ${source...} names",
    spelled="database.collection",
)
