"""Moments as people write them on a command line: 2026-12-01 08:00, with an offset where wanted, or 2h from now."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from advisorjobs.errors import SettingsError

__all__ = ["ago", "local_seconds", "moment"]

RULE = 'must be a date and time such as "2026-12-01 08:00", with an offset 2026-12-01T08:00+01:00, or a span such as 2h'
SPAN = re.compile(r"(\d{1,6})\s*(s|min|m|h|d|w)")
UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str | None, option: str = "--until") -> datetime | None:
    """*text* as a moment; without an offset it is this machine's time, a span is counted from now on."""
    return read(text, option, 1)


def ago(text: str | None, option: str) -> datetime | None:
    """As `moment`, but a span is counted back from now."""
    return read(text, option, -1)


def read(text: str | None, option: str, direction: int) -> datetime | None:
    if text is None:
        return None
    span = SPAN.fullmatch(text.strip())
    try:
        if span is not None:
            length = timedelta(**{UNITS[span[2]]: int(span[1])})
            return datetime.now().astimezone() + direction * length
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise SettingsError(option, text, RULE) from None


def local_seconds(at: datetime | None) -> str:
    """For people: this machine's time, to the second."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}" if at is not None else ""
