"""The labels and relationship types that a Cypher statement or pattern names: Neo4j's datasets.

DataHub's Neo4j ingestion makes one dataset of each node label and each relationship type, named by it alone.

Source: ``datahub.ingestion.source.neo4j.neo4j_source``
"""

from __future__ import annotations

import re

# One that is not closed goes on to the end: to look for its end at every beginning takes forever on hostile text.
_STRINGS = re.compile(
    r"'(?:\\.|[^'\\])*\\?(?:'|\Z)|\"(?:\\.|[^\"\\])*\\?(?:\"|\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL
)
_CLAUSES = re.compile(
    r"(?<![.$])\b(optional\s+match|match|merge|create|on\s+create\s+set|on\s+match\s+set|set|remove|detach\s+delete|delete|"
    r"with|unwind|where|return|foreach|call|yield|union|order\s+by|limit|skip|load\s+csv)\b",
    re.IGNORECASE,
)
_PROPERTIES = re.compile(r"\{[^{}]*\}")
# (n:A:B), (:A|B), [r:TYPE], [:T1|T2 *1..3]
_ELEMENT = re.compile(r"[(\[]\s*(?:\w+\s*)?((?:[:|&]\s*!?(?:`[^`]+`|\w+)\s*)+)")
_SET_LABEL = re.compile(r"\b\w+\s*((?::\s*(?:`[^`]+`|\w+)\s*)+)")
_LABEL = re.compile(r"`([^`]+)`|(\w+)")
# labels that come from values: procedures that write, and dynamic labels such as (n:$(event.type))
_DYNAMIC = re.compile(r"\bapoc\.(?:create|merge|refactor|cypher)\b|:\s*\$\(", re.IGNORECASE)

_WRITING = frozenset({"merge", "create"})
_SETTING = frozenset({"set", "on create set", "on match set"})
_READING = frozenset({"match", "optional match"})


def written_labels(statement: str) -> tuple[str, ...]:
    """Return labels and types that MERGE, CREATE and SET write; the elements that MATCH only looks up do not count.

    >>> written_labels("MATCH (a:User {id: event.user}) MERGE (o:Order {id: event.id}) MERGE (a)-[:PLACED]->(o)")
    ('Order', 'PLACED')
    """
    found: list[str] = []
    for clause, body in _clauses(statement):
        if clause in _WRITING:
            found.extend(pattern_labels(body))
        elif clause in _SETTING:
            found.extend(label for match in _SET_LABEL.finditer(body) for label in _names(match.group(1)))
    return tuple(dict.fromkeys(found))


def read_labels(statement: str) -> tuple[str, ...]:
    """Return labels and types that MATCH reads.

    >>> read_labels("MATCH (u:User)-[:PLACED]->(o:Order) RETURN u, o")
    ('User', 'PLACED', 'Order')
    """
    found = [label for clause, body in _clauses(statement) if clause in _READING for label in pattern_labels(body)]
    return tuple(dict.fromkeys(found))


def pattern_labels(pattern: str) -> tuple[str, ...]:
    """Return labels and types of a pattern such as ``(:User{!id})-[:BOUGHT]->(:Product{!id})``, in order.

    >>> pattern_labels("(:User{!id})-[:BOUGHT]->(:Product{!id})")
    ('User', 'BOUGHT', 'Product')
    """
    bare = _without_properties(_STRINGS.sub(" ", pattern))
    found = [label for match in _ELEMENT.finditer(bare) for label in _names(match.group(1))]
    return tuple(dict.fromkeys(found))


def has_dynamic_labels(statement: str) -> bool:
    """Tell whether the statement also touches labels that only the records tell.

    >>> has_dynamic_labels("CALL apoc.create.node([event.type], event)")
    True
    """
    return _DYNAMIC.search(_STRINGS.sub(" ", statement)) is not None


def _clauses(statement: str) -> list[tuple[str, str]]:
    text = _without_properties(_STRINGS.sub(" ", statement))
    pieces = _CLAUSES.split(text)
    words = [re.sub(r"\s+", " ", word).lower() for word in pieces[1::2]]
    return list(zip(words, pieces[2::2], strict=True))


def _without_properties(text: str) -> str:
    while (shorter := _PROPERTIES.sub(" ", text)) != text:
        text = shorter
    return text


def _names(labels: str) -> list[str]:
    return [quoted or plain for quoted, plain in _LABEL.findall(labels)]
