"""What the reports read: a client's books, or all clients' of a firm, as the practice's tables have them.

The connection's transaction works for the organization, as JobRun.connection() gives it; days are the firm's calendar days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError

__all__ = ["Activity", "Balance", "Books", "Document", "Invoice", "Sum", "Task", "Transaction", "open_books"]

R = TypeVar("R")
BEGINNING = date(1, 1, 1)


@dataclass(frozen=True, slots=True)
class Sum:
    """What the transactions of one month, category and direction come to. `tax` is part of `amount`, both with their sign."""

    currency: str
    month: date
    category: str | None
    came_in: bool
    count: int
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Transaction:
    booked_on: date
    client: str
    account: str | None
    counterparty: str | None
    description: str
    category: str | None
    currency: str
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """An account before the first day and after the last."""

    account: str
    client: str
    kind: str
    currency: str
    opening: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """`outstanding` is what was open on the day that was asked for."""

    kind: Literal["sale", "purchase"]
    number: str
    party: str
    client: str
    issued_on: date
    due_on: date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    outstanding: Decimal


@dataclass(frozen=True, slots=True)
class Task:
    title: str
    client: str | None
    assignee: str | None
    due_on: date | None
    status: Literal["open", "done"]


@dataclass(frozen=True, slots=True)
class Document:
    arrived_on: date
    client: str | None
    file_name: str
    document_type: str | None
    status: str


@dataclass(frozen=True, slots=True)
class Activity:
    happened_on: date
    text: str


@dataclass(frozen=True, slots=True)
class Books:
    """`client` is the client's name, None for all of the firm's; `currency` comes first; `today`: the job's first day."""

    connection: Any
    organization_id: str
    client_id: str | None
    firm: str
    firm_email: str | None
    client: str | None
    currency: str
    time_zone: str
    today: date

    def sums(self, start: date, end: date) -> list[Sum]:
        return self._list(Sum, "report_sums", start=start, end=end)

    def first_day(self) -> date | None:
        """The day of the first transaction, which is when the books begin; None where there is none."""
        place = {"organization": self.organization_id, "client": self.client_id}
        day: date | None = self.connection.execute(statement("first_booking"), place).fetchone()[0]
        return day

    def transactions(self, start: date, end: date) -> list[Transaction]:
        return self._list(Transaction, "report_transactions", start=start, end=end)

    def balances(self, start: date, end: date) -> list[Balance]:
        return self._list(Balance, "report_balances", start=start, end=end)

    def open_invoices(self, day: date) -> list[Invoice]:
        """The invoices that were issued and not paid on *day*."""
        return self._list(Invoice, "report_invoices", start=BEGINNING, day=day, only_open=True)

    def invoices(self, start: date, end: date) -> list[Invoice]:
        """The invoices of the days from *start* to *end*, as they stood then."""
        return self._list(Invoice, "report_invoices", start=start, day=end, only_open=False)

    def tasks(self, start: date, end: date) -> list[Task]:
        """What was to be done from *start* to *end*."""
        return self._list(Task, "report_tasks", start=start, end=end)

    def documents(self, start: date, end: date, most: int | None = None) -> list[Document]:
        return self._list(Document, "report_documents", start=start, end=end, most=most)

    def latest_documents(self, day: date, most: int) -> list[Document]:
        return self.documents(BEGINNING, day, most)

    def activities(self, day: date, most: int) -> list[Activity]:
        return self._list(Activity, "report_activities", end=day, most=most)

    def _list(self, kind: type[R], name: str, **values: Any) -> list[R]:
        place = {"organization": self.organization_id, "client": self.client_id, "time_zone": self.time_zone}
        rows: Iterable[tuple[Any, ...]] = self.connection.execute(statement(name), {**place, **values}).fetchall()
        return [kind(*row) for row in rows]


def open_books(connection: Any, organization_id: str, client_id: str | None, job_id: int) -> Books:
    """The books of a client, or with *client_id* None of all clients. JobError `not_found` where there is no such."""
    place = {"organization": organization_id, "client": client_id, "job": job_id}
    row = connection.execute(statement("report_ground"), place).fetchone()
    if row is None:
        raise JobError(ErrorCode.NOT_FOUND, f"there is no organization {organization_id!r}")
    firm, time_zone, email, firm_currency, client, client_currency, started_at = row
    if client_id is not None and client is None:
        raise JobError(ErrorCode.NOT_FOUND, f"the organization has no client {client_id!r}")
    started: datetime = started_at or datetime.now(UTC)
    return Books(
        connection,
        organization_id,
        client_id,
        firm,
        email,
        client,
        client_currency or firm_currency,
        time_zone,
        started.astimezone(ZoneInfo(time_zone)).date(),
    )
