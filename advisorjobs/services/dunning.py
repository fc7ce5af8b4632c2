"""Reminding of invoices: one level further each time, a fortnight apart, and never after the fourth.

Level 1 comes when an invoice is overdue by the days of grace, levels 2, 3 and 4 fourteen, twenty-eight and forty-two days
later. Whoever was first reminded late hears of the next level fourteen days after that, not on the next morning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.services.people import as_line, web_address

__all__ = ["DAYS_BETWEEN", "LAST_LEVEL", "Reminder", "due_reminders", "raise_levels"]

DAYS_BETWEEN = 14
LAST_LEVEL = 4
PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """An invoice whose next reminder is due. `level` 1 to 4; `address` None where nobody can be written to."""

    id: str
    client_id: str
    number: str
    level: int
    address: str | None
    party_name: str
    client_name: str
    reply_to: str | None
    amount_due: Decimal
    currency: str
    due_on: date
    payment_url: str | None

    @property
    def template_data(self) -> Mapping[str, Any]:
        """What the mail says."""
        said = {
            "recipient_name": as_line(self.party_name),
            "invoice_number": as_line(self.number) or self.id,
            "amount_due": self.amount_due,
            "currency": self.currency,
            "due_date": self.due_on,
            "level": self.level,
            "client_name": as_line(self.client_name),
            "payment_url": web_address(self.payment_url),
        }
        return {name: value for name, value in said.items() if value is not None}


def due_reminders(connection: Any, today: date, grace_days: int, after: str) -> list[Reminder]:
    """The next page of invoices, by id after *after*, that are due for a reminder on *today*; locked until the commit,
    so that a payment that comes meanwhile is either seen or comes after the mail was ordered."""
    values = {
        "today": today,
        "grace": grace_days,
        "between": DAYS_BETWEEN,
        "last": LAST_LEVEL,
        "after": after,
        "most": PAGE,
    }
    cursor = connection.execute(statement("due_reminders"), values)
    names = [column.name for column in cursor.description]
    return [Reminder(**dict(zip(names, row, strict=True))) for row in cursor]


def raise_levels(connection: Any, reminders: Sequence[Reminder], today: date) -> None:
    """Notes that these were reminded *today*; in the transaction that orders their mails."""
    connection.execute(statement("raise_levels"), {"ids": [each.id for each in reminders], "today": today})
