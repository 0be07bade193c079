"""MongoDB's own source copies the collections of a deployment, a database, or one collection into topics
``<prefix>.<database>.<collection>.<suffix>``.

``topic.namespace.map`` gives single namespaces, databases, or patterns of namespaces other topics. A ``pipeline`` may
choose collections by their names. Active topics tell those that the configuration leaves open.

Source: ``com.mongodb.kafka.connect.source.topic.mapping.DefaultTopicMapper``,
https://www.mongodb.com/docs/kafka-connector/current/source-connector/usage-examples/topic-naming/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.readers.mongodb_pipeline import namespace_lists
from kc_lineage_dagster.derive.readers.table_reading import reads
from kc_lineage_dagster.derive.readers.table_topics import PartValues, Table, TableSource, Ways
from kc_lineage_dagster.derive.readers.templates import Template, Variable, filled, parse_template, readings
from kc_lineage_dagster.derive.records import Opaque
from kc_lineage_dagster.java_regex import JavaRegex, Refused, compile_java, literal_prefix
from kc_lineage_dagster.lineage import Unresolved

_MAPPER = "com.mongodb.kafka.connect.source.topic.mapping.DefaultTopicMapper"
_MAP = "topic.namespace.map"

_VARIABLE = re.compile(r"\{[a-z_]*\}")
# myDb(?:\..*)?, the documentation's pattern for "the database and all in it"
_OPTIONAL_COLLECTION = re.compile(r"([^\\.\[\]{}()*+?^$|]+)\((?:\?:)?\\\.[^()|]*\)\??")
_DATABASE, _COLLECTION = Variable("database"), Variable("collection", dots=True)


@dataclass(frozen=True, slots=True)
class _Mapper:
    """How the connector names topics after namespaces (``database.collection``), with ``topic.namespace.map``.

    Args:
        start: The prefix of every topic, with its separator.
        end: The suffix of every topic, with its separator.
        separator: Stands between the parts of a topic.
        simple: Namespace, or database -> topic.
        regexes: (pattern of namespaces, template of topics), in order.
        anything: The topic of all namespaces that nothing else maps; "" where there is none.
        watched: The database and the collection, as far as the configuration names them.
    """

    start: str
    end: str
    separator: str
    simple: dict[str, str]
    regexes: tuple[tuple[JavaRegex, Template], ...]
    anything: str
    watched: Table

    def spelled(self, part: str) -> str:
        """Return a part of a name as it is spelled in a topic: unchanged."""
        return part

    def topic(self, table: Table) -> str | None:
        """Return the topic of a namespace: by its full name, by database, by pattern, by ``*``, or from its parts."""
        if not {"database", "collection"} <= set(table):
            return None
        database, collection = table["database"], table["collection"]
        return f"{self.start}{self._name(database, collection)}{self.end}"

    def _name(self, database: str, collection: str) -> str:
        namespace = f"{database}.{collection}"
        if exact := self.simple.get(namespace):
            return exact
        if renamed := self.simple.get(database):
            return f"{renamed}{self.separator}{collection}"
        matching = (pieces for regex, pieces in self.regexes if regex.matches(namespace) is True)
        made = filled(next(matching, ()), {"database": database, "collection": collection})
        return made or self.anything or f"{database}{self.separator}{collection}"

    def ways(self, topic: str, heads: Iterable[str]) -> Ways | Unresolved:
        """Return the namespaces that the maps turn into a topic, then those that a topic may be named after."""
        if not (topic.startswith(self.start) and topic.endswith(self.end)):
            return ()
        name = topic[len(self.start) : len(topic) - len(self.end)]
        mapped, plain = self._mapped(name), readings((_DATABASE, self.separator, _COLLECTION), name)
        unclear = name == self.anything or any(len(table) < 2 for table in mapped)
        tiers = [tuple(table for table in tier if self.topic(table) == topic) for tier in (mapped, plain)]
        if unclear and not tiers[0]:
            return Unresolved(topic, f"{_MAP} sends many collections to this topic", topic=topic)
        return tuple(tier for tier in tiers if tier)

    def _mapped(self, name: str) -> list[Table]:
        """Return the namespaces that the maps may turn into a name; parts that a template does not tell are missing."""
        tables: list[Table] = [_namespace(key) for key, value in self.simple.items() if value == name and "." in key]
        for database, shown in self.simple.items():
            tables += [{"database": database, **way} for way in readings((shown, self.separator, _COLLECTION), name)]
        for regex, pieces in self.regexes:
            only = _database_of(regex.pattern)
            known = {**self.watched, **({"database": only} if only else {})}
            tables += [{**known, **way} for way in readings(pieces, name)]
        return tables

    def heads(self, options: PartValues) -> frozenset[str]:
        """Return the texts before the collection in topics: the prefix, with the database where it is known."""
        databases = options.get("database", ())
        if self.regexes or self.anything or any("." in key for key in self.simple):
            return frozenset({self.start})
        known = {f"{self.start}{self.simple.get(one, one)}{self.separator}" for one in databases}
        return frozenset(known or {self.start})


def _database_of(pattern: str) -> str | None:
    """Return the database of all namespaces that a pattern matches, if it begins with one name and a dot; else None."""
    first_piece, dot, _ = literal_prefix(pattern).partition(".")
    found = _OPTIONAL_COLLECTION.fullmatch(pattern)
    return first_piece if dot else found[1] if found else None


def _namespace(key: str) -> dict[str, str]:
    database, _, collection = key.partition(".")
    return {"database": database, "collection": collection}


def _templates(pairs: dict[str, str], separator: str) -> list[tuple[JavaRegex, Template]] | Unresolved:
    """Return patterns and templates of those entries whose key is ``/`` and a pattern, in order."""
    database, collection = (_DATABASE,), (_COLLECTION,)
    variables: dict[str, Template] = {
        "{db}": database,
        "{sep}": (separator,),
        "{coll}": collection,
        "{sep_coll}": (separator, *collection),
        "{coll_sep}": (*collection, separator),
        "{sep_coll_sep}": (separator, *collection, separator),
    }
    found: list[tuple[JavaRegex, Template]] = []
    for key, text in pairs.items():
        if not key.startswith("/") or not text:
            continue
        regex, pieces = compile_java(key[1:]), parse_template(text, _VARIABLE, variables)
        if isinstance(regex, Refused) or isinstance(pieces, str):
            return Unresolved(_MAP, regex.reason if isinstance(regex, Refused) else f"{pieces} is no variable of it")
        found.append((regex, pieces))
    return found


def _mapper(config: Config) -> _Mapper | Unresolved:
    given = first(config, _MAP)
    try:
        pairs = json.loads(given) if given else {}
    except (ValueError, RecursionError):
        return Unresolved(_MAP, "is not JSON")
    if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
        return Unresolved(_MAP, "is not a map from namespaces to topics")
    prefix, suffix = config.get("topic.prefix", ""), config.get("topic.suffix", "")
    separator = config.get("topic.separator", ".")  # may be empty: MongoSourceConfig has no validator
    regexes = _templates(pairs, separator)
    if isinstance(regexes, Unresolved):
        return regexes
    return _Mapper(
        start=prefix and prefix + separator,
        end=suffix and separator + suffix,
        separator=separator,
        simple={key: value for key, value in pairs.items() if value and key != "*" and not key.startswith("/")},
        regexes=tuple(regexes),
        anything=pairs.get("*", ""),
        watched={part: value for part in ("database", "collection") if (value := first(config, part))},
    )


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    custom = first(config, "topic.mapper")
    mapper = _mapper(config) if custom in (None, _MAPPER) else Unresolved(f"topic.mapper = {custom}", "is not known")
    if isinstance(mapper, Unresolved):
        yield mapper
        return
    lists = namespace_lists(first(config, "pipeline"))
    if isinstance(lists, Unresolved):
        yield lists
        return
    only = {part: values[0] for pair in lists for (part,) in pair.spellings if len(values := pair.options(part)) == 1}
    given = {part: first(config, part) or only.get(part) for part in ("database", "collection")}
    fixed = {part: (value,) for part, value in given.items() if value}
    source = TableSource(
        platform="mongodb",
        dataset=("database", "collection"),
        naming=mapper,
        lists=lists,
        fixed=fixed,
        named=tuple(_namespace(key) for key in mapper.simple if "." in key),
        value=lambda table: Opaque(),
        internal=lambda topic: _internal(config, topic),
    )
    yield from reads(source, evidence)


def _internal(config: Config, topic: str) -> bool:
    return topic == (first(config, "heartbeat.topic.name") or "__mongodb_heartbeats")


FAMILY = SourceFamily(
    name="mongodb_source",
    classes=("com.mongodb.kafka.connect.MongoSourceConnector", "MongoDbAtlasSource"),
    platform="mongodb",
    reads=_reads,
    rule="https://www.mongodb.com/docs/kafka-connector/current/source-connector/usage-examples/topic-naming/",
    naming=("database", "collection", "topic.prefix", "topic.suffix", "topic.separator", "topic.mapper", _MAP),
    internal=_internal,
    never_known="single fields; the topics of another topic.mapper",
    spelled="database.collection",
)
