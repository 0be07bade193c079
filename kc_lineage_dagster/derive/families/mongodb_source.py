"""MongoDB's own source connector: ``prefix.database.collection.suffix`` with maps for single namespaces.

Source: ``com.mongodb.kafka.connect.source.topic.mapping.DefaultTopicMapper`` and
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
from kc_lineage_dagster.derive.java_regex import JavaRegex, Refused, compile_java
from kc_lineage_dagster.derive.record import Opaque
from kc_lineage_dagster.derive.table_topics import Options, Source, Table, Ways, reads
from kc_lineage_dagster.lineage import Unresolved

MAPPER = "com.mongodb.kafka.connect.source.topic.mapping.DefaultTopicMapper"
MAP = "topic.namespace.map"

_VARIABLE = re.compile(r"\{(db|sep|coll|sep_coll|coll_sep|sep_coll_sep)\}")


@dataclass(frozen=True, slots=True)
class _Mapper:
    """``simple``: namespaces, or databases, to topics. ``regexes``: patterns of namespaces to templates, in order.
    ``anything``: the topic of all the rest.
    """

    start: str
    end: str
    separator: str
    simple: dict[str, str]
    regexes: tuple[tuple[JavaRegex, str], ...]
    anything: str

    def spelled(self, part: str) -> str:
        """Names stand in topics as they are."""
        return part

    def topic(self, table: Table) -> str | None:
        """Exact namespace first, then database, then patterns, then ``*``, then the namespace itself."""
        if not {"database", "collection"} <= set(table):
            return None
        database, collection = table["database"], table["collection"]
        return f"{self.start}{self._name(database, collection)}{self.end}"

    def _name(self, database: str, collection: str) -> str:
        exact = self.simple.get(f"{database}.{collection}")
        if exact:
            return exact
        renamed = self.simple.get(database)
        if not renamed:
            for regex, template in self.regexes:
                if regex.matches(f"{database}.{collection}") is True:
                    return self._filled(template, database, collection)
            if self.anything:
                return self.anything
        return f"{renamed or database}{self.separator}{collection}"

    def _filled(self, template: str, database: str, collection: str) -> str:
        sep = self.separator
        values = {
            "db": database,
            "sep": sep,
            "coll": collection,
            "sep_coll": sep + collection,
            "coll_sep": collection + sep,
            "sep_coll_sep": sep + collection + sep,
        }
        return _VARIABLE.sub(lambda found: values[found.group(1)], template)

    def ways(self, topic: str, heads: Iterable[str]) -> Ways | Unresolved:
        """The namespaces that the maps name for it, or those that its name consists of."""
        if not (topic.startswith(self.start) and topic.endswith(self.end)):
            return ()
        name = topic[len(self.start) : len(topic) - len(self.end)]
        tables = [_namespace(key) for key, value in self.simple.items() if value == name and "." in key]
        for shown, database in self._databases(name):
            tables.append({"database": database, "collection": name[len(shown) + len(self.separator) :]})
        for regex, template in self.regexes:
            tables.extend(_unfilled(template, self.separator, name))
        found = tuple(table for table in tables if self.topic(table) == topic)
        if not found and name == self.anything:
            return Unresolved(topic, f"{MAP} sends every collection that it does not name to this topic", topic=topic)
        return (found,) if found else ()

    def _databases(self, name: str) -> Iterator[tuple[str, str]]:
        yield from ((shown, database) for database, shown in self.simple.items() if _begins(name, shown, self.separator))
        # a database's name holds no dots; a collection's may
        plain = name.partition(self.separator)[0]
        yield plain, plain

    def heads(self, options: Options) -> frozenset[str]:
        """The prefix, with the database where one is given."""
        databases = options.get("database", ())
        if self.regexes or self.anything or any("." in key for key in self.simple):
            return frozenset({self.start})
        known = {f"{self.start}{self.simple.get(one, one)}{self.separator}" for one in databases}
        return frozenset(known or {self.start})


def _begins(name: str, shown: str, separator: str) -> bool:
    return bool(shown) and name.startswith(shown + separator)


def _namespace(key: str) -> dict[str, str]:
    database, _, collection = key.partition(".")
    return {"database": database, "collection": collection}


def _unfilled(template: str, separator: str, name: str) -> Iterator[Table]:
    """The namespace that a template turned into a topic's name, when the template tells both parts."""
    sep, seen = re.escape(separator), set[str]()

    def group(part: str, pattern: str) -> str:
        if part in seen:
            return f"(?P={part})"
        seen.add(part)
        return f"(?P<{part}>{pattern})"

    def pattern(piece: str) -> str:
        variable = _VARIABLE.fullmatch(piece)
        if variable is None:
            return re.escape(piece)
        words = {"db": lambda: group("database", "[^.]+"), "sep": lambda: sep, "coll": lambda: group("collection", ".+")}
        return "".join(words[word]() for word in variable.group(1).split("_"))

    whole = "".join(pattern(piece) for piece in re.split(r"(\{[a-z_]+\})", template))
    found = re.fullmatch(whole, name)
    if found:
        yield found.groupdict()


def _mapper(config: Config) -> _Mapper | Unresolved:
    given = first(config, MAP)
    try:
        pairs = json.loads(given) if given else {}
    except ValueError:
        return Unresolved(MAP, "is not JSON")
    if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
        return Unresolved(MAP, "is not a map from namespaces to topics")
    regexes = [(compile_java(key[1:]), value) for key, value in pairs.items() if key.startswith("/")]
    refused = next((regex for regex, _ in regexes if isinstance(regex, Refused)), None)
    if refused is not None:
        return Unresolved(MAP, refused.reason)
    prefix, suffix = config.get("topic.prefix", ""), config.get("topic.suffix", "")
    separator = config.get("topic.separator", ".")
    return _Mapper(
        start=prefix and prefix + separator,
        end=suffix and separator + suffix,
        separator=separator,
        simple={key: value for key, value in pairs.items() if value and key != "*" and not key.startswith("/")},
        regexes=tuple((regex, value) for regex, value in regexes if isinstance(regex, JavaRegex) and value),
        anything=pairs.get("*", ""),
    )


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    custom = first(config, "topic.mapper")
    mapper = _mapper(config) if custom in (None, MAPPER) else Unresolved(f"topic.mapper = {custom}", "is not known")
    if isinstance(mapper, Unresolved):
        yield mapper
        return
    given = {"database": first(config, "database"), "collection": first(config, "collection")}
    fixed = {part: (value,) for part, value in given.items() if value}
    source = Source(
        platform="mongodb",
        dataset=("database", "collection"),
        naming=mapper,
        fixed=fixed,
        named=tuple(_namespace(key) for key in mapper.simple if "." in key) if "database" in fixed else (),
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
    naming=("database", "collection", "topic.prefix", "topic.suffix", "topic.separator", "topic.mapper", MAP),
    internal=_internal,
    never_known="single fields; the topics of another topic.mapper",
    spelled="database.collection",
)
