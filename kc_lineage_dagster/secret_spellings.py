"""The forms that a secret may have inside a text: as it is, or as JSON, a URL, XML or a log spells it."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, quote_plus

_LEAST_BYTES = 6  # the hexadecimal form of a shorter secret could just as well be a number


def spellings(secret: str) -> set[str]:
    """Return the spellings of a secret. Look for them whatever the case of letters is: encoders differ in it.

    >>> sorted(spellings("a/b"))
    ['a%252Fb', 'a%2Fb', 'a&#47;b', 'a/b', 'a\\\\/b']
    """
    in_json = json.dumps(secret)[1:-1]
    return {
        secret,
        secret.strip(),
        " ".join(secret.split()),
        secret.replace("\n", "\\n"),
        secret.replace("\\", "\\\\").replace('"', '\\"'),
        in_json,
        json.dumps(secret, ensure_ascii=False)[1:-1],
        in_json.replace("\\", "\\\\"),
        in_json.replace("/", "\\/"),
        repr(secret)[1:-1],
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        quote(quote(secret, safe=""), safe=""),
        html.escape(secret),
        html.escape(secret, quote=False),
        html.escape(secret).replace("&#x27;", "&apos;"),
        html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        "".join(f"&#{ord(letter)};" if not letter.isalnum() else letter for letter in secret),
        secret.encode("utf-8", "replace").hex() if len(secret) >= _LEAST_BYTES else secret,
    }
