"""The client overview: where a client stands on one day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from advisorjobs.services.reports.books import Balance, Books, Invoice, Task
from advisorjobs.services.reports.frame import framed
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.model import Fact, Kind, Report
from advisorjobs.services.reports.standing import (
    accounts_section,
    activity_section,
    currencies_of,
    documents_section,
    invoices_section,
    tasks_section,
)

__all__ = ["client_overview"]

LATEST = 12


def client_overview(books: Books, words: Language, as_of: date | None) -> Report:
    """Accounts, open invoices with their ages, open tasks, the latest documents and activity on *as_of* (None: today)."""
    day = as_of or books.today
    tomorrow = day + timedelta(days=1)
    balances, invoices = books.balances(day, day), books.open_invoices(day)
    tasks = [each for each in books.tasks(tomorrow, day) if each.status == "open"]
    return framed(
        books,
        words,
        name="report:client_overview",
        title=words.text("client_overview"),
        period=words.text("on_day", day=words.day(day)),
        start=day,
        end=day,
        facts=_facts(words, books.currency, balances, invoices, tasks, day),
        sections=(
            accounts_section(words, balances, books.currency, moved=False),
            invoices_section(words, invoices, books.currency, day, ages=True),
            tasks_section(words, tasks, day),
            documents_section(words, books.latest_documents(day, LATEST)),
            activity_section(words, books.activities(day, LATEST)),
        ),
    )


def _facts(
    words: Language,
    first: str,
    balances: Sequence[Balance],
    invoices: Sequence[Invoice],
    tasks: Sequence[Task],
    day: date,
) -> list[Fact]:
    facts = []
    for currency in currencies_of([*balances, *invoices], first):
        cash = (each.closing for each in balances if each.currency == currency)
        sides = {
            kind: [each for each in invoices if each.currency == currency and each.kind == kind]
            for kind in ("sale", "purchase")
        }
        late = [each for each in sides["sale"] if each.due_on < day]
        facts += [
            Fact(words.text("cash"), sum(cash, start=Decimal(0)), currency=currency, emphasis=True),
            Fact(words.text("receivables"), _open(sides["sale"]), currency=currency),
            Fact(words.text("overdue"), _open(late), currency=currency),
            Fact(words.text("payables"), _open(sides["purchase"]), currency=currency),
        ]
    facts.append(Fact(words.text("open_tasks"), len(tasks), Kind.COUNT))
    return facts


def _open(invoices: Sequence[Invoice]) -> Decimal:
    return sum((each.outstanding for each in invoices), start=Decimal(0))
