"""Finding dates in many languages, and the order of day and month where a date leaves it open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from advisorjobs.services.documents.layout import Segment, Span
from advisorjobs.services.documents.spelling import squeezed
from advisorjobs.services.documents.vocabulary import month_numbers

__all__ = ["DateFound", "day_and_month", "day_before_month", "find_dates", "short_days_first", "without_day"]

_DIGIT = r"[\dOolI]"
_NUMERIC = re.compile(
    rf"(?<![\w.,/])({_DIGIT}{{1,4}})(\s?[./\-–−]\s?)({_DIGIT}{{1,2}})\s?[./\-–−]\s?({_DIGIT}{{4}}|\d{{2}})(?!\d|[.,/]\d)"
)
_NAME = r"[^\W\d_]{3,}"
_DAY_NAME_YEAR = re.compile(
    rf"(?<![\d.,])(\d{{1,2}}|1er)(?:st|nd|rd|th|er|º|°|ª)?[\s.,\-/]*(?:de\s+|of\s+|d['’]\s?)?({_NAME})[\s.,\-/]*(?:del?\s+)?(\d{{4}}|['’]?\d{{2}})(?![\d.,:]\d|\d)",
    re.IGNORECASE,
)
_NAME_DAY_YEAR = re.compile(
    rf"\b({_NAME})[\s.\-]*(\d{{1,2}})(?:st|nd|rd|th)?\s*[,.\s\-]\s*(\d{{4}})(?!\d)", re.IGNORECASE
)
_SHORT = re.compile(r"^(\d{1,2})\s?[./\-]\s?(\d{1,2})\.?(?=\s|$)")
_SHORT_NAMED = re.compile(rf"^(\d{{1,2}})[\s.\-]+({_NAME})\.?(?=\s|$)")
_NAMED_SHORT = re.compile(rf"^({_NAME})[\s.]+(\d{{1,2}})(?=\s|$)")
_WHOLE = re.compile(r"^(?:\d{1,2}[./\-]\s?\d{1,2}[./\-]\s?(?:\d{4}|\d{2})|\d{4}-\d\d-\d\d)(?=\s|$)")
_YEAR = re.compile(r",?\s*(?:19|20)\d\d(?=\s|$)")
_CLEAN = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1"})


@dataclass(frozen=True, slots=True)
class DateFound:
    """A date and where it stands. `open` says that day and month could be exchanged."""

    span: Span
    value: date
    open: bool


def day_before_month(segments: Sequence[Segment], *, country: str | None) -> bool:
    """Whether 03/04 is the third of April here: as other dates of the document show, else as the country writes."""
    first, second = 0, 0
    for segment in segments:
        for match in _NUMERIC.finditer(segment.text):
            one, _, two, _ = (part.translate(_CLEAN) for part in match.groups())
            if len(one) <= 2 and one.isdigit() and two.isdigit():
                first += 12 < int(one) <= 31
                second += int(one) <= 12 < int(two) <= 31
    if first != second:
        return first > second
    return country != "US"


def find_dates(segments: Iterable[Segment], *, day_first: bool) -> tuple[DateFound, ...]:
    """Every date with day, month and year, once per place."""
    found: list[DateFound] = []
    for segment in segments:
        for candidate in _dates_in(segment, day_first):
            if not any(candidate.span.overlaps(other.span) for other in found[-12:]):
                found.append(candidate)
    return tuple(found)


def _dates_in(segment: Segment, day_first: bool) -> Iterable[DateFound]:
    for match in _NAME_DAY_YEAR.finditer(segment.text):
        name, day, year = match.groups()
        yield from _named(segment, match, day, name, year)
    for match in _DAY_NAME_YEAR.finditer(segment.text):
        day, name, year = match.groups()
        yield from _named(segment, match, day, name, year)
    for match in _NUMERIC.finditer(segment.text):
        yield from _numeric(segment, match, day_first)


def _named(segment: Segment, match: re.Match[str], day: str, name: str, year: str) -> Iterable[DateFound]:
    month = month_numbers().get(squeezed(name))
    value = _date(year.strip("'’"), month, int(re.sub(r"\D", "", day))) if month else None
    if value:
        yield DateFound(segment.span(*match.span()), value, False)


def _numeric(segment: Segment, match: re.Match[str], day_first: bool) -> Iterable[DateFound]:
    one, separator, two, three = (part.translate(_CLEAN).strip() for part in match.groups())
    if not (one.isdigit() and two.isdigit() and three.isdigit()) or len(one) == 3:
        return
    if len(one) == 4:
        value, is_open = _date(one, int(two), int(three)) if len(three) <= 2 else None, False
    else:
        day, month = (int(one), int(two)) if day_first or separator == "." else (int(two), int(one))
        if month > 12 >= day:
            day, month = month, day
        is_open = int(one) <= 12 and int(two) <= 12 and one != two and separator != "."
        value = _date(three, month, day)
    if value:
        yield DateFound(segment.span(*match.span()), value, is_open)


def _date(year: str, month: int, day: int) -> date | None:
    number = int(year) + (2000 if len(year) == 2 else 0)
    if not 1970 <= number <= 2099:
        return None
    try:
        return date(number, month, day)
    except ValueError:
        return None


def short_days_first(texts: Iterable[str], segments: Sequence[Segment], country: str | None) -> bool:
    """Whether 03/04 without a year, as *texts* begin, is the third of April: as one of them shows, else as the document's
    full dates and its country have it."""
    first, second = 0, 0
    for text in texts:
        if match := _SHORT.match(text):
            one, two = int(match.group(1)), int(match.group(2))
            first += 12 < one <= 31
            second += one <= 12 < two <= 31
    return first > second if first != second else day_before_month(segments, country=country)


def day_and_month(text: str, year: int, *, day_first: bool = True) -> date | None:
    """The day that *text* begins with where it gives no year: "12.04.", "12/04", "3 Apr" or "Apr 3"."""
    if match := _SHORT.match(text):
        one, two = int(match.group(1)), int(match.group(2))
        day, month = (one, two) if day_first or "." in match.group() else (two, one)
        return _date(str(year), month, day)
    named = _named_day(text)
    return _date(str(year), named[1], named[0]) if named else None


def without_day(text: str) -> str:
    """*text* without the days that it begins with: the booking's, and often the value's behind it."""
    while match := _WHOLE.match(text) or _SHORT.match(text):
        text = text[match.end() :].lstrip()
    named = _named_day(text)
    return text[named[2] :].lstrip() if named else text


def _named_day(text: str) -> tuple[int, int, int] | None:
    """Day and month of a text that begins with "3 Apr" or "Apr 3", and where the rest goes on, behind a year."""
    for pattern, day, name in ((_SHORT_NAMED, 1, 2), (_NAMED_SHORT, 2, 1)):
        match = pattern.match(text)
        month = month_numbers().get(squeezed(match.group(name))) if match else None
        if match and month:
            year = _YEAR.match(text, match.end())
            return int(match.group(day)), month, year.end() if year else match.end()
    return None
