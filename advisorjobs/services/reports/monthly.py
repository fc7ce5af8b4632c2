"""The monthly report: a month beside the one before and the same month of the year before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from advisorjobs.services.reports.books import Books
from advisorjobs.services.reports.columns import category_label, money, text
from advisorjobs.services.reports.financial import facts_of
from advisorjobs.services.reports.frame import framed, uncategorised
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.ledger import Amounts, Entry, EntryKind, entries, in_order, months, totalled
from advisorjobs.services.reports.model import Group, Report, Row, Section, Table
from advisorjobs.services.reports.money_tables import result_table
from advisorjobs.services.reports.standing import accounts_section, currencies_of, invoices_section

__all__ = ["monthly"]


def monthly(books: Books, words: Language, month: str | None) -> Report:
    """The report of *month* ("2024-03"; None: the one before today's). Months before the books begin have no figures."""
    first = date.fromisoformat(f"{month}-01") if month else before(books.today.replace(day=1))
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    year_before = first.replace(year=first.year - 1)
    given = entries(books.sums(year_before, last))
    this = [entry for entry in given if entry.month == first]
    balances, invoices = books.balances(first, last), books.open_invoices(last)
    begun = (books.first_day() or last).replace(day=1)
    compared, run = [], []
    for currency in currencies_of(given, books.currency):
        chosen = [entry for entry in given if entry.currency == currency]
        compared += _compared(words, chosen, first, currency, begun)
        days = months(year_before, last, ())
        run.append(result_table(words, chosen, "month", days, currency, begun=begun))
    nothing = words.text("none_period")
    return framed(
        books,
        words,
        name="report:monthly",
        title=words.text("monthly"),
        period=words.month(first),
        start=first,
        end=last,
        facts=facts_of(words, books.currency, this, balances, invoices),
        sections=(
            Section(words.text("thirteen_months"), tuple(run), None if run else nothing),
            Section(
                f"{words.text('income')} / {words.text('expenses')}", tuple(compared), None if compared else nothing
            ),
            accounts_section(words, balances, books.currency, moved=True),
            invoices_section(words, invoices, books.currency, last, ages=False),
        ),
        notes=[words.text("gross"), *uncategorised(words, this)],
    )


def before(first: date) -> date:
    """The first day of the month before the one that begins on *first*."""
    return (first - timedelta(days=1)).replace(day=1)


def _compared(words: Language, given: Sequence[Entry], first: date, currency: str, begun: date) -> list[Table]:
    """Income and expenses by category, three months side by side; none before *begun*."""
    days = (first, before(first), first.replace(year=first.year - 1))
    tables = []
    kinds: tuple[tuple[EntryKind, str], ...] = (("income", "income"), ("expense", "expenses"))
    for kind, title in kinds:
        sums = totalled(
            (entry for entry in given if entry.kind == kind and entry.month in days),
            lambda entry: (entry.category, entry.month),
        )
        rows = tuple(_row(words, sums, key, days, begun) for key in in_order({key for key, _ in sums}))
        columns = (
            text(words, "category", wide=True),
            money(words, "this_month"),
            money(words, "last_month"),
            money(words, "change"),
            money(words, "last_year"),
            money(words, "year_change", "change"),
        )
        if rows:
            tables.append(Table(title=words.text(title), columns=columns, groups=(Group(rows),), currency=currency))
    return tables


def _row(
    words: Language,
    sums: dict[tuple[str | None, date], Amounts],
    key: str | None,
    days: tuple[date, date, date],
    begun: date,
) -> Row:
    this, last, year = (sums.get((key, day), Amounts()).gross if day >= begun else None for day in days)
    return category_label(words, key), this, last, _change(this, last), year, _change(this, year)


def _change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None else now - before
