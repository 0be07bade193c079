"""Confluent's Oracle CDC source (LogMiner): a template names each table's topic; the redo log topic is book-keeping.

Source: https://docs.confluent.io/kafka-connectors/oracle-cdc/current/configuration-properties.html
(``table.topic.name.template``, ``table.inclusion.regex``) and .../overview.html (template variables)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from kc_lineage_dagster.derive.config import Config, first
from kc_lineage_dagster.derive.debezium_naming import sanitised
from kc_lineage_dagster.derive.evidence import Evidence
from kc_lineage_dagster.derive.family import Found, SourceFamily
from kc_lineage_dagster.derive.name_lists import name_list
from kc_lineage_dagster.derive.table_topics import Options, Rule, Source, Table, Ways, reads
from kc_lineage_dagster.lineage import Unresolved

TEMPLATE = "table.topic.name.template"
DATABASE = ("oracle.pdb.name", "oracle.sid", "oracle.service.name")

_PARTS = {"${databaseName}": "database", "${schemaName}": "schema", "${tableName}": "table"}
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_WHOLE = "${databaseName}.${schemaName}.${tableName}"


@dataclass(frozen=True, slots=True)
class _Template:
    """``text``: the template with variables for parts only. ``pattern``: what reads the parts from a topic's name."""

    text: str
    pattern: re.Pattern[str]

    def spelled(self, part: str) -> str:
        """Characters that a topic cannot hold become underscores (``C##USER`` is ``C__USER``)."""
        return sanitised(part)

    def topic(self, table: Table) -> str | None:
        """The template filled in, None when it asks for parts that are not known."""
        asked = [_PARTS[variable] for variable in _VARIABLE.findall(self.text)]
        if not set(asked) <= set(table):
            return None
        return sanitised(_VARIABLE.sub(lambda found: table[_PARTS[found.group()]], self.text))

    def ways(self, topic: str, heads: Iterable[str]) -> Ways | Unresolved:
        """The one way to read a topic's name: parts hold no dots."""
        found = self.pattern.fullmatch(topic)
        return ((found.groupdict(),),) if found else ()

    def heads(self, options: Options) -> frozenset[str]:
        """The text before the table's name, as far as the values of the variables in it are known."""
        before = self.text.partition("${tableName}")[0]
        heads = [""]
        for piece in re.split(r"(\$\{[^}]*\})", before):
            values = options.get(_PARTS.get(piece, ""), ()) if piece in _PARTS else (piece,)
            if not values:
                break
            heads = [head + sanitised(value) for head, value in product(heads, values)]
        return frozenset(heads)


def _template(config: Config) -> _Template | Unresolved:
    given = config.get(TEMPLATE, "${fullyQualifiedTableName}").strip()
    text = given.replace("${fullyQualifiedTableName}", _WHOLE).replace("${emptyString}", "")
    text = text.replace("${connectorName}", config.get("name", "${connectorName}"))
    unknown = set(_VARIABLE.findall(text)) - set(_PARTS)
    if unknown:
        return Unresolved(f"{TEMPLATE} = {given}", f"{min(unknown)} is not a part of a table's name")
    seen: set[str] = set()
    pieces = (_as_group(piece, seen) for piece in re.split(r"(\$\{[^}]*\})", text))
    return _Template(text, re.compile("".join(pieces)))


def _as_group(piece: str, seen: set[str]) -> str:
    part = _PARTS.get(piece)
    if part is None:
        return re.escape(sanitised(piece))
    if part in seen:
        return f"(?P={part})"
    seen.add(part)
    return f"(?P<{part}>[^.]+)"


def _reads(config: Config, evidence: Evidence) -> Iterator[Found]:
    if config.get(TEMPLATE, "on").strip() == "":
        return
    template = _template(config)
    if isinstance(template, Unresolved):
        yield template
        return
    include, exclude = (
        name_list([text] if (text := first(config, key)) else [], 2, ignore_case=False)
        for key in ("table.inclusion.regex", "table.exclusion.regex")
    )
    spelling = (("database", "schema", "table"),)
    # unlike Debezium's lists both count: a rule of its own for each
    rules = (
        Rule("table.exclusion.regex", spelling, exclude=exclude),
        Rule("table.inclusion.regex", spelling, include=include),
    )
    name = first(config, *DATABASE)
    source = Source(
        platform="oracle",
        dataset=("schema", "table"),
        naming=template,
        rules=rules,
        fixed={"database": (name,)} if name else {},
        internal=lambda topic: _internal(config, topic),
    )
    yield from reads(source, evidence)


def _internal(config: Config, topic: str) -> bool:
    """The redo log that the connector writes and reads again, its corrupted records, heartbeats."""
    database = first(config, *DATABASE) or ""
    named = {
        "redo.log.topic.name": "${connectorName}-${databaseName}-redo-log",
        "redo.log.corruption.topic": "",
        "heartbeat.topic.name": "${connectorName}-${databaseName}-heartbeat-topic",
    }
    texts = (config.get(key, default) for key, default in named.items())
    names = (text.replace("${connectorName}", config.get("name", "")) for text in texts)
    return topic in {sanitised(name.replace("${databaseName}", database)) for name in names}


FAMILY = SourceFamily(
    name="oracle_cdc",
    classes=("io.confluent.connect.oracle.cdc.OracleCdcSourceConnector", "OracleCdcSource"),
    platform="oracle",
    reads=_reads,
    rule="https://docs.confluent.io/kafka-connectors/oracle-cdc/current/configuration-properties.html",
    naming=(TEMPLATE, *DATABASE),
    selecting=("table.inclusion.regex", "table.exclusion.regex"),
    internal=_internal,
    never_known="the columns behind topics of lob.topic.name.template",
    spelled="schema.table in lower case",
)
