"""A few texts that a part of a pattern matches, to try a reading of the pattern on."""

from __future__ import annotations

from itertools import islice, product

from kc_lineage_dagster.derive.java_regex.charset import Ranges, contains, members
from kc_lineage_dagster.derive.java_regex.nodes import Alt, Char, Group, Node, Repeat, Seq, walk

PER_PART = 24
_LETTERS = "x1Za_-."


def alphabet(root: Node) -> str:
    """Return the characters worth trying: those that the pattern itself names, then a few of each kind."""
    named = {
        found[0]
        for node in walk(root)
        if isinstance(node, Char) and (found := members(node.chars, 1))
    }
    return "".join(sorted(c for c in named if not c.isalnum())) + _LETTERS


def samples(node: Node, letters: str) -> tuple[str, ...]:
    """Return up to ``PER_PART`` texts that ``node`` matches, of different lengths, using ``letters`` where it can."""
    match node:
        case Char(charset):
            found = tuple(c for c in dict.fromkeys(letters) if contains(charset, c))
            other = charset.pairs[:1] if isinstance(charset, Ranges) else ()
            return found or tuple(chr(low) for low, _ in other)
        case Seq(items):
            return _joined([samples(item, letters) for item in items])
        case Alt(branches):
            return spread([text for branch in branches for text in samples(branch, letters)], PER_PART)
        case Group(body):
            return samples(body, letters)
        case Repeat(body, low, high):
            last = low + 3 if high is None else min(high, low + 3)
            once = samples(body, letters)
            rounds = [_joined([once] * times) for times in range(low, last + 1)]
            return spread([text for some in rounds for text in some], PER_PART)
        case _:
            return ("",)


def pieces(texts: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return up to ``count`` of the parts of the texts, all lengths, in order of appearance."""
    found = {t[a:b] for t in texts for a in range(len(t)) for b in range(a + 1, len(t) + 1)}
    return spread(sorted(found), count)


def _joined(parts: list[tuple[str, ...]]) -> tuple[str, ...]:
    every = ["".join(texts) for texts in islice(product(*parts), 4000)]
    return spread(list(dict.fromkeys(every)), PER_PART)


def spread(texts: list[str], count: int) -> tuple[str, ...]:
    """Return ``count`` of the texts, evenly from first to last."""
    if len(texts) <= count:
        return tuple(texts)
    return tuple(texts[i * (len(texts) - 1) // (count - 1)] for i in range(count))
