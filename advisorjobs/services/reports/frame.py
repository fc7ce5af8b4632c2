"""What every report has around its sections: whose it is, of when, and what must be said about its figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from advisorjobs.services.reports.books import Books
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.ledger import Entry
from advisorjobs.services.reports.model import Fact, Report, Section

__all__ = ["framed", "uncategorised"]


def framed(
    books: Books,
    words: Language,
    *,
    name: str,
    title: str,
    period: str,
    start: date,
    end: date,
    facts: Iterable[Fact],
    sections: Sequence[Section],
    notes: Iterable[str] = (),
) -> Report:
    """The report *name*. Where no section has a table, it says that there is nothing to report."""
    said = list(notes)
    currencies = {table.currency for section in sections for table in section.tables if table.currency}
    if len(currencies) > 1:
        said.append(words.text("currencies"))
    if not any(section.tables for section in sections):
        said = [words.text("nothing")]
    return Report(
        name=name,
        title=title,
        period=period,
        firm=books.firm,
        client=books.client or words.text("all_clients"),
        language=words.tag,
        made_on=books.today,
        facts=tuple(facts),
        sections=tuple(sections),
        notes=tuple(said),
        start=start,
        end=end,
    )


def uncategorised(words: Language, given: Iterable[Entry]) -> list[str]:
    """What must be said where transactions have no category."""
    count = sum(entry.amounts.count for entry in given if entry.category is None)
    return [words.text("uncategorised_note", count=words.number(count))] if count else []
