"""RegexRouter read backwards: which topics does it turn into a given one?

Source: org.apache.kafka.connect.transforms.RegexRouter: `matches()` on the whole topic, then `replaceFirst()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise, product
from typing import TypeAlias, TypeVar

from kc_lineage_dagster.java_regex.charset import chars, intersect, members, negate
from kc_lineage_dagster.java_regex.compiled import JavaRegex, Refused, compile_java, compile_tree
from kc_lineage_dagster.java_regex.first_find import first_find_is_whole, without_possessives
from kc_lineage_dagster.java_regex.judge import Judge
from kc_lineage_dagster.java_regex.language import enumerate_language, heads
from kc_lineage_dagster.java_regex.machine import Notes
from kc_lineage_dagster.java_regex.nodes import (
    Alt,
    Anchor,
    Char,
    Group,
    NotTranslated,
    Parsed,
    RegexNode,
    Repeat,
    Seq,
    group_indexes,
    walk,
)
from kc_lineage_dagster.java_regex.preimage import Hole, Preimage, merged, quoted
from kc_lineage_dagster.java_regex.render import to_java
from kc_lineage_dagster.java_regex.replacement import Replacement, parse_replacement

MAX_PREIMAGES = 200
MAX_SPLITS = 5000
_Answer = TypeVar("_Answer", bool, str)
_MAX_CLASS = 10
_MAX_VARIANTS = 50
_MAX_TRIED_ALONE = 4

# One way to read the pattern: known texts, and parts of the tree whose text the router lost.
Reading: TypeAlias = "tuple[str | RegexNode, ...]"


@dataclass(frozen=True, slots=True)
class _Router:
    """A pattern that can be read backwards, its replacement, and the groups that the replacement uses."""

    regex: JavaRegex
    replacement: str
    parts: Replacement
    root: RegexNode
    groups: dict[int, JavaRegex]

    def routes(self, topic: str) -> str | None:
        """Return what the router makes of the topic, None when it leaves it alone."""
        return _routed(self.regex, self.replacement, topic)


def preimages(pattern: str, replacement: str, output: str) -> tuple[Preimage, ...] | None:
    """Return all inputs that RegexRouter turns into ``output``; a `Hole` stands for text that the router lost.

    () when there are none. None when the pattern is not understood backwards, when its first find may be shorter than
    the text, or when there are too many. The input that the router leaves alone because it does not match is not among
    them. Inputs without holes have been routed forwards. Those with holes become ``output`` whatever fits the holes:
    where a separator in a hole would shift the groups, the hole does not fit separators, and the few inputs that have
    one there all the same are missing. Texts with line breaks are not considered.

    Args:
        pattern: The router's ``regex``.
        replacement: The router's ``replacement``.
        output: The topic behind the router.

    >>> preimages(r"(.*)\\.orders", "$1_orders", "shop_orders")
    (('shop.orders',),)
    >>> preimages(r"shop\\.(.*)\\.(\\w+)", "$2", "orders")
    (('shop.', Hole(regex='.*'), '.orders'),)
    >>> preimages("(a|ab)c*", "x", "x") is None
    True
    """
    regex = compile_java(pattern)
    if isinstance(regex, Refused):
        return None
    try:
        found = set(_inverted(regex, replacement, output))
    except NotTranslated:
        return None
    return None if len(found) > MAX_PREIMAGES else tuple(sorted(found, key=str))


def _inverted(regex: JavaRegex, replacement: str, output: str) -> Iterator[Preimage]:
    finite = enumerate_language(regex.pattern)
    if finite is not None:
        yield from ((text,) for text in finite if _routed(regex, replacement, text) == output)
        return
    router = _router(regex.pattern, replacement)
    if isinstance(router, Refused):
        raise NotTranslated(router.reason)
    yield from _read_backwards(router, output)


def _routed(regex: JavaRegex, replacement: str, topic: str) -> str | None:
    return _certain(regex.replace_first(topic, replacement)) if _certain(regex.matches(topic)) else None


def _certain(answer: _Answer | Refused) -> _Answer:
    if isinstance(answer, Refused):
        raise NotTranslated(answer.reason)
    return answer


@lru_cache(maxsize=256)
def _router(pattern: str, replacement: str) -> _Router | Refused:
    regex = compile_java(pattern)
    try:
        return regex if isinstance(regex, Refused) else _analysed(regex, replacement)
    except NotTranslated as error:
        return Refused(str(error))


def _analysed(regex: JavaRegex, replacement: str) -> _Router:
    parts = parse_replacement(replacement, regex.groups, regex.parsed.names)
    root = without_possessives(regex.parsed.root)
    if not first_find_is_whole(root):
        raise NotTranslated("a first find that may be shorter than the text")
    used = {part for part in parts if isinstance(part, int)}
    groups: dict[int, JavaRegex] = {}
    for node in (Group(root, 0), *walk(root)):
        if isinstance(node, Group) and node.index in used:
            body = compile_tree(regex.pattern, Parsed(node.body, regex.groups))
            if isinstance(body, Refused):
                raise NotTranslated(body.reason)
            groups[node.index] = body
    return _Router(regex, replacement, parts, root, groups)


def _read_backwards(router: _Router, output: str) -> Iterator[Preimage]:
    splits = list(islice(_splits(router, output), MAX_PREIMAGES + 1))
    judge = Judge(router.root, output, splits)
    readings: dict[Reading, set[Notes]] = {}
    for texts in splits:
        for reading in [(texts[0],)] if 0 in texts else _readings(router.root, texts, router):
            readings.setdefault(reading, set()).add(judge.notes(texts))
        if len(readings) > MAX_PREIMAGES:
            raise NotTranslated("too many inputs for one output")
    for reading, own in readings.items():
        kept = _confirmed(router, reading, judge, own)
        if kept is not None:
            yield merged(tuple(p if isinstance(p, str) else Hole(to_java(p)) for p in kept))


def _splits(router: _Router, output: str) -> Iterator[dict[int, str]]:
    """Yield the ways in which the replacement's groups can make up the output."""
    waiting: list[tuple[int, int, dict[int, str]]] = [(0, 0, {})]
    for _ in range(MAX_SPLITS):
        if not waiting:
            return
        part, at, texts = waiting.pop()
        if part == len(router.parts):
            if at == len(output):
                yield texts
            continue
        wanted = router.parts[part]
        known = wanted if isinstance(wanted, str) else texts.get(wanted)
        if known is not None:
            if output.startswith(known, at):
                waiting.append((part + 1, at + len(known), texts))
        elif isinstance(wanted, int):
            for end in range(len(output), at - 1, -1):
                if end == at or _certain(router.groups[wanted].matches(output[at:end])):
                    waiting.append((part + 1, end, {**texts, wanted: output[at:end]}))
    raise NotTranslated("too many ways to split the output")


def _readings(node: RegexNode, texts: dict[int, str], router: _Router) -> list[Reading]:
    """Return what a match of the node can consist of when the groups captured ``texts`` ("" also when unset)."""
    inside = group_indexes(node) & texts.keys()
    if not inside:
        return _lost(node)
    match node:
        case Group(_, index) if index in texts:
            fits = _certain(router.groups[index].matches(texts[index]))
            return [(texts[index],)] if fits else []
        case Group(body) | Repeat(body, 1, 1):
            return _readings(body, texts, router)
        case Seq(items):
            return _products([_readings(item, texts, router) for item in items])
        case Alt(branches):
            chosen = [branch for branch in branches if _unset(inside - group_indexes(branch), texts)]
            return [reading for branch in chosen for reading in _readings(branch, texts, router)]
        case Repeat(body, 0, 1):
            absent: list[Reading] = [()] if _unset(inside, texts) else []
            return _readings(body, texts, router) + absent
        case _:
            raise NotTranslated("a group of the replacement inside a repetition")


def _unset(indexes: frozenset[int], texts: dict[int, str]) -> bool:
    return all(texts[index] == "" for index in indexes)


def _lost(node: RegexNode) -> list[Reading]:
    """Return what a match of the node can consist of when the output tells nothing about it."""
    match node:
        case Char(charset, source):
            few = members(charset, _MAX_CLASS) if source.startswith("[") else members(charset, 1)
            return [(node,)] if few is None else [(char,) for char in few]
        case Group(body):
            return _lost(body)
        case Seq(items):
            found = _products([_lost(item) for item in items])
            return found if len(found) <= _MAX_VARIANTS else [(node,)]
        case Alt(branches):
            return [reading for branch in branches for reading in _lost(branch)]
        case Repeat(body, 0, 1):
            return [*_lost(body), ()]
        case Anchor():
            return [()]
        case _:
            every = heads(node, _MAX_CLASS)
            return [(text,) for text, _ in sorted(every)] if all(whole for _, whole in every) else [(node,)]


def _products(parts: list[list[Reading]]) -> list[Reading]:
    found: list[Reading] = [()]
    for some in parts:
        if len(found) * len(some) > MAX_SPLITS:
            raise NotTranslated("too many inputs for one output")
        found = [first + second for first, second in product(found, some)]
    return found


def _confirmed(router: _Router, reading: Reading, judge: Judge, own: set[Notes]) -> Reading | None:
    """Return the reading if the router makes the output of it, narrowed if it must be.

    None if it never does, its groups having captured what this reading says: other readings stand for other ways.
    """
    if all(isinstance(part, str) for part in reading):
        text = "".join(part for part in reading if isinstance(part, str))
        return reading if router.routes(text) == judge.output else None
    for narrowed in _narrowings(router, reading):
        answers = judge.verdicts(Seq(tuple(_as_node(p) for p in narrowed)), own)
        if answers and "own" not in answers:
            return None
        if answers and "no" not in answers:
            return narrowed
    raise NotTranslated("the lost text decides what the router does")


def _as_node(part: str | RegexNode) -> RegexNode:
    return Seq(tuple(Char(chars(c), quoted(c)) for c in part)) if isinstance(part, str) else part


def _narrowings(router: _Router, reading: Reading) -> Iterator[Reading]:
    """Yield the reading, then with separators kept out of one lost part, then out of all."""
    yield reading
    lost = [at for at, part in enumerate(reading) if not isinstance(part, str)]
    for excluded in (_beside(reading), _separators(router.root)):
        each = [(at,) for at in lost] if len(lost) <= _MAX_TRIED_ALONE else []
        for some in (*each, tuple(lost)):
            yield tuple(
                _without(p, excluded) if at in some and not isinstance(p, str) else p for at, p in enumerate(reading)
            )


def _beside(reading: Reading) -> frozenset[str]:
    """Return the characters right before and right after the lost parts."""
    found: set[str] = set()
    for first, second in pairwise(reading):
        if isinstance(first, str) and not isinstance(second, str):
            found.update(first[-1:])
        if isinstance(second, str) and not isinstance(first, str):
            found.update(second[:1])
    return frozenset(found)


def _separators(root: RegexNode) -> frozenset[str]:
    """Return the single characters other than letters and digits that the pattern names."""
    named = (members(node.chars, 1) for node in walk(root) if isinstance(node, Char))
    return frozenset(found[0] for found in named if found and not found[0].isalnum())


def _without(node: RegexNode, excluded: frozenset[str]) -> RegexNode:
    """Return the node with its open character sets less the excluded characters."""
    match node:
        case Char(charset, source):
            left = intersect(charset, negate(chars("".join(sorted(excluded)))))
            if left == charset or members(charset, 1):
                return node
            return Char(left, f"(?:(?![{quoted(''.join(sorted(excluded)))}]){source})")
        case Seq(items):
            return Seq(tuple(_without(item, excluded) for item in items))
        case Alt(branches):
            return Alt(tuple(_without(branch, excluded) for branch in branches))
        case Group(body, index):
            return Group(_without(body, excluded), index)
        case Repeat(body, low, high, mode):
            return Repeat(_without(body, excluded), low, high, mode)
        case _:
            return node
