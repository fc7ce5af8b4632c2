"""Booking a bank statement: its lines become transactions of the client's account, each once.

Everything happens in the transaction of the job that extracts the document, on a blocking connection that works for the
document's organization.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from advisorjobs.database.statement import statement as sql
from advisorjobs.services.documents.extraction import Extraction
from advisorjobs.services.documents.movements import Known, Movement, dated, new_movements
from advisorjobs.services.documents.names import core
from advisorjobs.services.documents.statements import Statement, same_number
from advisorjobs.services.records import Record, storable

__all__ = ["Account", "Booked", "book", "choose_account"]

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the client, as far as choosing one needs it."""

    id: str
    name: str
    number: str | None
    kind: str
    currency: str
    source: str
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of a statement. `booked` and `known` count movements; `unread` counts lines without day or amount;
    `missing` is what the lines lack of the statement's own balances, None where it says none."""

    account_id: str | None
    opened: bool
    booked: int
    known: int
    unread: int
    missing: Decimal | None

    def to_json(self) -> dict[str, Any]:
        return {
            "account_id": self.account_id,
            "account_opened": self.opened,
            "booked": self.booked,
            "booked_before": self.known,
            "unread_lines": self.unread,
            "adds_up": None if self.missing is None else self.missing == 0,
            "missing": None if self.missing is None else str(self.missing),
        }


def book(connection: Any, document: Record, found: Extraction) -> Booked | None:
    """Books the lines of a bank statement that aren't booked yet. None for another kind of document.

    Without a client nothing is booked: `account_id` is None then.
    """
    statement = found.statement
    if statement is None:
        return None
    listed = dated(statement.lines)
    unread = len(statement.lines) - len(listed)
    if document.client_id is None or not listed:
        return Booked(None, False, 0, 0, unread, statement.missing)
    account, opened = _account(connection, document, found, statement)
    new = new_movements(listed, _known(connection, document, account, listed))
    booked = _write(connection, document, account, _currency(found, account), new)
    _settle(connection, document, account, statement, listed, new)
    return Booked(account.id, opened, booked, len(listed) - booked, unread, statement.missing)


def choose_account(accounts: Sequence[Account], number: str | None) -> Account | None:
    """The one with the statement's number; where its digits leave several, the one with exactly this number."""
    if number is None:
        return None
    same = [account for account in accounts if account.number and same_number(account.number, number)]
    exact = [account for account in same if account.number == number]
    return exact[0] if exact else same[0] if len(same) == 1 else None


def _account(connection: Any, document: Record, found: Extraction, statement: Statement) -> tuple[Account, bool]:
    """The account that the statement is about, opened where the client has none, and whether it was opened now."""
    place = {"organization": document.organization_id, "client": document.client_id}
    accounts = [Account(*row) for row in connection.execute(sql("client_accounts"), place)]
    known = choose_account(accounts, statement.number)
    bank = storable(found.issuer.value) if found.issuer else None
    external_id = f"{document.client_id}:{statement.number or core(bank or '') or 'bank'}"[:500]
    known = known or next(
        (each for each in accounts if (each.source, each.external_id) == ("document", external_id)), None
    )
    if known is not None:
        return known, False
    name = " ".join(filter(None, (bank or "Bank account", statement.number and f"…{statement.number[-4:]}")))
    currency = found.currency.value if found.currency and _CURRENCY.fullmatch(found.currency.value) else None
    values = {**place, "name": name, "number": statement.number, "currency": currency, "external_id": external_id}
    account_id, currency = connection.execute(sql("open_account"), values).fetchone()
    return Account(account_id, name, statement.number, "bank", currency, "document", external_id), True


def _known(connection: Any, document: Record, account: Account, listed: Sequence[Movement]) -> list[Known]:
    days = [movement.booked_on for movement in listed]
    values = {**_place(document, account), "first": min(days), "last": max(days)}
    return [
        Known(booked_on, amount, text, Decimal(balance) if balance else None, source == "document")
        for booked_on, amount, text, source, balance in connection.execute(sql("account_movements"), values)
    ]


def _write(connection: Any, document: Record, account: Account, currency: str, new: Sequence[Movement]) -> int:
    movements = [
        {
            "line": movement.line,
            "booked_on": movement.booked_on.isoformat(),
            "amount": str(movement.amount),
            "description": storable(movement.text),
        }
        for movement in new
    ]
    place = _place(document, account)
    values = {**place, "document": document.id, "currency": currency, "movements": json.dumps(movements)}
    return len(connection.execute(sql("book_movements"), values).fetchall()) if movements else 0


def _settle(
    connection: Any,
    document: Record,
    account: Account,
    statement: Statement,
    listed: Sequence[Movement],
    new: Sequence[Movement],
) -> None:
    booked = sum((movement.amount for movement in new), Decimal(0))
    last = max(movement.booked_on for movement in listed)
    values = {**_place(document, account), "closing": statement.closing, "booked": booked, "last": last}
    connection.execute(sql("settle_account"), values)


def _currency(found: Extraction, account: Account) -> str:
    said = found.currency.value if found.currency else ""
    return said if _CURRENCY.fullmatch(said) else account.currency


def _place(document: Record, account: Account) -> dict[str, Any]:
    return {"organization": document.organization_id, "client": document.client_id, "account": account.id}
