"""Find credentials in addresses: user info of URLs (RFC 3986, 3.2.1), also with characters that should be encoded."""

from __future__ import annotations

import re

from kc_lineage_dagster.connect.secrets.cut import Secrets, cut, cut_group

_URL_END = re.compile(r"[\s\"'`]")
_AUTHORITY_END = re.compile(r"[/?#;]")
_SMB_AUTHORITY_END = re.compile(r"[/?#]")
_HOST = re.compile(r"[\w.\-\[\]:%]+(?=[/?#,;]|$)")
_PORTS = re.compile(r"\d*(,|$)")
# Schemes of Azure's storage, where the part before @ is a container, which lineage needs.
_CONTAINER_SCHEMES = ("abfs", "abfss", "wasb", "wasbs")


def url_user_info(text: str, found: Secrets) -> str:
    """Cut the user info of every URL in a text, and add passwords to ``found``."""
    parts, at = [], 0
    while (mark := text.find("://", at)) >= 0:
        start = mark + 3
        length = _user_info_length(text, start)
        parts.append(text[at:start])
        user_info = text[start : start + length]
        if user_info and not (
            ":" not in user_info and text[max(0, mark - 5) : mark].lower().endswith(_CONTAINER_SCHEMES)
        ):
            user_info = _cut_user_info(user_info, found)
        parts.append(user_info)
        at = start + length
    return "".join(parts) + text[at:]


def _cut_user_info(user_info: str, found: Secrets) -> str:
    user, colon, password = user_info.partition(":")
    if not colon and len(user) < 20:  # a user name alone is cut too, but other texts are not searched for it
        return cut(user_info, set())
    if password:
        cut(password, found)
    return cut(user_info, found)


def _user_info_length(text: str, start: int) -> int:
    """Return how many characters from ``start`` are user info; 0 when there is none."""
    following = text.find("://", start)
    stop = following if following >= 0 else len(text)
    ended = _URL_END.search(text, start, stop)
    stop = ended.start() if ended else stop
    domain = text[max(0, start - 6) : start].lower().endswith("smb://")  # smb://DOMAIN;user:password@host
    close = (_SMB_AUTHORITY_END if domain else _AUTHORITY_END).search(text, start, stop)
    authority = text[start : close.start() if close else stop]
    if "@" in authority:
        return authority.rindex("@")
    _, colon, password = authority.partition(":")
    if not colon or authority.startswith("[") or _PORTS.match(password):
        return 0
    return _unencoded(text, start, stop)


def _unencoded(text: str, start: int, stop: int) -> int:
    """Return the length of user info with an unencoded ``/``, ``?`` or ``#``: up to an ``@`` that a host follows."""
    mark = text.find("@", start, stop)
    while mark >= 0:
        if _HOST.match(text, mark + 1, stop):
            return mark - start
        mark = text.find("@", mark + 1, stop)
    return 0


# jdbc:oracle:thin:user/password@..., user/password@//host, user:password@host without a scheme.
ORACLE = cut_group(re.compile(r"(?i)jdbc:oracle:\w+:[^/@\s]*/(\S{0,512})@"))
SQLPLUS = cut_group(re.compile(r"^[\w$#]+/([^@\s]+)@(?://|[\w.\-]+:\d+[/:])"))
BARE_USER_INFO = cut_group(re.compile(r"(?<![^\s,])(?!jdbc:)[^\s,:@/]*:([^\s,@/]+)@[\w.\-]+(?=[:/,\s]|$)"))
