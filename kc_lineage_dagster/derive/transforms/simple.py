"""Builders of transforms that leave the topic alone: each from what a transform does to fields to a function of its
options.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import wraps

from kc_lineage_dagster.derive.config import first, items
from kc_lineage_dagster.derive.records import Leaf, Node, Opaque, Record
from kc_lineage_dagster.derive.transforms import fields
from kc_lineage_dagster.derive.transforms.steps import Build, Transform, TransformOptions
from kc_lineage_dagster.lineage import Unresolved

NodeChange = Callable[[Node], Node]
Plan = Callable[[TransformOptions], "NodeChange | Unresolved"]
RecordPlan = Callable[[TransformOptions], "fields.RecordChange | Unresolved"]

_WHERE_FROM = re.compile(r"source|topic|table|collection|schema|keyspace|\bdb\b", re.IGNORECASE)
_PARTS: Mapping[str, Callable[[Record, NodeChange], Record]] = {
    "Key": lambda record, change: replace(record, key=change(record.key)),
    "Value": lambda record, change: replace(record, value=change(record.value)),
}


def missing(key: str) -> Unresolved:
    """Return the answer of a builder when an option that has no default is absent."""
    return Unresolved(key, "is required and not set")


def keep(record: Record) -> tuple[Record, ...]:
    """Return the record as it is: the step that changes nothing that is tracked."""
    return (record,)


def unchanged(doc: str) -> Build:
    """Return a builder of transforms that change neither topic nor which fields there are; ``doc``: what they do."""

    def build(options: TransformOptions) -> Transform:
        return Transform(options.alias, keep)

    build.__doc__ = doc
    return build


def content(keys: Iterable[str], doc: str, of: Callable[[str | None], tuple[str, ...]] = items) -> Build:
    """Return a builder of transforms that change the content of fields, not which fields there are.

    Args:
        keys: Options that list the fields, newest first.
        doc: What the transforms do.
        of: From the value of the option to the fields; ``*`` stands for all.
    """
    known = tuple(keys)

    def build(options: TransformOptions) -> Transform:
        names = of(first(options.config, *known))
        apply, title = _PARTS.get(options.part or ""), options.class_name.rpartition(".")[2]
        if apply is None or not names:
            return Transform(options.alias, keep)
        return Transform(
            options.alias, lambda record: (apply(record, lambda node: fields.changed(node, names, title)),)
        )

    build.__doc__ = doc
    return build


def content_filter(key: str, doc: str) -> Build:
    """Return a builder of transforms that drop records by a condition on their content, found under ``key``.

    As a rule some records of every table get through. A condition on where a record comes from may drop whole tables.
    """

    def build(options: TransformOptions) -> Transform:
        by_table = _WHERE_FROM.search(options.config.get(key, "")) is not None
        doubt = f"{options.alias}: its condition may drop all records of a table"
        return Transform(options.alias, lambda record: (record.doubt(doubt) if by_table else record,))

    build.__doc__ = doc
    return build


def on_part(plan: Plan) -> Build:
    """Return a builder of transforms that exist as ``$Key`` and ``$Value`` and change the fields of that part."""

    @wraps(plan)
    def build(options: TransformOptions) -> Transform | Unresolved:
        change = plan(options)
        if isinstance(change, Unresolved):
            return change
        apply = _PARTS.get(options.part or "")
        if apply is None:
            return Unresolved("type", f"{options.class_name} exists only as $Key and $Value")
        return Transform(options.alias, lambda record: (apply(record, change),))

    return build


def adding(options: TransformOptions, made: Mapping[str, Node], topic_field: str | None) -> Transform | Unresolved:
    """Return a transform ``$Key`` or ``$Value`` that adds fields.

    Args:
        options: What the transform is built from.
        made: Field -> its content.
        topic_field: A field that gets the topic which the record has at that point; None for none.
    """
    apply = _PARTS.get(options.part or "")
    if apply is None:
        return Unresolved("type", f"{options.class_name} exists only as $Key and $Value")

    def step(record: Record) -> tuple[Record, ...]:
        topic = Leaf(constant=record.topic if isinstance(record.topic, str) else None)
        added = {**({topic_field: topic} if topic_field else {}), **made}
        return (apply(record, lambda node: fields.put(node, added)),)

    return Transform(options.alias, step)


def on_value(plan: Plan) -> Build:
    """Return a builder of transforms that change the fields of the value."""

    @wraps(plan)
    def build(options: TransformOptions) -> Transform | Unresolved:
        change = plan(options)
        if isinstance(change, Unresolved):
            return change
        return Transform(options.alias, lambda record: (_PARTS["Value"](record, change),))

    return build


def forgotten(doc: str, of: Callable[[Plan], Build] = on_part) -> Build:
    """Return a builder of transforms after which nothing is known of what is inside; ``doc``: what they do."""

    def plan(options: TransformOptions) -> NodeChange | Unresolved:
        return lambda node: Opaque()

    plan.__doc__ = doc
    return of(plan)


def on_record(plan: RecordPlan) -> Build:
    """Return a builder of transforms that change key and value together."""

    @wraps(plan)
    def build(options: TransformOptions) -> Transform | Unresolved:
        change = plan(options)
        return change if isinstance(change, Unresolved) else Transform(options.alias, lambda record: (change(record),))

    return build
