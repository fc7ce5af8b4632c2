"""The custom report: chosen sections in their order, grouped as wished, of one client or of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from advisorjobs.choices import Grouping
from advisorjobs.choices import Section as SectionName
from advisorjobs.services.reports.books import Books
from advisorjobs.services.reports.financial import facts_of
from advisorjobs.services.reports.frame import framed, uncategorised
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.ledger import Entry, EntryKind, entries, months
from advisorjobs.services.reports.listing import Listing
from advisorjobs.services.reports.model import Report, Section, Table
from advisorjobs.services.reports.money_tables import (
    Spell,
    category_table,
    flow_table,
    spell_of,
    vat_table,
    with_spells,
)
from advisorjobs.services.reports.standing import currencies_of

__all__ = ["custom"]

OF_MONEY = frozenset({"income", "expenses", "cash_flow", "taxes", "transactions"})


def custom(
    books: Books,
    words: Language,
    *,
    title: str,
    sections: tuple[SectionName, ...],
    start: date,
    end: date,
    group_by: Grouping,
) -> Report:
    """The *sections* in this order, over the days from *start* to *end*."""
    given = entries(books.sums(start, end)) if OF_MONEY & set(sections) else []
    flows = _Flows(words, given, books.currency, start, end, group_by)
    listing = Listing(books, words, start, end, group_by)
    making: Mapping[SectionName, Callable[[], Sequence[Table]]] = {
        "income": lambda: flows.sorted_out("income"),
        "expenses": lambda: flows.sorted_out("expense"),
        "cash_flow": flows.cash_flow,
        "taxes": flows.taxes,
        "transactions": listing.transactions,
        "invoices": listing.invoices,
        "documents": listing.documents,
        "tasks": listing.tasks,
    }
    made = {name: tuple(making[name]()) for name in sections}
    return framed(
        books,
        words,
        name="report:custom",
        title=title,
        period=words.span(start, end),
        start=start,
        end=end,
        facts=facts_of(words, books.currency, given),
        sections=[
            Section(words.text(name), tables, None if tables else words.text("none_period"))
            for name, tables in made.items()
        ],
        notes=[words.text("gross"), *uncategorised(words, given)] if given else [],
    )


class _Flows:
    """The sections that are drawn up from sums, per currency."""

    def __init__(
        self, words: Language, given: Sequence[Entry], first: str, start: date, end: date, group_by: Grouping
    ) -> None:
        self.words = words
        self.of_currency = {
            currency: [entry for entry in given if entry.currency == currency]
            for currency in currencies_of(given, first)
        }
        self.start = start
        self.end = end
        self.group_by = group_by
        self.spell: Spell = "quarter" if group_by == "quarter" else "month"

    def sorted_out(self, kind: EntryKind) -> list[Table]:
        """Income or expenses by category, within months or quarters or over them."""
        made = []
        for currency, given in self.of_currency.items():
            table = (
                category_table(self.words, given, kind, currency)
                if self.group_by == "none"
                else with_spells(self.words, given, kind, currency, self.group_by)
            )
            made += [table] if table else []
        return made

    def cash_flow(self) -> list[Table]:
        return [
            flow_table(self.words, given, self.spell, self._days(given, self.spell), currency)
            for currency, given in self.of_currency.items()
        ]

    def taxes(self) -> list[Table]:
        """VAT per quarter, or per month where that is wished; by category: the tax of each."""
        if self.group_by == "category":
            return [*self.sorted_by_tax("income"), *self.sorted_by_tax("expense")]
        spell: Spell = "month" if self.group_by == "month" else "quarter"
        return [
            vat_table(self.words, given, spell, self._days(given, spell), currency)
            for currency, given in self.of_currency.items()
        ]

    def sorted_by_tax(self, kind: EntryKind) -> list[Table]:
        made = (category_table(self.words, given, kind, currency) for currency, given in self.of_currency.items())
        return [table for table in made if table]

    def _days(self, given: Sequence[Entry], spell: Spell) -> list[date]:
        """The first days of the months or quarters of the period."""
        return sorted({spell_of(spell, day) for day in months(self.start, self.end, (entry.month for entry in given))})
