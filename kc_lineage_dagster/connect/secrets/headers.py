"""Find credentials in HTTP headers, command lines and sentences: Basic, Bearer, cookies, options, quoted words."""

from __future__ import annotations

import base64
import re

from kc_lineage_dagster.connect.secrets.cut import Secrets, cut, cut_group

BEARER = cut_group(re.compile(r"(?i)(?<!\w)bearer[ \t]+([^\s\"',;|]{8,})"))
AUTHORIZATION = cut_group(
    re.compile(r"(?i)(?<!\w)authorization[\"']?[ \t]*[:=][ \t]*[\"']?(?:[a-z]{3,10}[ \t]+)?([^\s\"',;|]+)")
)
COOKIE = cut_group(re.compile(r"(?i)(?<![\w\-])(?:set-)?cookie2?[\"']?[ \t]*[:=][ \t]*[\"']?([^\r\n|\"']+)"))
_SECRET_NOUNS = (
    r"password|passwd|pwd|passphrase|secret|(?:access |api |auth )?token|(?:access|api|secret|private) key|credentials?"
)
SAID = cut_group(
    re.compile(
        rf"(?i)(?<!\w)(?:{_SECRET_NOUNS})[ \t]+(?:is |was )?"
        r"(?:\"([^\"\r\n]{3,})\"|'([^'\r\n]{3,})'|`([^`\r\n]{3,})`)|identified by (?:values )?[\"']?([^\s\"';]+)"
    )
)
_BASIC = re.compile(r"(?i)(?<!\w)basic[ \t]+([A-Za-z0-9+/_\-]{4,}={0,2})(?![\w+/=\-])")
OPTION = cut_group(
    re.compile(
        rf"(?i)(?<!\S)--?(?:{_SECRET_NOUNS}|pass|api-?key)(?:[ \t]+|=)([^\s\"'\-][^\s\"']*)"
        r"|(?<!\S)(?:-u|--user)(?:[ \t]+|=)[^\s:\"']+:([^\s\"']+)"
    )
)


def basic(text: str, found: Secrets) -> str:
    """Cut the credentials of RFC 7617, such as ``Basic dTpw``; a word that encodes no ``user:password`` stays."""

    def replacement(match: re.Match[str]) -> str:
        try:
            decoded = base64.b64decode(match[1].replace("-", "+").replace("_", "/") + "==").decode("utf-8")
        except ValueError:
            return match[0]
        if ":" not in decoded:
            return match[0]
        cut(decoded.partition(":")[2], found)
        return match[0].replace(match[1], cut(match[1], found))

    return _BASIC.sub(replacement, text)
