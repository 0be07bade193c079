"""Names made by templates with variables: filled in, and read back in every way that is possible."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

MOST_READINGS = 200


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a template. ``dots``: whether its value may hold dots."""

    name: str
    dots: bool = False


Template = tuple[str | Variable, ...]


def parse_template(text: str, pattern: re.Pattern[str], variables: Mapping[str, Template]) -> Template | str:
    """Return a template from its text; the first variable that is not known is the answer instead, as text.

    Args:
        text: The template as configured.
        pattern: Finds the variables.
        variables: Variable as written -> what it stands for.

    >>> variable = re.compile(r"\\$\\{\\w+\\}")
    >>> parse_template("raw.${table}", variable, {"${table}": (Variable("table"),)})
    ('raw.', Variable(name='table', dots=False))
    >>> parse_template("raw.${colour}", variable, {"${table}": (Variable("table"),)})
    '${colour}'
    """
    pieces: list[str | Variable] = []
    end = 0
    for found in pattern.finditer(text):
        if found.group() not in variables:
            return found.group()
        pieces += [text[end : found.start()], *variables[found.group()]]
        end = found.end()
    return tuple(piece for piece in (*pieces, text[end:]) if piece)


def filled(pieces: Template, values: Mapping[str, str]) -> str | None:
    """Return the name, None when a variable has no value.

    >>> filled(("raw.", Variable("table")), {"table": "orders"})
    'raw.orders'
    """
    texts = [piece if isinstance(piece, str) else values.get(piece.name) for piece in pieces]
    known = [text for text in texts if text is not None]
    return "".join(known) if len(known) == len(texts) else None


def readings(pieces: Template, name: str) -> tuple[dict[str, str], ...]:
    """Return the values, none of them empty, with which the template gives this name; at most MOST_READINGS.

    >>> readings((Variable("schema"), "_", Variable("table")), "sales_order_lines")
    ({'schema': 'sales', 'table': 'order_lines'}, {'schema': 'sales_order', 'table': 'lines'})
    """
    return tuple(islice(_readings(pieces, name, {}), MOST_READINGS))


def _readings(pieces: Template, rest: str, known: dict[str, str]) -> Iterator[dict[str, str]]:
    if not pieces:
        if not rest:
            yield known
        return
    piece, later = pieces[0], pieces[1:]
    if isinstance(piece, Variable) and piece.name not in known:
        longest = len(rest) if piece.dots else len(rest.partition(".")[0])
        for end in range(1, longest + 1):
            yield from _readings(later, rest[end:], {**known, piece.name: rest[:end]})
        return
    text = piece if isinstance(piece, str) else known[piece.name]
    if rest.startswith(text):
        yield from _readings(later, rest[len(text) :], known)
