"""Connectors, snapshots and lineage as JSON text for the state, and back, by pydantic; and digests of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from kc_lineage_dagster.connect.snapshot import Connector, Offset, Snapshot, TaskState
from kc_lineage_dagster.lineage import ConnectorLineage

_T = TypeVar("_T")
_LINE = 200  # characters of a trace's first line, which are enough to tell one failure from another


class Codec(Generic[_T]):
    """Writes records of one class as JSON text, and reads them."""

    def __init__(self, kind: type[_T]) -> None:
        """``kind``: the class of the records."""
        self._adapter: TypeAdapter[_T] = TypeAdapter(kind)

    def dump(self, value: _T) -> str:
        """Return a record as JSON. One with a lone surrogate, which UTF-8 cannot hold, is written in ASCII."""
        try:
            text = self._adapter.dump_json(value).decode()
        except PydanticSerializationError:
            return self._in_ascii(value)
        # pydantic refuses a lone surrogate in a value, but writes one in a key as U+FFFD
        return self._in_ascii(value) if "\ufffd" in text else text

    def _in_ascii(self, value: _T) -> str:
        return json.dumps(self._adapter.dump_python(value), default=sorted)  # a set has no JSON of its own

    def load(self, text: str) -> _T | None:
        """Return the record that ``dump`` wrote; None for a text that another release wrote differently, or is damaged.

        Callers treat None as if the record was never written, and the next run writes it again.
        """
        try:
            return self._adapter.validate_json(text)
        except ValidationError:
            pass
        try:
            return self._adapter.validate_python(json.loads(text))
        except ValueError:
            return None

    def load_named(self, texts: Iterable[tuple[str, str]]) -> dict[str, _T]:
        """Return name -> record of those of the texts that can be read (``load``). ``texts``: (name, text) each."""
        loaded = ((name, self.load(text)) for name, text in texts)
        return {name: one for name, one in loaded if one is not None}


@cache
def connectors() -> Codec[Connector]:
    """Return the codec of connectors. It is made when it is first used, because that takes a moment."""
    return Codec(Connector)


@cache
def snapshots() -> Codec[Snapshot]:
    """Return the codec of snapshots, which the state keeps without their connectors."""
    return Codec(Snapshot)


@cache
def lineages() -> Codec[ConnectorLineage]:
    """Return the codec of lineage."""
    return Codec(ConnectorLineage)


def digest(text: str) -> str:
    """Return the first 128 bits of the SHA-256 of a text, in hex.

    >>> digest("{}")
    '44136fa355b3678a1146ad16f7e8649e'
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def lasting_digest(connector: Connector, remembered: Connector | None = None) -> str:
    """Return a digest of a connector that stays while nothing happens to it.

    It leaves out how far offsets are, of which only counts whether they moved at all, and traces beyond their first
    line. ``remembered``: the same connector with evidence of earlier readings, None where there is none.
    """
    return digest("".join(_lasting(one) for one in (connector, remembered) if one is not None))


def _lasting(connector: Connector) -> str:
    return connectors().dump(
        replace(
            connector,
            trace=_first(connector.trace),
            tasks=tuple(TaskState(task.id, task.state, _first(task.trace)) for task in connector.tasks),
            offsets=tuple(Offset(at.partition, _reached(at.offset)) for at in connector.offsets),
        )
    )


def _first(trace: str | None) -> str | None:
    return None if trace is None else trace[:_LINE].partition("\n")[0]


def _reached(offset: Mapping[str, Any] | None) -> dict[str, bool] | None:
    """Return, for each number of an offset, whether it is beyond the first: then some data was moved."""
    return None if offset is None else {key: bool(value) for key, value in offset.items()}
