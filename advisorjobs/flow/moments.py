"""Moments and spans as people write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from advisorjobs.errors import SettingsError
from advisorjobs.flow.zones import time_zone

__all__ = ["moment", "span"]

UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(s|min|m|h|d)\s*")


def span(option: str, text: str | None) -> timedelta | None:
    """*text*, such as 90s, 15min, 2h or 1d, as a span of time."""
    if text is None:
        return None
    found = SPAN.fullmatch(text)
    if found is None:
        raise SettingsError(option, text, "must be a number with its unit, such as 90s, 15min, 2h or 1d")
    return timedelta(seconds=float(found[1]) * UNITS[found[2]])


def moment(option: str, text: str | None, timezone: str) -> datetime | None:
    """*text* as a moment; without an offset it is local time in *timezone*."""
    if text is None:
        return None
    zone = time_zone(timezone)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        rule = 'must be a date and time such as "2026-12-01 08:00", or with an offset 2026-12-01T08:00+01:00'
        raise SettingsError(option, text, rule) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)
