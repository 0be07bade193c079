"""Read Protobuf schemas, which registries keep as source text: the first message of a text, and its fields by name.

Source: https://protobuf.dev/reference/protobuf/proto3-spec/. Options, services and enums are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_NOISE = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[\w.]+|[{}<>()\[\]=;,]', re.DOTALL)
_DEEPEST = 25


@dataclass(slots=True)
class _Message:
    """A message as it is declared.

    Args:
        full: Its name, with package and outer messages in front.
        fields: (name, type) of each field, in order; a map's type is that of its values.
        inner: The messages declared inside.
    """

    full: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    inner: list[_Message] = field(default_factory=list)


def message_fields(text: str, references: Mapping[str, str]) -> tuple[str | None, list[str]]:
    """Return the full name of a schema's first message, and the paths of the message's fields.

    ``references``: the schemas that it imports -> their texts.

    Raises:
        ValueError: When the text declares no message.

    >>> message_fields("package shop; message User { int64 id = 1; Mail mail = 2; message Mail { bytes to = 1; } }", {})
    ('shop.User', ['id', 'mail', 'mail.to'])
    """
    messages = _messages(text)
    if not messages:
        raise ValueError("no message")
    known: dict[str, _Message] = {}
    for one in (*(found for other in references.values() for found in _messages(other)), *messages):
        _index(one, known)
    return messages[0].full, list(_paths(messages[0], known, "", ()))


def _index(message: _Message, known: dict[str, _Message]) -> None:
    known[message.full] = message
    for one in message.inner:
        _index(one, known)


def _paths(message: _Message, known: Mapping[str, _Message], path: str, above: tuple[str, ...]) -> Iterator[str]:
    if message.full in above or len(above) > _DEEPEST:
        return
    for name, kind in message.fields:
        yield path + name
        inner = _found(kind, message.full, known)
        if inner is not None:
            yield from _paths(inner, known, f"{path}{name}.", (*above, message.full))


def _found(kind: str, scope: str, known: Mapping[str, _Message]) -> _Message | None:
    """Return the message that a type name means, looked for from the innermost scope outwards; None without one."""
    if kind.startswith("."):
        return known.get(kind[1:])
    while scope:
        if f"{scope}.{kind}" in known:
            return known[f"{scope}.{kind}"]
        scope = scope.rpartition(".")[0]
    return known.get(kind)


def _messages(text: str) -> list[_Message]:
    tokens = _TOKEN.findall(_NOISE.sub(" ", text))
    reader = _Reader(tokens)
    package, found = "", []
    while (token := reader.next()) is not None:
        if token == "package":
            package = reader.next() or ""
        elif token == "message":
            found.append(reader.message(package))
        elif token == "{":
            reader.skip_block()
    return found


class _Reader:
    """Reads the tokens of a schema, one after the other."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at = tokens, 0

    def next(self) -> str | None:
        self._at += 1
        return self._tokens[self._at - 1] if self._at <= len(self._tokens) else None

    def skip_block(self) -> None:
        """Pass over a block whose opening brace was read."""
        depth = 1
        while depth and (token := self.next()) is not None:
            depth += (token == "{") - (token == "}")

    def message(self, scope: str) -> _Message:
        """Return the message that follows its keyword, which was read."""
        name = self.next() or ""
        message = _Message(f"{scope}.{name}" if scope else name)
        if self.next() == "{":
            self._body(message)
        return message

    def _body(self, message: _Message) -> None:
        """Read the statements of a message up to its closing brace, and add fields and inner messages to it."""
        statement: list[str] = []
        while (token := self.next()) is not None and token != "}":
            if not statement and token == "message":
                message.inner.append(self.message(message.full))
            elif token == "{":
                if statement[:1] == ["oneof"]:
                    self._body(message)
                else:
                    self.skip_block()
                statement = []
            elif token == ";":
                declared = _field(statement)
                if declared:
                    message.fields.append(declared)
                statement = []
            else:
                statement.append(token)


def _field(statement: list[str]) -> tuple[str, str] | None:
    """Return (name, type) of the field that a statement declares; None for a statement of another kind.

    That is ``[optional|repeated|required] TYPE NAME = NUMBER [options]`` or ``map<K, V> NAME = NUMBER``.
    """
    if "=" not in statement or statement[0] in ("option", "reserved", "extensions"):
        return None
    before = statement[: statement.index("=")]
    if before and before[0] in ("optional", "repeated", "required"):
        before = before[1:]
    if before[:1] == ["map"] and ">" in before:
        return before[-1], before[before.index(">") - 1]
    return (before[-1], before[-2]) if len(before) >= 2 else None
