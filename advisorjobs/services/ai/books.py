"""A client's books as the AI jobs see them, read from and written to the practice's tables.

Every function takes a blocking connection whose transaction works for the organization, as JobRun.connection() gives it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, LiteralString, TypeVar

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.records import storable

__all__ = ["Books", "Client", "Finding", "Invoice", "Labelled", "Transaction"]

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Whose money it is. `members`: the names of the firm's people; `today`: the day it is where the firm is."""

    id: str
    name: str
    email: str | None
    currency: str
    organization_name: str
    language: str
    today: date
    members: tuple[str, ...]

    @property
    def known_names(self) -> tuple[str, ...]:
        """What no prompt may hold."""
        return tuple(name for name in (self.name, self.organization_name, *self.members) if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Money that came in (amount > 0) or went out."""

    id: str
    booked_on: date
    amount: Decimal
    currency: str = "EUR"
    description: str = ""
    counterparty: str = ""
    tax: Decimal = Decimal(0)
    category: str | None = None
    category_source: str | None = None
    account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What a client has billed (sale) or owes (purchase); `paid_on`: when the last payment came."""

    id: str
    kind: str
    number: str
    party_name: str
    issued_on: date
    due_on: date
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    paid: Decimal
    status: str
    paid_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """The category that was found for a transaction, by `source` (rule or model), with a reason in words."""

    id: str
    category: str
    source: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found out. `key` makes two findings the same one; `figures`: what code has calculated, money as text."""

    key: str
    title: str
    reason: str
    severity: str = "medium"
    score: float | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    transaction_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Books:
    """The books of one client of one organization, through *connection*."""

    connection: Any
    organization_id: str
    client_id: str

    def client(self) -> Client:
        """JobError `not_found` where the organization has no such client, whoever else may have one."""
        for client in self._rows(Client, "find_analysed_client"):
            return client
        raise JobError(ErrorCode.NOT_FOUND, f"the organization has no client {self.client_id!r}")

    def transactions(self, start: date, end: date) -> list[Transaction]:
        """Those booked from *start* to *end*, both included, in order."""
        return list(self._rows(Transaction, "list_analysed_transactions", start=start, end=end))

    def first_day(self) -> date | None:
        """The day of the client's first transaction; None where there is none."""
        day: date | None = self._execute("first_booking").fetchone()[0]
        return day

    def to_classify(self, ids: Sequence[str] | None, *, reclassify: bool, most: int) -> list[Transaction]:
        """Those without a category, or *ids* alone; with *reclassify* those too whose category no person has set.

        JobError `not_found` names the first of *ids* that the client has no transaction of.
        """
        wanted = None if ids is None else list(ids)
        if wanted is not None:
            missing = self._execute("list_missing_transactions", ids=wanted).fetchone()
            if missing is not None:
                raise JobError(ErrorCode.NOT_FOUND, f"the client has no transaction {missing[0]!r}")
        values = {"ids": wanted, "reclassify": reclassify, "most": most}
        return list(self._rows(Transaction, "list_transactions_to_classify", **values))

    def own_labels(self, most: int) -> list[Transaction]:
        """The latest transactions of all the firm's clients that a person gave a category."""
        return list(self._rows(Transaction, "list_own_labels", most=most))

    def invoices(self, since: date) -> list[Invoice]:
        """Those that are open, and those issued since."""
        return list(self._rows(Invoice, "list_analysed_invoices", since=since))

    def balance(self, currency: str, day: date) -> Decimal | None:
        """What the client's accounts in *currency* hold at the end of *day*; None where there is no account."""
        opening, moved = self._execute("find_book_balance", currency=currency, day=day).fetchone()
        return None if opening is None else Decimal(opening + moved)

    def record_categories(self, labelled: Iterable[Labelled]) -> int:
        """Writes what was found, except where a person has decided meanwhile; how many."""
        fields = ("id", "category", "source", "confidence", "reason")
        rows = [{name: getattr(each, name) for name in fields} for each in labelled]
        return len(self._execute("record_categories", rows=json.dumps(storable(rows))).fetchall())

    def record_findings(self, kind: str, findings: Iterable[Finding], *, engine: str, job_id: int) -> int:
        """Writes findings, each once by its key; those that a person has dismissed stay as they are. How many are new."""
        fields = ("key", "title", "reason", "severity", "score", "figures", "transaction_ids")
        rows = [{name: getattr(each, name) for name in fields} for each in findings]
        values = {"kind": kind, "engine": engine, "job": job_id, "rows": json.dumps(storable(rows))}
        return sum(is_new for _, is_new in self._execute("record_findings", **values).fetchall())

    def _rows(self, kind: type[Row], name: LiteralString, **values: Any) -> Iterable[Row]:
        cursor = self._execute(name, **values)
        names = [column.name for column in cursor.description]
        for row in cursor:
            yield kind(
                **{
                    key: tuple(value) if isinstance(value, list) else value
                    for key, value in zip(names, row, strict=True)
                }
            )

    def _execute(self, name: LiteralString, **values: Any) -> Any:
        place = {"organization": self.organization_id, "client": self.client_id}
        return self.connection.execute(statement(name), {**place, **values})
