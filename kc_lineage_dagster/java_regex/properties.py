"""Names of `\\p{...}`: Java's, and those of RE2.

Source: java.util.regex.Pattern, "Unicode support", and the predicates its class comment lists. POSIX names are ASCII
only unless `(?U)`. Names that only newer Java versions know (`IsEmoji`, since 21) are refused, because the worker's
version is not known.
"""

from __future__ import annotations

from collections.abc import Callable

from kc_lineage_dagster.java_regex.charset import (
    ANYTHING,
    CharSet,
    Prop,
    chars,
    intersect,
    negate,
    ranges,
    union,
)
from kc_lineage_dagster.java_regex.nodes import NotTranslated

UPPER = ranges((0x41, 0x5A))
LOWER = ranges((0x61, 0x7A))
DIGIT = ranges((0x30, 0x39))
ALPHA = union((UPPER, LOWER))
ALNUM = union((ALPHA, DIGIT))
WORD = union((ALNUM, chars("_")))
SPACE = chars(" \t\n\x0b\f\r")
GRAPH = ranges((0x21, 0x7E))
HORIZONTAL = union((chars(" \t\xa0\u1680\u180e\u202f\u205f\u3000"), ranges((0x2000, 0x200A))))
VERTICAL = chars("\n\x0b\f\r\x85\u2028\u2029")
LINE_ENDS = chars("\n\r\x85\u2028\u2029")

POSIX: dict[str, CharSet] = {
    "ASCII": ranges((0, 0x7F)),
    "Alnum": ALNUM,
    "Alpha": ALPHA,
    "Blank": chars(" \t"),
    "Cntrl": ranges((0, 0x1F), (0x7F, 0x7F)),
    "Digit": DIGIT,
    "Graph": GRAPH,
    "Lower": LOWER,
    "Print": ranges((0x20, 0x7E)),
    "Punct": intersect(GRAPH, negate(ALNUM)),
    "Space": SPACE,
    "Upper": UPPER,
    "XDigit": union((DIGIT, ranges((0x41, 0x46), (0x61, 0x66)))),
}


def _category(*names: str) -> CharSet:
    return union(tuple(Prop(f"\\p{{gc={name}}}") for name in names))


_MINOR = {"C": "nfsoc", "L": "ultmo", "M": "nec", "N": "dlo", "P": "dsecoif", "S": "mcko", "Z": "slp"}
CATEGORIES = frozenset({"LC", *_MINOR, *(major + minor for major, minors in _MINOR.items() for minor in minors)})
_WHITE = union((_category("Z"), ranges((9, 13), (0x85, 0x85))))
_ALPHABETIC = Prop("\\p{Alphabetic}")
_JOIN = chars("\u200c\u200d")
_HEX_WIDE = ranges((0xFF10, 0xFF19), (0xFF21, 0xFF26), (0xFF41, 0xFF46))
_NOT_GRAPH = _category("Z", "Cc", "Cs", "Cn")
_BLANK = union((_category("Zs"), chars("\t")))
_GRAPH_WIDE = negate(_NOT_GRAPH)
_NONCHARACTER = ranges((0xFDD0, 0xFDEF), *((plane << 16 | 0xFFFE, plane << 16 | 0xFFFF) for plane in range(0x11)))

UNICODE_WORD = union((_ALPHABETIC, _category("M", "Nd", "Pc"), _JOIN))
UNICODE_DIGIT = _category("Nd")
UNICODE_SPACE = _WHITE

_POSIX_WIDE: dict[str, CharSet] = {
    "ALPHA": _ALPHABETIC,
    "LOWER": Prop("\\p{Lowercase}"),
    "UPPER": Prop("\\p{Uppercase}"),
    "SPACE": _WHITE,
    "PUNCT": _category("P"),
    "XDIGIT": union((_category("Nd"), POSIX["XDigit"], _HEX_WIDE)),
    "ALNUM": union((_ALPHABETIC, _category("Nd"))),
    "CNTRL": _category("Cc"),
    "DIGIT": _category("Nd"),
    "BLANK": _BLANK,
    "GRAPH": _GRAPH_WIDE,
    "PRINT": intersect(union((_GRAPH_WIDE, _BLANK)), negate(_category("Cc"))),
}
_BINARY: dict[str, CharSet] = {
    "ALPHABETIC": _ALPHABETIC,
    "ASSIGNED": negate(_category("Cn")),
    "CONTROL": _category("Cc"),
    "HEXDIGIT": _POSIX_WIDE["XDIGIT"],
    "HEX_DIGIT": _POSIX_WIDE["XDIGIT"],
    "IDEOGRAPHIC": Prop("\\p{Ideographic}"),
    "JOINCONTROL": _JOIN,
    "JOIN_CONTROL": _JOIN,
    "LETTER": _category("L"),
    "LOWERCASE": Prop("\\p{Lowercase}"),
    "NONCHARACTERCODEPOINT": _NONCHARACTER,
    "NONCHARACTER_CODE_POINT": _NONCHARACTER,
    "TITLECASE": _category("Lt"),
    "PUNCTUATION": _category("P"),
    "UPPERCASE": Prop("\\p{Uppercase}"),
    "WHITESPACE": _WHITE,
    "WHITE_SPACE": _WHITE,
    "WORD": UNICODE_WORD,
}
_PLAIN: dict[str, CharSet] = {
    **POSIX,
    "all": ANYTHING,
    "L1": ranges((0, 0xFF)),
    "LD": _category("L", "Nd"),
    "javaLowerCase": Prop("\\p{Lowercase}"),
    "javaUpperCase": Prop("\\p{Uppercase}"),
    "javaTitleCase": _category("Lt"),
    "javaAlphabetic": _ALPHABETIC,
    "javaIdeographic": Prop("\\p{Ideographic}"),
    "javaDigit": _category("Nd"),
    "javaDefined": negate(_category("Cn")),
    "javaLetter": _category("L"),
    "javaLetterOrDigit": _category("L", "Nd"),
    "javaSpaceChar": _category("Z"),
    "javaWhitespace": union(
        (intersect(_category("Z"), negate(chars("\xa0\u2007\u202f"))), ranges((9, 13), (0x1C, 0x1F)))
    ),
    "javaISOControl": ranges((0, 0x1F), (0x7F, 0x9F)),
}
_WITH_CASE = frozenset({"lu", "ll", "lt", "lower", "upper", "lowercase", "uppercase", "titlecase"})
# Scripts and blocks of one meaning in every Java version, measured on Java 17 and 25; others are refused.
_SCRIPTS = {
    "LATIN": "LATN",
    "GREEK": "GREK",
    "CYRILLIC": "CYRL",
    "HAN": "HANI",
    "HIRAGANA": "HIRA",
    "KATAKANA": "KANA",
    "HANGUL": "HANG",
    "ARABIC": "ARAB",
    "HEBREW": "HEBR",
    "THAI": "THAI",
    "DEVANAGARI": "DEVA",
    "ARMENIAN": "ARMN",
    "GEORGIAN": "GEOR",
    "BENGALI": "BENG",
    "TAMIL": "TAML",
    "KHMER": "KHMR",
}
_BLOCK_NAMES = (
    "Basic Latin",
    "Latin-1 Supplement",
    "Latin Extended-A",
    "Latin Extended-B",
    "Combining Diacritical Marks",
    "Greek and Coptic",
    "Cyrillic",
    "Armenian",
    "Hebrew",
    "Arabic",
    "Devanagari",
    "Thai",
    "Georgian",
    "General Punctuation",
    "Currency Symbols",
    "Arrows",
    "Box Drawing",
    "Hiragana",
    "Katakana",
    "CJK Unified Ideographs",
    "Hangul Syllables",
)


def _block_names() -> dict[str, str]:
    """Return Java's spellings of each block, upper case: as Unicode has it, without spaces, as Java's constant."""
    names = {"GREEK": "Greek and Coptic"}
    for name in _BLOCK_NAMES:
        upper = name.upper()
        names |= {upper: name, upper.replace(" ", ""): name}
        if name != "Greek and Coptic":  # its constant is GREEK
            names[upper.replace(" ", "_").replace("-", "_")] = name
    return names


_BLOCKS = _block_names()


def _general(name: str) -> CharSet | None:
    return _category(name) if name in CATEGORIES else _PLAIN.get(name)


def _script(name: str) -> CharSet | None:
    known = name.upper() in _SCRIPTS or name.upper() in _SCRIPTS.values()
    return Prop(f"\\p{{script={name}}}") if known else None


def _block(name: str) -> CharSet | None:
    known = _BLOCKS.get(name.upper())
    return Prop(f"\\p{{block={known}}}") if known else None


_ASSIGNED: dict[str, Callable[[str], CharSet | None]] = {
    "sc": _script,
    "script": _script,
    "blk": _block,
    "block": _block,
    "gc": _general,
    "general_category": _general,
}


def _assigned(kind: str, value: str) -> CharSet | None:
    finder = _ASSIGNED.get(kind.lower())
    return finder(value) if finder else None


def _is(name: str) -> CharSet | None:
    upper = name.upper()
    known = _BINARY.get(upper) or _POSIX_WIDE.get(upper)
    return known or _general(name) or _script(name)


def java_property(name: str, flags: frozenset[str]) -> CharSet:
    """Return the set of ``\\p{name}``.

    ``flags``: the letters of the inline flags in force (``i``: names with letter case would widen; how, depends on
    the Java version, so they are refused).

    Raises:
        NotTranslated: For an unknown name, and for one that letter case would widen.

    >>> java_property("Digit", frozenset()) == DIGIT
    True
    """
    kind, equals, value = name.partition("=")
    if equals:
        found = _assigned(kind, value)
    elif name.startswith("In"):
        found = _block(name[2:])
    elif name.startswith("Is"):
        found = _is(name[2:])
    else:
        found = (_POSIX_WIDE.get(name.upper()) if "U" in flags else None) or _general(name)
    if found is None:
        raise NotTranslated(f"Unknown character property name {{{name}}}")
    bare = (value or name).removeprefix("Is").removeprefix("java").lower()
    if "i" in flags and bare in _WITH_CASE:
        raise NotTranslated(f"\\p{{{name}}} together with (?i)")
    return found


def re2_property(name: str, ignore_case: bool) -> CharSet:
    """Return the set of RE2's ``\\p{name}``: a general category, a script or ``Any``, ``^`` negates.

    Raises:
        NotTranslated: For an unknown name, and for any name together with ``ignore_case``.

    >>> re2_property("Lu", False)
    Prop(source='\\\\p{gc=Lu}')
    """
    bare = name.removeprefix("^")
    script = _script(bare) if bare.upper() in _SCRIPTS and bare.istitle() else None
    found = ANYTHING if bare == "Any" else _category(bare) if bare in CATEGORIES else script
    if found is None:
        raise NotTranslated(f"invalid character class range: \\p{{{name}}}")
    if ignore_case:
        raise NotTranslated(f"\\p{{{name}}} together with (?i)")
    return found if bare == name else negate(found)
