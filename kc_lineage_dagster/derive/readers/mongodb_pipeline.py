"""Reads which namespaces the aggregation pipeline of a MongoDB change stream lets through.

Every event says in ``ns.db`` and ``ns.coll`` where it happened, and people watch a whole database and pick its
collections by a ``$match`` on these fields.

Source: https://www.mongodb.com/docs/kafka-connector/current/source-connector/usage-examples/multiple-sources/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kc_lineage_dagster.derive.readers.name_lists import name_list
from kc_lineage_dagster.derive.readers.table_topics import ListPair
from kc_lineage_dagster.lineage import Unresolved

_KEY = "pipeline"
_PARTS = {"ns.db": "database", "ns.coll": "collection"}
_NAMESPACE = re.compile(r"ns(?:\.|$)")
_REWRITES = ("$addFields", "$set")


def namespace_lists(pipeline: str | None) -> tuple[ListPair, ...] | Unresolved:
    """Return the lists of databases and collections that a pipeline's first ``$match`` stages let through, collections
    last; () where they say nothing of namespaces.

    Conditions that are not understood count as none: they can only let less through. Unresolved where a stage writes
    another namespace into the events, for topics are named after it.

    Args:
        pipeline: A JSON list of stages, as the option of the connector holds it; None for no pipeline.

    >>> [pair] = namespace_lists('[{"$match": {"ns.coll": {"$in": ["orders", "users"]}}}]')
    >>> pair.include.names
    ('orders', 'users')
    """
    stages = _stages(pipeline)
    if any(_rewrites(stage) for stage in stages):
        return Unresolved(_KEY, "writes another namespace into the events, and topics are named after it")
    tests = [test for condition in _first_matches(stages) for test in _tests(condition)]
    sorted_tests = sorted(tests, key=lambda found: list(_PARTS.values()).index(found[0]))
    return tuple(pair for part, test in sorted_tests for pair in _pairs(part, test))


def _stages(pipeline: str | None) -> list[Mapping[str, Any]]:
    try:
        stages = json.loads(pipeline) if pipeline else []
    except (ValueError, RecursionError):
        return []
    return stages if isinstance(stages, list) and all(isinstance(stage, dict) for stage in stages) else []


def _rewrites(stage: Mapping[str, Any]) -> bool:
    written = [stage.get(name) for name in _REWRITES]
    return any(isinstance(fields, dict) and any(map(_NAMESPACE.match, fields)) for fields in written)


def _first_matches(stages: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for stage in stages:
        condition = stage.get("$match")
        if len(stage) != 1 or not isinstance(condition, dict):
            return
        yield condition


def _tests(condition: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the part of a namespace that each test of a condition is about, and the test; all of them must hold."""
    for key, test in condition.items():
        if key in _PARTS:
            yield _PARTS[key], test
        elif key == "ns" and isinstance(test, dict) and set(test) == {"db", "coll"}:
            yield from (("database", test["db"]), ("collection", test["coll"]))
        elif key == "$and" and isinstance(test, list):
            for one in test:
                yield from _tests(one) if isinstance(one, dict) else ()


def _pairs(part: str, test: Any) -> Iterator[ListPair]:
    """Yield a list for each operator of a test that is understood; what a test lets through comes last."""
    operators = test if isinstance(test, dict) else {"$eq": test}
    negated = operators.get("$not")
    kept_away = (
        _names("$eq", operators.get("$ne")),
        _names("$in", operators.get("$nin")),
        _names("$regex", negated.get("$regex")) if isinstance(negated, dict) and len(negated) == 1 else [],
    )
    for names in filter(None, kept_away):
        yield ListPair(_KEY, ((part,),), exclude=name_list(names, ignore_case=False))
    for operator in ("$regex", "$in", "$eq"):
        names = _names(operator, operators.get(operator))
        if names and not operators.get("$options"):
            yield ListPair(_KEY, ((part,),), name_list(names, ignore_case=False))


def _names(operator: str, value: Any) -> list[str]:
    """Return regular expressions for the whole names that an operator finds; [] where it is absent or not
    understood.
    """
    if operator == "$regex":
        return [_whole(value)] if isinstance(value, str) else []
    values = value if operator == "$in" else [value]
    understood = isinstance(values, list) and all(isinstance(one, str) for one in values)
    return [re.escape(one) for one in values] if understood else []


def _whole(regex: str) -> str:
    """Return the expression that matches a whole name where this one finds a part of it."""
    if "|" in re.sub(r"\([^()]*\)|\[[^\]]*\]", "", regex):
        return f".*(?:{regex}).*"
    before = regex[1:] if regex.startswith("^") else f".*{regex}"
    return before[:-1] if before.endswith("$") and not before.endswith("\\$") else f"{before}.*"
