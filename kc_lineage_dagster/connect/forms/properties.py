"""Read Java properties: connectors of standalone workers, MirrorMaker 2 and Debezium Server.

The syntax is that of ``java.util.Properties.load``. Debezium Server runs one source connector and hands the records to
a sink of its own; with ``debezium.sink.type=kafka`` it writes the topics that the connector would write
(debezium.io/documentation/reference/stable/operations/debezium-server.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kc_lineage_dagster.connect.forms import mirror_maker
from kc_lineage_dagster.connect.forms.content import CLASS, Content, Other, posted

_SOURCE, _SINK, _CHAIN = "debezium.source.", "debezium.sink.type", ("transforms", "predicates")
_LINE_END, _BLANK = re.compile(r"\r\n|\r|\n"), " \t\f"  # what else Python takes for either belongs to a key or a value
_CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
_KEY = re.compile(r"((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_NAMED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def read(text: str, stem: str) -> Iterator[Content]:
    """Yield the connectors of a file of properties. ``stem``: names a connector without a name."""
    values = parse_properties(text)
    if CLASS in values:
        yield posted(values.get("name"), values, stem)
    elif _SOURCE + CLASS in values:
        yield _debezium_server(values, stem)
    else:
        yield from mirror_maker.of_properties(values) or (Other("properties without connector.class"),)


def _debezium_server(values: Mapping[str, str], stem: str) -> Content:
    sink = values.get(_SINK, "")
    if sink.strip().lower() != "kafka":
        return Other(f"Debezium Server with {_SINK}={sink[:40] or 'nothing'}, which writes no topic of Kafka")
    config = {key[len(_SOURCE) :]: value for key, value in values.items() if key.startswith(_SOURCE)}
    for part in _CHAIN:
        prefix = f"debezium.{part}"
        config |= {
            key[len("debezium.") :]: value
            for key, value in values.items()
            if key == prefix or key.startswith(f"{prefix}.")
        }
    return posted(config.get("name"), config, stem, kind="source")


def parse_properties(text: str) -> dict[str, str]:
    """Return the keys and values of a text, as ``java.util.Properties.load`` reads them."""
    values: dict[str, str] = {}
    pending = ""  # the beginning of an entry that goes on in the next line
    for line in (*_LINE_END.split(text), ""):
        line = line.lstrip(_BLANK)
        if not pending and line[:1] in ("", "#", "!"):
            continue
        if _CONTINUED.search(line):
            pending += line[:-1]
            continue
        whole, pending = pending + line, ""
        found = _KEY.match(whole)
        end = found.end() if found else 0
        values[_unescaped(found[1] if found else "")] = _unescaped(whole[end:])
    return values


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(
        lambda found: chr(int(found[1][1:], 16)) if len(found[1]) == 5 else _NAMED.get(found[1], found[1]), text
    )
