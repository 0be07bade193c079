"""Find secrets by their shape inside a value: credentials in URLs, ``password=...``, PEM blocks, tokens.

Every scan is linear in the length of the value: patterns start at word boundaries only and never nest repetitions.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kc_lineage_dagster.connect.secrets.cut import Secrets, cut, cut_group
from kc_lineage_dagster.connect.secrets.headers import AUTHORIZATION, BEARER, COOKIE, OPTION, SAID, basic
from kc_lineage_dagster.connect.secrets.keys import (
    Role,
    header_holds_a_secret,
    names_a_secret,
    parameter_holds_a_secret,
)
from kc_lineage_dagster.connect.secrets.tokens import NEEDLES, tokens
from kc_lineage_dagster.connect.secrets.urls import BARE_USER_INFO, ORACLE, SQLPLUS, url_user_info

_MOST_SCANS = 5  # rounds of scans over one text


def _pem(text: str, found: Secrets) -> str:
    """Cut PEM blocks (RFC 7468), also one whose end is missing."""
    parts, at = [], 0
    while (begin := text.find("-----BEGIN ", at)) >= 0:
        last = text.find("-----END ", begin)
        close = text.find("-----", last + 9) if last >= 0 else -1
        stop = close + 5 if close >= 0 else len(text)
        lines = text[begin:stop].splitlines()
        found.update(line for line in lines if len(line) >= 16 and not line.startswith("-----"))
        parts += [text[at:begin], cut(text[begin:stop], found)]
        at = stop
    return "".join(parts) + text[at:]


# --- name=value, name: value, "name": "value" ---

_PAIR = re.compile(r"(?<![\w.\-])([\w.\-]+)'?[ \t]*([:=])[ \t]*")
_QUOTED = re.compile(r"\"[^\"\\]*(?:\\.[^\"\\]*)*\"?|'[^'\\]*(?:\\.[^'\\]*)*'?", re.DOTALL)
_QUERY_VALUE = re.compile(r"(?:\$\{[^{}]*\}|[^&#\s\"'])*")
_PROPERTY_VALUE = re.compile(r"\{[^}]{0,128}(?:\}\}[^}]{0,128}){0,4}\}|(?:\$\{[^{}]*\}|[^;\r\n\"])*")
_BARE_VALUE = re.compile(r"(?:\$\{[^{}]*\}|[^\s,;&|)\]}\"'])*")
_VALUE_AFTER = {"?": _QUERY_VALUE, "&": _QUERY_VALUE, ";": _PROPERTY_VALUE}
_SESSIONS = frozenset(("session", "sessionid", "phpsessid"))
_NEXT_URL = re.compile(r",(?=[A-Za-z][\w+.:\-]*://)|;(?=[\w.\-]+=)")


def _pairs(text: str, found: Secrets, only_after: str = "") -> str:
    parts, at = [], 0
    for match in _PAIR.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if match.start() < at or not _holds_a_secret(match[1], before, match[2]):
            continue
        if only_after and before not in only_after:
            continue
        start, stop = match.end(), _value_end(text, match)
        value = text[start:stop]
        if match[2] == ":" and (value.isdigit() or value.startswith("//")):
            continue
        quote = value[0] if value[:1] in ('"', "'") else ""
        inner = value.strip(quote) if quote else value
        parts += [text[at:start], quote, cut(inner, found), quote]
        at = stop
    return "".join(parts) + text[at:]


def _holds_a_secret(name: str, before: str, separator: str) -> bool:
    if before and before in "?&":
        return parameter_holds_a_secret(name)
    if separator == ":":  # /in/password_resets.txt:orders names a file and a topic
        return before not in ("/", "\\") and header_holds_a_secret(name)
    return names_a_secret(name) or name.lower() in _SESSIONS


def _url_parameters(text: str, found: Secrets) -> str:
    return _pairs(text, found, only_after="?&;")


def _value_end(text: str, name: re.Match[str]) -> int:
    start = name.end()
    if text[start : start + 1] in ('"', "'"):
        pattern = _QUOTED
    elif name[2] == ":":
        pattern = _BARE_VALUE
    else:
        pattern = _VALUE_AFTER.get(text[name.start() - 1 : name.start()], _BARE_VALUE)
    found = pattern.match(text, start)
    stop = found.end() if found else start
    following = _NEXT_URL.search(text, start, stop) if pattern is _QUERY_VALUE else None
    return following.start() if following else stop


_JSON = re.compile(r"\"([\w.\-]+)\"\s*:\s*(?:\"([^\"\\]*(?:\\.[^\"\\]*)*)\"|(-?\d[\w.+\-]*))", re.DOTALL)
_JSON_IN_STRING = re.compile(r"(?<!\\)\\+\"([\w.\-]+)\\+\"\s*:\s*\\+\"([^\"\\]*)()")


def _json_members(text: str, found: Secrets) -> str:
    def replacement(match: re.Match[str]) -> str:
        if not names_a_secret(match[1]):
            return match[0]
        if match[3]:
            return match[0][: match.start(3) - match.start()] + '"' + cut(match[3], found) + '"'
        head = match.start(2) - match.start()
        return match[0][:head] + cut(match[2], found) + match[0][head + len(match[2]) :]

    return _JSON_IN_STRING.sub(replacement, _JSON.sub(replacement, text))


# --- SQL: a statement must still parse, so only what stands between quotes may change ---

_STATEMENT = re.compile(
    r"(?i)\s*(?:select|insert\s+into|upsert\s+into|update\s+\S+\s+set|delete\s+from|merge\s+into|\{\s*call|"
    r"with\s+(?:recursive\s+)?\S+\s+as)\s"
)
_COMPARED = re.compile(r"(?<![\w.\-])([\w.\-]+)[\"`\]]?\s*(?:=|(?i:like)\b)\s*[Nn]?'([^']*(?:''[^']*)*)'")
_LITERAL = re.compile(r"'([^']*(?:''[^']*)*)'")


def _sql_literals(text: str, found: Secrets) -> str:
    def compared(match: re.Match[str]) -> str:
        if not names_a_secret(match[1]):
            return match[0]
        return match[0][: match.start(2) - match.start()] + cut(match[2], found) + "'"

    def literal(match: re.Match[str]) -> str:
        return "'" + scrub_text(match[1], found) + "'" if match[1] else match[0]

    return _LITERAL.sub(literal, _COMPARED.sub(compared, text))


# --- secrets between XML tags, in name and value pairs, in encoded files ---

_ELEMENT = re.compile(r"<([\w.\-]+:)?([\w.\-]+)(?:[ \t][^<>]{0,500})?>([^<>]+)(?=</)")
# A whole file as base64: UEsDB... is a zip archive, such as a secure connect bundle. A list of names is never mistaken
# for one, because it has separators.
_ENCODED_FILE = cut_group(
    re.compile(
        r"(?<![\w+/=.\-])(?:base64:)?((?=[A-Za-z+/]*\d)(?=[a-z0-9+/]*[A-Z])[A-Za-z0-9+/]{120,}={0,2})(?![\w+/=.\-])"
    )
)
_LONG = 120  # characters; a shorter value holds no encoded file
_BASE64 = cut_group(re.compile(r"(?<!\w)base64:([A-Za-z0-9+/_\-]{16,}={0,2})"))
# {"name": "apiKey", "value": "x"}, <add key="password" value="x"/>, <property name="password">x</property>
_NAMED_VALUE = re.compile(
    r"(?:name|key|id)[\"']?[ \t]*[:=][ \t]*[\"']([\w.\-]+)[\"'][ \t]*"
    r"(?:,?\s*[\"']?value[\"']?[ \t]*[:=][ \t]*[\"']([^\"']+)|[^<>]{0,200}>([^<>]+)(?=</))"
)
_RAW = re.compile(r"RAW(?:\((?P<round>.{0,128}?)\)|\{(?P<curly>.{0,128}?)\})(?=[&\s\"',;]|$)")


def _elements(text: str, found: Secrets) -> str:
    """Cut the text of XML elements such as ``<password>x</password>``, with or without a namespace."""

    def replacement(match: re.Match[str]) -> str:
        head = match.start(3) - match.start()
        return match[0][:head] + cut(match[3], found) if names_a_secret(match[2]) else match[0]

    return _ELEMENT.sub(replacement, text)


def _named_values(text: str, found: Secrets) -> str:
    """Cut values given by a pair of members or attributes: ``{"name": "apiKey", "value": "x"}``."""

    def replacement(match: re.Match[str]) -> str:
        group = 2 if match[2] is not None else 3
        if not names_a_secret(match[1]):
            return match[0]
        head, tail = match.start(group) - match.start(), match.end(group) - match.start()
        return match[0][:head] + cut(match[group], found) + match[0][tail:]

    return _NAMED_VALUE.sub(replacement, text)


def _raw(text: str, found: Secrets) -> str:
    """Cut what ``RAW(...)`` holds, Camel's syntax for passwords in addresses (camel.apache.org/manual/faq, "RAW")."""

    def replacement(match: re.Match[str]) -> str:
        inner = match["round"] if match["round"] is not None else match["curly"]
        return match[0].replace(inner, cut(inner, found), 1) if inner else match[0]

    return _RAW.sub(replacement, text)


_Step = tuple[tuple[str, ...], Callable[[str, Secrets], str]]
_EVERYWHERE: tuple[_Step, ...] = (
    (("-----BEGIN ",), _pem),
    (("RAW(", "RAW{"), _raw),
    (("://",), url_user_info),
    (("://",), _url_parameters),
    (("earer", "EARER"), BEARER),
)
_IN_TEXT: tuple[_Step, ...] = (
    (("ookie", "OOKIE"), COOKIE),
    (("</",), _elements),
    (("@",), ORACLE),
    (("@",), SQLPLUS),
    (("@",), BARE_USER_INFO),
    (("uthorization", "UTHORIZATION"), AUTHORIZATION),
    (('"',), _json_members),
    (("=", ":"), _pairs),
    (("base64:",), _BASE64),
    (("asic ", "ASIC "), basic),
    (("-",), OPTION),
    (("name", "key", "id"), _named_values),
    (("'", '"', "`", "dentified", "DENTIFIED"), SAID),
)


# A text with none of the needles holds no secret; most values of a cluster need no more than this search.
_ANY_NEEDLE = re.compile(
    "|".join(
        re.escape(needle)
        for needle in dict.fromkeys(
            [needle for needles, _ in (*_EVERYWHERE, *_IN_TEXT) for needle in needles] + list(NEEDLES)
        )
    )
)


def _walk(steps: tuple[_Step, ...], text: str, found: Secrets) -> str:
    for needles, scan in steps:
        for needle in needles:
            if needle in text:
                text = scan(text, found)
                break
    return text


def scrub(text: str, role: Role, found: Secrets) -> str:
    """Return a value without the secrets that show by their shape.

    Args:
        text: The value.
        role: The role of the value's key: from names and statements nothing is cut that lineage reads.
        found: The secrets that were cut are added to this set.
    """
    if len(text) < _LONG and not _ANY_NEEDLE.search(text):
        return text
    if role is Role.TEXT and not _STATEMENT.match(text):
        return scrub_text(text, found)
    return _settled(_scrub_names if role is Role.NAMES else _scrub_sql, text, found)


def scrub_text(text: str, found: Secrets) -> str:
    """Return a free text (a trace, a message, the value of an unknown key) without secrets of any shape.

    ``found``: the secrets that were cut are added to this set.
    """
    return _settled(_scrub_text, text, found)


def _settled(scan: Callable[[str, Secrets], str], text: str, found: Secrets) -> str:
    """Scan until nothing changes: after a cut the rest of the text may have the shape of another secret."""
    for _ in range(_MOST_SCANS):
        before, text = text, scan(text, found)
        if text == before:
            break
    return text


def _scrub_names(text: str, found: Secrets) -> str:
    return tokens(_walk(_EVERYWHERE, text, found), found)


def _scrub_sql(text: str, found: Secrets) -> str:
    return _sql_literals(_scrub_names(text, found), found)


def _scrub_text(text: str, found: Secrets) -> str:
    if len(text) >= _LONG:
        text = _ENCODED_FILE(text, found)
    return tokens(_walk(_IN_TEXT, _walk(_EVERYWHERE, text, found), found), found)
