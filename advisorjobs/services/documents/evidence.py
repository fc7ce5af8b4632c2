"""All that one Reading shows, found once and shared by everything that draws conclusions from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from advisorjobs.services.documents.amounts import Amount, decimal_comma, find_amounts
from advisorjobs.services.documents.dates import DateFound, day_before_month, find_dates
from advisorjobs.services.documents.labels import Label, find_labels
from advisorjobs.services.documents.layout import Segment, segments_of
from advisorjobs.services.documents.origin import country_of
from advisorjobs.services.documents.rows import Row, rows_of
from advisorjobs.services.reading.page import Reading

__all__ = ["Evidence", "first_and_last", "gather", "likelier"]

_END_PAGES = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """Segments, labels, dates, amounts and rows of a document, and the country whose habits it follows."""

    segments: tuple[Segment, ...]
    labels: tuple[Label, ...]
    dates: tuple[DateFound, ...]
    amounts: tuple[Amount, ...]
    rows: tuple[Row, ...]
    country: str | None
    text: str


def gather(reading: Reading) -> Evidence:
    """Everything of *reading* that extraction weighs."""
    segments = segments_of(reading)
    text = "\n".join(segment.text for segment in segments)
    country = country_of(text)
    labels = find_labels(segments)
    dates = find_dates(segments, day_first=day_before_month(segments, country=country))
    amounts = find_amounts(segments, comma=decimal_comma(segments), taken=[found.span for found in dates])
    return Evidence(segments, labels, dates, amounts, rows_of(segments, labels, amounts), country, text)


def first_and_last(reading: Reading) -> Reading:
    """*reading* without the middle of a long document: what it is and whose, is said at its beginning and its end."""
    if len(reading.pages) <= 2 * _END_PAGES:
        return reading
    return replace(reading, pages=(*reading.pages[:_END_PAGES], *reading.pages[-_END_PAGES:]))


def likelier(weights: Iterable[float]) -> float:
    """Several independent reasons together: each takes its share of the doubt that the others leave."""
    doubt = 1.0
    for weight in weights:
        doubt *= 1.0 - min(0.99, max(0.0, weight))
    return 1.0 - doubt
