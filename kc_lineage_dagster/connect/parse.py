"""Turn Connect's JSON into plain Python: what has the wrong shape is refused (``WrongShapeError``), never guessed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kc_lineage_dagster.connect.snapshot import Offset, TaskState
from kc_lineage_dagster.wording import encodable

KINDS = frozenset(("source", "sink"))
STATES = frozenset(("RUNNING", "PAUSED", "STOPPED", "FAILED", "RESTARTING", "UNASSIGNED"))
UNKNOWN_STATE = "UNKNOWN"
_KIND_NAMES: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}
_LONGEST_TRACE = 4000  # characters

Clean = Callable[[str], str]
_T = TypeVar("_T")


class WrongShapeError(ValueError):
    """An answer, or a part of one, that is not what Connect's API describes. The message holds no value."""


def config_of(value: Any, what: str = "config") -> dict[str, str]:
    """Return a configuration as Connect would hold it: texts by key; null values are absent keys.

    Numbers, booleans and lists, which files written by hand hold, become texts. ``what``: how a message calls the
    configuration.

    Raises:
        WrongShapeError: For anything else; the message names the key.

    >>> config_of({"topics": ["a", "b"], "tasks.max": 2, "errors.log.enable": True, "name": None})
    {'topics': 'a,b', 'tasks.max': '2', 'errors.log.enable': 'true'}
    >>> config_of({"topics": {"a": 1}})
    Traceback (most recent call last):
    kc_lineage_dagster.connect.parse.WrongShapeError: config.topics is an object, not a string
    """
    if not isinstance(value, Mapping):
        raise WrongShapeError(f"{what} is {kind_of(value)}, not an object")
    return {
        encodable(scalar_of(key, what)): encodable(
            item if isinstance(item, str) else _config_value(item, f"{what}.{key}")
        )
        for key, item in value.items()
        if item is not None
    }


def _config_value(value: Any, what: str) -> str:
    if isinstance(value, list):
        return ",".join(scalar_of(item, what) for item in value if item is not None)
    return scalar_of(value, what)


def scalar_of(value: Any, what: str) -> str:
    """Return a JSON or YAML scalar as the string that Connect would hold.

    Raises:
        WrongShapeError: For anything else.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise WrongShapeError(f"{encodable(what)[:200]} is {kind_of(value)}, not a string")


def kind_of(value: Any) -> str:
    """Name the type of a JSON value for people.

    >>> kind_of(None), kind_of([1]), kind_of(True), kind_of(2.5)
    ('null', 'a list', 'a boolean', 'a number')
    """
    return next((name for kind, name in _KIND_NAMES.items() if isinstance(value, kind)), "of another kind")


def words_of(body: Any) -> str:
    """Return what an error's answer says, as Kafka Connect and Confluent Cloud write it; empty for any other answer.

    Source: ErrorMessage.java of Kafka Connect; docs.confluent.io/cloud/current/api.html, Errors.

    >>> words_of({"error_code": 404, "message": "Connector crm not found"})
    'Connector crm not found'
    >>> words_of({"error": {"code": 404, "message": "Not found"}}), words_of({"errors": [{"detail": "Not found"}]})
    ('Not found', 'Not found')
    """
    if not isinstance(body, Mapping):
        return ""
    errors = body.get("errors")
    places = (body, body.get("error"), errors[0] if isinstance(errors, list) and errors else None)
    said = (one.get(key) for one in places if isinstance(one, Mapping) for key in ("message", "detail"))
    return next((str(one) for one in said if one), "")


def connector_state(value: Any) -> str:
    """Return a state that Kafka Connect knows, ``UNKNOWN`` for anything else.

    >>> connector_state("running"), connector_state("DEPLOYING"), connector_state(None)
    ('RUNNING', 'UNKNOWN', 'UNKNOWN')
    """
    upper = value.upper() if isinstance(value, str) else ""
    return upper if upper in STATES else UNKNOWN_STATE


def kind_from(*entries: Any) -> str:
    """Return the first ``type`` of these objects that is ``source`` or ``sink``, else ``unknown``.

    >>> kind_from({"name": "crm"}, {"type": "sink"}), kind_from(None)
    ('sink', 'unknown')
    """
    found = (entry.get("type") for entry in entries if isinstance(entry, Mapping))
    return next((kind.lower() for kind in found if isinstance(kind, str) and kind.lower() in KINDS), "unknown")


def trace_of(entry: Any, clean: Clean) -> str | None:
    """Return the trace of a connector or task without its secrets, cut to a readable length."""
    trace = entry.get("trace") if isinstance(entry, Mapping) else None
    if not isinstance(trace, str) or not trace:
        return None
    text = clean(encodable(trace))
    return text if len(text) <= _LONGEST_TRACE else text[:_LONGEST_TRACE] + "\n..."


def tasks_of(status: Any, clean: Clean) -> tuple[TaskState, ...]:
    """Return the tasks of a ``/status`` answer, by number; entries of another shape are left out."""
    entries = status.get("tasks") if isinstance(status, Mapping) else None
    tasks = [
        TaskState(entry["id"], connector_state(entry.get("state")), trace_of(entry, clean))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping) and isinstance(entry.get("id"), int)
    ]
    return tuple(sorted(tasks, key=lambda task: task.id))


def topics_of(body: Any, name: str) -> tuple[str, ...]:
    """Return the sorted topics of a connector's ``/topics`` answer.

    Raises:
        WrongShapeError: For an answer of another shape.

    >>> topics_of({"crm": {"topics": ["b", "a", "b"]}}, "crm")
    ('a', 'b')
    """
    entry = _member(body, name, dict)
    topics = _member(entry, "topics", list)
    if not all(isinstance(topic, str) for topic in topics):
        raise WrongShapeError("a topic is not a string")
    return tuple(sorted({encodable(topic) for topic in topics}))


def offsets_of(body: Any, clean: Callable[[Any], Any]) -> tuple[Offset, ...]:
    """Return the offsets of an ``/offsets`` answer in an order of their own.

    Raises:
        WrongShapeError: For an answer of another shape.
    """
    entries = [
        (_member(entry, "partition", dict), _member(entry, "offset", dict, optional=True))
        for entry in _member(body, "offsets", list)
    ]
    try:
        found = [Offset(clean(partition), clean(offset)) for partition, offset in entries]
    except RecursionError:
        raise WrongShapeError("an offset is nested too deeply") from None
    return tuple(sorted(found, key=lambda at: json.dumps(at.partition, sort_keys=True)))


def task_configs_of(body: Any) -> tuple[dict[str, str], ...]:
    """Return the configurations of a ``/tasks`` answer, by task number.

    Raises:
        WrongShapeError: For an answer of another shape.

    >>> task_configs_of([{"id": {"connector": "crm", "task": 0}, "config": {"tables": "users"}}])
    ({'tables': 'users'},)
    """
    if not isinstance(body, list):
        raise WrongShapeError(f"{kind_of(body)} instead of a list of tasks")
    found = [(_task_number(entry), config_of(_member(entry, "config", dict), "config of a task")) for entry in body]
    return tuple(config for _, config in sorted(found, key=lambda pair: pair[0]))


def _task_number(entry: Any) -> int:
    number = _member(_member(entry, "id", dict), "task", int)
    return number if isinstance(number, int) else 0


def password_keys_of(body: Any) -> frozenset[str]:
    """Return the keys of type PASSWORD of a ``/connector-plugins/{class}/config`` answer.

    Definitions of another shape are passed over.

    Raises:
        WrongShapeError: When the answer is no list.

    >>> sorted(password_keys_of([{"name": "db.password", "type": "PASSWORD"}, {"name": "topics", "type": "LIST"}]))
    ['db.password']
    """
    if not isinstance(body, list):
        raise WrongShapeError(f"{kind_of(body)} instead of a list of definitions")
    return frozenset(
        encodable(entry["name"])
        for entry in body
        if isinstance(entry, Mapping) and entry.get("type") == "PASSWORD" and isinstance(entry.get("name"), str)
    )


def _member(value: Any, name: str, kind: type[_T], optional: bool = False) -> Any:
    if not isinstance(value, Mapping):
        raise WrongShapeError(f"{kind_of(value)} instead of an object")
    found = value.get(name)
    if isinstance(found, kind) or (optional and found is None):
        return found
    raise WrongShapeError(f"no usable {encodable(name)[:80]!r} in the answer")
