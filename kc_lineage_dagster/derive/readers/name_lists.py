"""Lists of regular expressions that match whole names, by which change data capture and mirrors choose tables, columns
and topics.

Source: ``io.debezium.function.Predicates``, ``io.debezium.util.Strings``,
``org.apache.kafka.connect.mirror.DefaultTopicFilter``
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kc_lineage_dagster.derive.readers.dotted_names import DottedNames
from kc_lineage_dagster.java_regex import JavaRegex, Refused, compile_java, enumerate_language, literal_prefix

MOST_NAMES = 256
_LONGEST_JOINED = 40_000  # characters of patterns that become one regular expression, which may have 50,000

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_UNESCAPED_COMMA = re.compile(r"((?:[^\\,]|\\.)*)(?:,|$)", re.DOTALL)
# A name as people write it: characters that mean themselves, escaped or not, and dots.
_PLAIN = re.compile(r"(?:[^\\.\[\]{}()*+?^$|]|\.|\\[^A-Za-z0-9])+")
# Names one by one: besides that only groups of alternatives and classes of one character; no "some", no "any of".
_SPELLED = re.compile(r"(?:[^\\.\[\]{}()*+?^$|]|\.|\\[^A-Za-z0-9]|\[\\?[^\]\\^]\]|\((?:\?:)?|[)|])+")
_SIMPLE = re.compile(r"[\w\-./](?:[\w\-./]|\.\*|\\\.)*", re.ASCII)  # names, ``.``, ``\.`` and ``.*`` only
_IGNORES_CASE = re.compile(r"(?<=\A\^)\(\?i\)|\A\(\?i\)")  # says nothing where the letters' case does not matter
_BACK_REFERENCE = re.compile(r"\\[1-9k]")


@dataclass(frozen=True, slots=True)
class NameList:
    """The entries of one list, ready to be asked about names.

    Names are compared as ``java.util.regex.Matcher.matches`` does: an entry must match the whole name.

    Args:
        names: Names that the entries spell out one by one, dots taken literally.
        beginnings: For each entry the pieces, separated by dots, that every name it selects begins with.
        patterns: The entries that are patterns.
        exact: Names that are selected for certain.
        dotted: The entries whose dots may stand for other characters than dots, and which hold nothing else that is no
            part of a name.
        regexes: All other entries.
        refused: Why some entry cannot be read; None when all can.
        ignore_case: Whether the case of ASCII letters does not matter.
    """

    names: tuple[str, ...]
    beginnings: tuple[tuple[str, ...], ...]
    patterns: tuple[str, ...]
    exact: frozenset[str]
    dotted: DottedNames
    regexes: tuple[JavaRegex, ...]
    refused: Refused | None
    ignore_case: bool

    def selects(self, name: str) -> bool | Refused:
        """Tell whether an entry matches the name as a whole; Refused when an entry that cannot be read would decide."""
        key = _key(name, self.ignore_case)
        if key in self.exact or self.dotted.fits(key):
            return True
        answers = [regex.matches(name) for regex in self.regexes]
        if True in answers:
            return True
        return next((answer for answer in (*answers, self.refused) if isinstance(answer, Refused)), False)


def comma_separated(text: str | None) -> tuple[str, ...]:
    """Return the entries of a list as Debezium splits it: at commas that no backslash precedes; ``\\,`` stands for a
    comma.

    Source: ``io.debezium.util.Strings.RegExSplitter``.

    >>> comma_separated(r"public.orders, public.a\\,b")
    ('public.orders', 'public.a,b')
    """
    if not text:
        return ()
    raw = _UNESCAPED_COMMA.findall(text) if "\\" in text else text.split(",")
    found = (entry.strip().replace("\\,", ",") for entry in raw)
    return tuple(entry for entry in found if entry)


def name_list(entries: Sequence[str], dots: int = 0, *, ignore_case: bool = True) -> NameList | None:
    """Return the list of these entries, None when there are none.

    A dot that is not escaped stands for any character; in an entry that holds no more dots than every name does, and
    otherwise only characters that mean themselves, it can stand for nothing but a dot.

    Args:
        entries: Regular expressions, in Java's syntax.
        dots: How many dots every name asked about holds at least.
        ignore_case: Whether the case of ASCII letters does not matter.

    >>> tables = name_list(["public.orders", "sales[.].*"], dots=1)
    >>> tables.selects("public.orders"), tables.selects("sales.returns"), tables.selects("ops.tickets")
    (True, True, False)
    >>> tables.names, tables.patterns
    (('public.orders',), ('sales[.].*',))
    """
    if not entries:
        return None
    names: dict[str, str] = {}
    exact: set[str] = set()
    dotted: list[str] = []
    unclear: list[str] = []
    patterns: list[str] = []
    beginnings: set[tuple[str, ...]] = set()
    for written in entries:
        text = _IGNORES_CASE.sub("", written) if ignore_case else written
        entry = _unanchored(text)
        spelled = spelled_out(text)
        for name in spelled or ():
            names.setdefault(_key(name, ignore_case), name)
        beginnings.update(map(_pieces, spelled) if spelled else (_beginning(entry, dots),))
        if spelled is None:
            patterns.append(entry)
            unclear.append(entry)
        elif all(name.count(".") <= dots for name in spelled):
            exact.update(_key(name, ignore_case) for name in spelled)
        elif _PLAIN.fullmatch(entry):
            dotted.append(_key(entry, ignore_case))
        else:
            unclear.append(entry)
    regexes, refused = _compiled(unclear, ignore_case)
    return NameList(
        names=tuple(names.values()),
        beginnings=tuple(sorted(beginnings)),
        patterns=tuple(patterns),
        exact=frozenset(exact),
        dotted=DottedNames.of(dotted),
        regexes=regexes,
        refused=refused,
        ignore_case=ignore_case,
    )


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are the same but for the case of ASCII letters.

    >>> same_name("PUBLIC.ORDERS", "public.orders")
    True
    """
    return one.translate(_LOWER) == other.translate(_LOWER)


def _key(name: str, ignore_case: bool) -> str:
    return name.translate(_LOWER) if ignore_case else name


def _unanchored(entry: str) -> str:
    """Return the entry without anchors at its ends, which say nothing because an entry must match the whole name."""
    entry = entry.removeprefix("^")
    return entry[:-1] if entry.endswith("$") and not entry.endswith("\\$") else entry


def spelled_out(entry: str) -> tuple[str, ...] | None:
    """Return the names that an entry spells out one by one, dots taken literally; None when it is a pattern.

    >>> spelled_out("public[.](orders|returns)")
    ('public.orders', 'public.returns')
    >>> spelled_out("public.*") is None
    True
    """
    entry = _unanchored(entry)
    if _PLAIN.fullmatch(entry):
        return (re.sub(r"\\(.)", r"\1", entry) if "\\" in entry else entry,)
    if not _SPELLED.fullmatch(entry):
        return None
    found = enumerate_language(entry, MOST_NAMES, literal_dot=True)
    return None if found is None else tuple(sorted(found))


def _pieces(beginning: str) -> tuple[str, ...]:
    return tuple(beginning.split(".")[:-1])


def _beginning(pattern: str, dots: int) -> tuple[str, ...]:
    """Return the pieces every match begins with. ``public.*`` is taken as people mean it: everything in ``public``."""
    all_below = pattern.removesuffix(".*")
    if all_below != pattern and _PLAIN.fullmatch(all_below) and all_below.count(".") < dots:
        return tuple(all_below.split("."))
    return _pieces(literal_prefix(pattern, literal_dot=True))


def _compiled(patterns: Iterable[str], ignore_case: bool) -> tuple[tuple[JavaRegex, ...], Refused | None]:
    """Return the patterns as few regular expressions, and why some pattern is none of them; None where all are."""
    patterns = tuple(dict.fromkeys(patterns))
    if all(len(pattern) < _LONGEST_JOINED and _SIMPLE.fullmatch(pattern) for pattern in patterns):
        return tuple(_joined(patterns, ignore_case)), None  # none can be at fault
    compiled = {pattern: compile_java(pattern, ignore_case=ignore_case) for pattern in patterns}
    refused = next((answer for answer in compiled.values() if isinstance(answer, Refused)), None)
    good = {pattern: answer for pattern, answer in compiled.items() if isinstance(answer, JavaRegex)}
    alone = [pattern for pattern in good if _BACK_REFERENCE.search(pattern)]
    joined = _joined([pattern for pattern in good if not _BACK_REFERENCE.search(pattern)], ignore_case)
    return (*joined, *(good[pattern] for pattern in alone)), refused


def _joined(patterns: Iterable[str], ignore_case: bool) -> Iterator[JavaRegex]:
    """Yield regular expressions of which one matches where any of the patterns does: as few as can be compiled.

    Of thousands of patterns, each asked about each of thousands of names, one question a pattern took minutes.
    """
    for group in _groups(patterns):
        whole = compile_java("|".join(f"(?:{pattern})" for pattern in group), ignore_case=ignore_case)
        singly = (compile_java(pattern, ignore_case=ignore_case) for pattern in group)
        yield from (one for one in ([whole] if isinstance(whole, JavaRegex) else singly) if isinstance(one, JavaRegex))


def _groups(patterns: Iterable[str]) -> Iterator[list[str]]:
    """Yield the patterns in groups, each short enough to be joined."""
    group: list[str] = []
    length = 0
    for pattern in patterns:
        length += len(pattern) + len("(?:)|")
        if group and length > _LONGEST_JOINED:
            yield group
            group, length = [], len(pattern)
        group.append(pattern)
    if group:
        yield group
