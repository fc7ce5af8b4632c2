"""The financial report: income, expenses and balance of a period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from advisorjobs.services.reports.books import Balance, Books, Invoice
from advisorjobs.services.reports.frame import framed, uncategorised
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.ledger import Entry, entries, months
from advisorjobs.services.reports.model import Fact, Report, Section
from advisorjobs.services.reports.money_tables import category_table, result_table
from advisorjobs.services.reports.standing import accounts_section, currencies_of, invoices_section

__all__ = ["facts_of", "financial", "results_section"]


def financial(books: Books, words: Language, start: date, end: date) -> Report:
    """Income and expenses by month and category from *start* to *end*, the accounts, and what is open at the end."""
    given = entries(books.sums(start, end))
    balances, invoices = books.balances(start, end), books.open_invoices(end)
    sections = (
        results_section(words, given, books.currency, start, end),
        accounts_section(words, balances, books.currency, moved=True),
        invoices_section(words, invoices, books.currency, end, ages=False),
    )
    return framed(
        books,
        words,
        name="report:financial",
        title=words.text("financial"),
        period=words.span(start, end),
        start=start,
        end=end,
        facts=facts_of(words, books.currency, given, balances, invoices),
        sections=sections,
        notes=[words.text("gross"), *uncategorised(words, given)],
    )


def results_section(words: Language, given: Sequence[Entry], first: str, start: date, end: date) -> Section:
    """Per currency: the months with their chart, then income, expenses and other movements by category."""
    tables = []
    for currency in currencies_of(given, first):
        chosen = [entry for entry in given if entry.currency == currency]
        days = months(start, end, (entry.month for entry in chosen))
        tables.append(result_table(words, chosen, "month", days, currency))
        for kind in ("income", "expense", "transfer"):
            table = category_table(words, chosen, kind, currency)
            if table:
                tables.append(table)
    title = f"{words.text('income')} / {words.text('expenses')}"
    return Section(title, tuple(tables), None if tables else words.text("none_period"))


def facts_of(
    words: Language,
    first: str,
    given: Sequence[Entry],
    balances: Sequence[Balance] = (),
    invoices: Sequence[Invoice] = (),
) -> list[Fact]:
    """Per currency: income, expenses and result, then what is in the accounts and what customers owe, where there are any."""
    facts = []
    for currency in currencies_of([*given, *balances, *invoices], first):
        income, expenses = (
            sum((e.amounts.gross for e in given if e.currency == currency and e.kind == kind), start=Decimal(0))
            for kind in ("income", "expense")
        )
        facts += [
            Fact(words.text("income"), income, currency=currency),
            Fact(words.text("expenses"), expenses, currency=currency),
            Fact(words.text("result"), income - expenses, currency=currency, emphasis=True),
        ]
        if balances or invoices:
            cash = sum((each.closing for each in balances if each.currency == currency), start=Decimal(0))
            owed = (each.outstanding for each in invoices if each.currency == currency and each.kind == "sale")
            facts.append(Fact(words.text("cash"), cash, currency=currency))
            facts.append(Fact(words.text("receivables"), sum(owed, start=Decimal(0)), currency=currency))
    return facts
