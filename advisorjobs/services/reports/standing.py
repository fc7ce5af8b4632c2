"""Tables of where a client stands: accounts, open invoices and their ages, tasks, documents, what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from advisorjobs.services.reports.books import Activity, Balance, Document, Invoice, Task
from advisorjobs.services.reports.columns import column, money, text
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.model import Group, Kind, Row, Section, Table

__all__ = [
    "accounts_section",
    "activity_section",
    "currencies_of",
    "documents_section",
    "invoices_section",
    "tasks_section",
]

AGES = ((0, "not_due"), (30, "days_30"), (60, "days_60"), (90, "days_90"))
SIDES = (("sale", "receivables"), ("purchase", "payables"))


def currencies_of(things: Iterable[object], first: str) -> list[str]:
    """The currencies that *things* have, *first* before the others."""
    found = {getattr(each, "currency") for each in things}  # noqa: B009 – of several kinds
    return sorted(found, key=lambda currency: (currency != first, currency))


def accounts_section(words: Language, balances: Sequence[Balance], first: str, *, moved: bool) -> Section:
    """The accounts' balances; with *moved* before the period, what happened in it, and after it."""
    tables = []
    keys = ("opening", "movement", "closing") if moved else ("balance",)
    columns = (text(words, "account", wide=True), *(money(words, key) for key in keys))
    for currency in currencies_of(balances, first):
        rows: list[Row] = []
        for each in balances:
            if each.currency == currency:
                amounts = (each.opening, each.closing - each.opening, each.closing)
                rows.append((each.account, *(amounts if moved else amounts[-1:])))
        tables.append(
            Table(title=words.text("accounts"), columns=columns, groups=(Group(tuple(rows)),), currency=currency)
        )
    return Section(words.text("accounts"), tuple(tables), None if tables else words.text("none_accounts"))


def invoices_section(words: Language, invoices: Sequence[Invoice], first: str, day: date, *, ages: bool) -> Section:
    """What is open on *day*, receivables before payables; with *ages* also how much of it is overdue for how long."""
    tables = []
    for currency in currencies_of(invoices, first):
        for kind, title in SIDES:
            chosen = [each for each in invoices if each.currency == currency and each.kind == kind]
            if chosen:
                if ages:
                    tables.append(_ages_table(words, chosen, title, currency, day))
                tables.append(_open_table(words, chosen, title, currency, day))
    return Section(words.text("open_invoices"), tuple(tables), None if tables else words.text("none_invoices"))


def _open_table(words: Language, chosen: Sequence[Invoice], title: str, currency: str, day: date) -> Table:
    columns = (
        text(words, "number"),
        text(words, "party", wide=True),
        column(words, "issued", Kind.DAY),
        column(words, "due", Kind.DAY),
        column(words, "overdue_days", Kind.COUNT),
        money(words, "invoiced"),
        money(words, "outstanding"),
    )
    rows: list[Row] = [
        (
            each.number,
            each.party,
            each.issued_on,
            each.due_on,
            max(0, (day - each.due_on).days) or None,
            each.total,
            each.outstanding,
        )
        for each in sorted(chosen, key=lambda invoice: (invoice.due_on, invoice.number))
    ]
    return Table(title=words.text(title), columns=columns, groups=(Group(tuple(rows)),), currency=currency)


def _ages_table(words: Language, chosen: Sequence[Invoice], title: str, currency: str, day: date) -> Table:
    sums = {label: (0, Decimal(0)) for _, label in AGES} | {"days_more": (0, Decimal(0))}
    for each in chosen:
        late = (day - each.due_on).days
        label = next((label for most, label in AGES if late <= most), "days_more")
        count, amount = sums[label]
        sums[label] = (count + 1, amount + each.outstanding)
    columns = (
        text(words, "age", wide=True),
        column(words, "count", Kind.COUNT, total=True),
        money(words, "outstanding"),
    )
    rows: tuple[Row, ...] = tuple((words.text(label), *figures) for label, figures in sums.items())
    heading = f"{words.text(title)}: {words.text('ages')}"
    return Table(title=heading, columns=columns, groups=(Group(rows),), currency=currency)


def tasks_section(words: Language, tasks: Sequence[Task], day: date) -> Section:
    """What is to be done, and how late it is on *day*."""
    if not tasks:
        return Section(words.text("open_tasks"), note=words.text("none_tasks"))
    columns = (
        text(words, "title", wide=True),
        text(words, "assignee"),
        column(words, "due", Kind.DAY),
        column(words, "overdue_days", Kind.COUNT),
    )
    rows: tuple[Row, ...] = tuple(
        (each.title, each.assignee, each.due_on, (max(0, (day - each.due_on).days) or None) if each.due_on else None)
        for each in tasks
    )
    return Section(
        words.text("open_tasks"), (Table(title=words.text("open_tasks"), columns=columns, groups=(Group(rows),)),)
    )


def documents_section(words: Language, documents: Sequence[Document]) -> Section:
    if not documents:
        return Section(words.text("latest_documents"), note=words.text("none_documents"))
    columns = (
        column(words, "date", Kind.DAY),
        text(words, "document", wide=True),
        text(words, "type"),
        text(words, "status"),
    )
    rows: tuple[Row, ...] = tuple(
        (each.arrived_on, each.file_name, words.text(each.document_type or "unknown_type"), words.text(each.status))
        for each in documents
    )
    table = Table(title=words.text("latest_documents"), columns=columns, groups=(Group(rows),))
    return Section(words.text("latest_documents"), (table,))


def activity_section(words: Language, activities: Sequence[Activity]) -> Section:
    if not activities:
        return Section(words.text("activity"), note=words.text("none_activity"))
    columns = (column(words, "date", Kind.DAY), text(words, "event", wide=True))
    rows: tuple[Row, ...] = tuple((each.happened_on, each.text) for each in activities)
    return Section(
        words.text("activity"), (Table(title=words.text("activity"), columns=columns, groups=(Group(rows),)),)
    )
