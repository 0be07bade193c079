"""Predicates, and what becomes of a transform that one guards.

Source: ``org.apache.kafka.connect.transforms.predicates``,
``org.apache.kafka.connect.runtime.PredicatedTransformation``
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce

from kc_lineage_dagster.derive.config import Config
from kc_lineage_dagster.derive.records import Record
from kc_lineage_dagster.derive.transforms.fields import common
from kc_lineage_dagster.derive.transforms.steps import Transform
from kc_lineage_dagster.java_regex import Refused, compile_java
from kc_lineage_dagster.lineage import Unresolved

Test = Callable[[Record], "bool | None"]


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on records.

    ``test``: True, False, or None when the answer depends on the record's content. ``by_topic``: whether the test looks
    at the topic's name.
    """

    test: Test
    by_topic: bool = False


# as people write a pattern for every topic; no topic is called ""
_ANY_NAME = frozenset(
    f"{start}{text}{end}" for text in (".*", ".+", "(.*)", "(.+)") for start in ("", "^") for end in ("", "$")
)


def _topic_name_matches(config: Config) -> Predicate | Unresolved:
    pattern = config.get("pattern", "")
    if pattern in _ANY_NAME:
        return Predicate(lambda record: True)
    compiled = compile_java(pattern)
    if isinstance(compiled, Refused):
        return Unresolved(f"pattern {pattern}", compiled.reason)

    def test(record: Record) -> bool | None:
        matched = compiled.matches(str(record.topic))
        return None if isinstance(matched, Refused) else matched

    return Predicate(test, by_topic=True)


def _never(config: Config) -> Predicate | Unresolved:
    # RecordIsTombstone: a tombstone carries no data, so it makes no edge whatever becomes of it
    return Predicate(lambda record: False)


def _undecided(config: Config) -> Predicate | Unresolved:
    return Predicate(lambda record: None)


_PACKAGE = "org.apache.kafka.connect.transforms.predicates"
PREDICATES: Mapping[str, Callable[[Config], Predicate | Unresolved]] = {
    f"{_PACKAGE}.TopicNameMatches": _topic_name_matches,
    f"{_PACKAGE}.RecordIsTombstone": _never,
    f"{_PACKAGE}.HasHeaderKey": _undecided,
}
_BY_ALIAS = {name.rpartition(".")[2]: build for name, build in PREDICATES.items()}


def build_predicate(class_name: str, config: Config) -> Predicate | Unresolved:
    """Return the predicate of a class or alias; an unknown class is undecided for every record."""
    return (PREDICATES.get(class_name) or _BY_ALIAS.get(class_name) or _undecided)(config)


def guarded(transform: Transform, predicate: Predicate, negate: bool) -> Transform:
    """Return the transform applied only to records for which the predicate holds.

    Args:
        transform: What is applied.
        predicate: Decides record by record.
        negate: Whether it is applied to the other records instead.
    """

    def step(record: Record) -> tuple[Record, ...]:
        holds = predicate.test(record)
        if holds is None:
            return _either(record, transform)
        return transform.step(record) if holds != negate else (record,)

    return replace(
        transform,
        step=step,
        by_topic=transform.by_topic or predicate.by_topic,
    )


def _either(record: Record, transform: Transform) -> tuple[Record, ...]:
    """Return what becomes of records of which some go through the step and others do not, by their content.

    That is a doubt only where their topics then differ.
    """
    changed = transform.step(record)
    if all(one.topic == record.topic for one in changed):
        key = reduce(common, (one.key for one in changed), record.key)
        return (replace(record, key=key, value=reduce(common, (one.value for one in changed), record.value)),)
    reason = f"{transform.alias}: its predicate depends on the content of each record"
    return (record.doubt(reason), *(one.doubt(reason) for one in changed))
