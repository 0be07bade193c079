"""The header ``Retry-After``, by which a server says how long to wait before the next request."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\s*(\d{1,9})\s*", re.ASCII)


def retry_after(header: str | None) -> float | None:
    """Return the seconds that ``Retry-After`` asks to wait for; None when it asks for none that can be read.

    The header holds seconds or an HTTP date (RFC 9110, 10.2.3); a date that is over asks for no wait.

    >>> retry_after("120"), retry_after("Fri, 31 Dec 1999 23:59:59 GMT"), retry_after("soon")
    (120.0, 0.0, None)
    """
    if not header:
        return None
    seconds = _SECONDS.fullmatch(header)
    if seconds:
        return float(seconds[1])
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
