"""Names as lists of regular expressions hold them, in which a dot that is not escaped stands for any one character."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SIGN = re.compile(r"\\.|[^\\]", re.DOTALL)
_LINE_BREAKS = frozenset("\n\r\x85\u2028\u2029")  # what a dot does not stand for: java.util.regex.Pattern
_Places = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DottedNames:
    """Regular expressions of nothing but characters that mean themselves, escaped characters and dots.

    Each matches names of one length only, which are looked up. The same as one regular expression took a millisecond to
    compile for five names, and for a list of thousands each was asked about each name.

    ``by_length``: length -> for each choice of places that any character may take, the names, which hold dots there.
    """

    by_length: Mapping[int, Mapping[_Places, frozenset[str]]]

    @classmethod
    def of(cls, entries: Iterable[str]) -> DottedNames:
        """Read entries of a list."""
        found: defaultdict[int, defaultdict[_Places, set[str]]] = defaultdict(lambda: defaultdict(set))
        for entry in entries:
            signs = _SIGN.findall(entry)
            places = tuple(place for place, sign in enumerate(signs) if sign == ".")
            found[len(signs)][places].add("".join(sign[-1] for sign in signs))
        return cls({length: {at: frozenset(names) for at, names in same.items()} for length, same in found.items()})

    def fits(self, name: str) -> bool:
        """Tell whether an entry matches the whole name; upper and lower case differ.

        >>> names = DottedNames.of(["shop.public.a", "b\\\\.c"])
        >>> names.fits("shop_public.a"), names.fits("b.c"), names.fits("b_c")
        (True, True, False)
        """
        same = self.by_length.get(len(name), {})
        return any(_with_dots(name, places) in names for places, names in same.items())


def _with_dots(name: str, places: _Places) -> str | None:
    """Return a name with dots at these places; None where one of them holds what no dot stands for."""
    signs = list(name)
    for place in places:
        if signs[place] in _LINE_BREAKS:
            return None
        signs[place] = "."
    return "".join(signs)
