"""The tax summary: what a tax return needs of one calendar year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from advisorjobs.services.books.categories import categories
from advisorjobs.services.reports.books import Books
from advisorjobs.services.reports.columns import category_label, column, money, text
from advisorjobs.services.reports.frame import framed, uncategorised
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.ledger import Entry, deductible, entries, in_order, months, quarter_start, totalled
from advisorjobs.services.reports.model import Fact, Group, Kind, Report, Row, Section, Table
from advisorjobs.services.reports.money_tables import category_table, vat_table
from advisorjobs.services.reports.standing import currencies_of

__all__ = ["tax_summary"]


def tax_summary(books: Books, words: Language, year: int) -> Report:
    """Income and deductible expenses by category, and VAT per quarter, of *year*."""
    start, end = date(year, 1, 1), date(year, 12, 31)
    given = entries(books.sums(start, end))
    income, expenses, vat = [], [], []
    facts: list[Fact] = []
    for currency in currencies_of(given, books.currency):
        chosen = [entry for entry in given if entry.currency == currency]
        earned, spent = category_table(words, chosen, "income", currency), _expenses(words, chosen, currency)
        income += [earned] if earned else []
        expenses += [spent] if spent else []
        quarters = sorted({quarter_start(day) for day in months(start, end, ())})
        vat.append(vat_table(words, chosen, "quarter", quarters, currency))
        facts += _facts(words, chosen, currency)
    nothing = words.text("none_period")
    return framed(
        books,
        words,
        name="report:tax_summary",
        title=words.text("tax_summary"),
        period=words.text("tax_year", year=year),
        start=start,
        end=end,
        facts=facts,
        sections=(
            Section(words.text("income"), tuple(income), None if income else nothing),
            Section(words.text("deductible_expenses"), tuple(expenses), None if expenses else nothing),
            Section(words.text("taxes"), tuple(vat), None if vat else nothing),
        ),
        notes=[words.text("cash_basis"), *uncategorised(words, given)],
    )


def _expenses(words: Language, given: Sequence[Entry], currency: str) -> Table | None:
    sums = totalled((entry for entry in given if entry.kind == "expense"), lambda entry: entry.category)
    if not sums:
        return None
    rows: list[Row] = []
    for key in in_order(sums):
        share = categories()[key].deductible * 100 if key else Decimal(0)
        each = sums[key]
        rows.append(
            (category_label(words, key), each.count, each.gross, each.tax, each.net, share, deductible(each.net, key))
        )
    columns = (
        text(words, "category", wide=True),
        column(words, "count", Kind.COUNT, total=True),
        money(words, "gross_amount"),
        money(words, "tax"),
        money(words, "net"),
        column(words, "deductible_share", Kind.SHARE),
        money(words, "deductible"),
    )
    return Table(title=words.text("expenses"), columns=columns, groups=(Group(tuple(rows)),), currency=currency)


def _facts(words: Language, given: Sequence[Entry], currency: str) -> list[Fact]:
    income = [entry.amounts for entry in given if entry.kind == "income"]
    spent = totalled((entry for entry in given if entry.kind == "expense"), lambda entry: entry.category)
    earned = sum((each.net for each in income), start=Decimal(0))
    lowers = sum((deductible(each.net, key) for key, each in spent.items()), start=Decimal(0))
    collected = sum((each.tax for each in income), start=Decimal(0))
    paid = sum((each.tax for each in spent.values()), start=Decimal(0))
    return [
        Fact(words.text("income_net"), earned, currency=currency),
        Fact(words.text("deductible_expenses"), lowers, currency=currency),
        Fact(words.text("taxable"), earned - lowers, currency=currency, emphasis=True),
        Fact(words.text("balance_due"), collected - paid, currency=currency),
    ]
