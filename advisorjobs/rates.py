"""Rates as people write them: "20/s", "200/min", "5/10 s" – read, shown, and as the database's functions take them."""

from __future__ import annotations

import re
from datetime import timedelta

from advisorjobs.errors import SettingsError
from advisorjobs.queues import RateLimit

__all__ = ["parse_rate", "rate_argument", "rate_text"]

UNITS = {"d": 86400, "h": 3600, "min": 60, "s": 1}
WRITTEN = re.compile(
    r"([0-9]{1,9})\s*/\s*([0-9]{1,7}(?:\.[0-9]{1,6})?)?\s*(s|sec|seconds?|min|minutes?|h|hours?|d|days?)", re.IGNORECASE
)
LONGEST = timedelta(days=31)


def parse_rate(text: str, key: str = "rate") -> RateLimit:
    """The rate that *text* says. Raises SettingsError, naming *key*, for one that can't be used."""
    match = WRITTEN.fullmatch(text.strip())
    if match is None:
        raise SettingsError(key, text, "must be starts per time, such as 20/s, 200/min or 5/10 s, or none")
    unit = next(seconds for name, seconds in UNITS.items() if name[0] == match[3][0].lower())
    limit = RateLimit(int(match[1]), timedelta(seconds=float(match[2] or 1) * unit))
    if limit.starts < 1:
        raise SettingsError(key, text, "must allow 1 start or more; a pause stops a queue")
    if not timedelta(seconds=1) <= limit.per <= LONGEST:
        raise SettingsError(key, text, "must be per 1 second to 31 days")
    return limit


def rate_text(limit: RateLimit) -> str:
    """As it is shown: "20 / s", "5 / 10 s"; `parse_rate` reads it too."""
    seconds = limit.per.total_seconds()
    unit = next((name for name, length in UNITS.items() if seconds % length == 0), "s")
    count = seconds / UNITS[unit]
    return f"{limit.starts} / {unit}" if count == 1 else f"{limit.starts} / {count:g} {unit}"


def rate_argument(limit: RateLimit) -> str:
    """As the SQL functions take it, to the microsecond."""
    return f"{limit.starts}/{limit.per.total_seconds():.6f} s"
