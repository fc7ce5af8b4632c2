"""A cron expression in words, for those who don't read cron: "Monday to Friday at 09:00"."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["cron_words"]

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MOST_TIMES = 4
"""So many times of a day are named; more would be no easier to read than the expression."""


def cron_words(text: str) -> str | None:
    """What *text* (see cron.cron_text) means; None where it says something that is better read as it stands."""
    fields = NICKNAMES.get(text, text).split()
    if len(fields) == 6:
        second, *fields = fields
        if second != "0":
            return None
    if len(fields) != 5:
        return None
    minute, hour, day, month, weekday = fields
    often, times = _often(minute, hour), _times(minute, hour)
    days = _days(day, month, weekday)
    if days is None or (often is None and times is None):
        return None
    if times is not None:
        return f"{days or 'every day'} {times}"
    return f"{often}, {days}" if days else often


def _often(minute: str, hour: str) -> str | None:
    """Within a day: "every 15 minutes", "every hour from 09:00 to 17:00"."""
    span = re.fullmatch(r"(\d+)-(\d+)", hour)
    hours = "" if hour == "*" else f" from {int(span[1]):02}:00 to {int(span[2]):02}:" if span else None
    later = re.fullmatch(r"(\d+)-59(/\d+)", minute)
    step = _step(f"*{later[2]}" if later else minute, 60)
    if step is not None and hours is not None and (later is None or int(later[1]) < step):
        every = "every minute" if step == 1 else f"every {step} minutes"
        from_then = f" from {int(later[1])} past" if later and int(later[1]) else ""
        return f"{every}{from_then}{',' if from_then and hours else ''}{hours}{'59' if hours else ''}"
    if minute.isdigit() and hours is not None:
        if not span:
            return "every hour" if int(minute) == 0 else f"every hour at {int(minute)} past"
        return f"every hour from {int(span[1]):02}:{int(minute):02} to {int(span[2]):02}:{int(minute):02}"
    step = _step(hour, 24)
    if minute.isdigit() and step is not None:
        past = "" if int(minute) == 0 else f" at {int(minute)} past"
        return f"every {step} hours{past}"
    return None


def _step(field: str, whole: int) -> int | None:
    """The n of `*/n`, where steps are equal over the whole of an hour or a day."""
    if field == "*":
        return 1
    found = re.fullmatch(r"\*/(\d+)", field)
    step = int(found[1]) if found else 0
    return step if step and whole % step == 0 and step < whole else None


def _times(minute: str, hour: str) -> str | None:
    """ "at 06:00 and 18:00"; None where there are many, or none is named."""
    minutes, hours = _numbers(minute), _numbers(hour)
    if minutes is None or hours is None or len(minutes) * len(hours) > MOST_TIMES:
        return None
    return "at " + _list([f"{each:02}:{past:02}" for each in hours for past in minutes])


def _days(day: str, month: str, weekday: str) -> str | None:
    """ "Monday to Friday", "on the 1st of each month", "" for each day; None where it is neither."""
    if day == "*" and month == "*":
        return "" if weekday == "*" else _weekdays(weekday)
    months = "each month" if month == "*" else _months(month)
    if weekday != "*" or months is None:
        return None
    if day == "*":
        return f"every day in {months}"
    numbers = _numbers(day)
    which = (
        "last day" if day.upper() == "L" else None if numbers is None else _list([_ordinal(each) for each in numbers])
    )
    return None if which is None else f"on the {which} of {months}"


def _weekdays(field: str) -> str | None:
    span = re.fullmatch(r"(\w+)-(\w+)", field)
    ends = [_weekday(each) for each in (span[1], span[2])] if span else [_weekday(each) for each in field.split(",")]
    if None in ends:
        return None
    names = [WEEKDAYS[each] for each in ends if each is not None]
    return " to ".join(names) if span else _list([f"{name}s" for name in names])


def _weekday(field: str) -> int | None:
    short = [name[:3].upper() for name in WEEKDAYS[:7]]
    if field.upper() in short:
        return short.index(field.upper())
    return int(field) if field.isdigit() and int(field) < len(WEEKDAYS) else None


def _months(field: str) -> str | None:
    found = [_month(each) for each in field.upper().split(",")]
    return _list([each for each in found if each is not None]) if None not in found else None


def _month(field: str) -> str | None:
    short = [name[:3].upper() for name in MONTHS]
    if field in short:
        return MONTHS[short.index(field)]
    return MONTHS[int(field) - 1] if field.isdigit() and 1 <= int(field) <= len(MONTHS) else None


def _numbers(field: str) -> list[int] | None:
    """Of a list of numbers, in their order; None for anything else."""
    parts = field.split(",")
    return sorted({int(each) for each in parts}) if all(each.isdigit() for each in parts) else None


def _ordinal(number: int) -> str:
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _list(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
