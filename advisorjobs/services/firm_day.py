"""What happened at a firm on one day, in numbers: whether a report of it is worth a mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.services.firms import OwnFirm

__all__ = ["happenings"]


def happenings(connection: Any, firm: OwnFirm, day: date) -> Mapping[str, int]:
    """How many transactions, invoices, payments, documents and finished tasks *day*, the firm's own, has brought."""
    begin, end = firm.bounds(day)
    cursor = connection.execute(statement("firm_day"), {"day": day, "begin": begin, "end": end})
    names = [column.name for column in cursor.description]
    return dict(zip(names, cursor.fetchone(), strict=True))
