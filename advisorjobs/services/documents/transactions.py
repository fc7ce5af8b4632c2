"""The movements of a bank statement: day, text, amount with its sign, balance after it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from advisorjobs.services.documents.amounts import Amount
from advisorjobs.services.documents.dates import DateFound, day_and_month
from advisorjobs.services.documents.evidence import Evidence
from advisorjobs.services.documents.items import Item
from advisorjobs.services.documents.rows import Row

__all__ = ["find_transactions"]

_COLUMNS = ("column_out", "column_in", "column_balance", "column_amount")


def find_transactions(evidence: Evidence, *, year: int | None) -> tuple[Item, ...]:
    """Rows that begin with a day and hold an amount, under the nearest table head above them. A day without a year
    ("12.04.") belongs to *year*."""
    heads: dict[str, float] = {}
    items: list[Item] = []
    balance: Decimal | None = None
    for row in evidence.rows:
        if row.table_head or _is_head(row):
            heads = _columns(row)
            continue
        day = _day(evidence, row, year)
        amounts = [amount for amount in row.amounts if amount.cents]
        if day is None or not amounts:
            continue
        moved, after = _sorted_out(amounts, heads, balance)
        balance = after if after is not None else balance
        if moved is None and after is None:
            continue
        items.append(Item(_text(row, amounts), None, None, _plain(moved), day.isoformat(), _plain(after)))
    return tuple(items)


def _is_head(row: Row) -> bool:
    return len({field for field in row.fields if field.startswith("column_")}) >= 2 and not row.amounts


def _columns(row: Row) -> dict[str, float]:
    """Column field → x of its right edge."""
    columns: dict[str, float] = {}
    for label in row.labels:
        for meaning in label.meanings:
            if meaning.field in _COLUMNS:
                columns.setdefault(meaning.field, label.span.box.right)
                break
    return columns


def _sorted_out(
    amounts: Sequence[Amount], heads: dict[str, float], before: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """Amount moved and balance after it, by the columns they stand in; without columns the last of two is the
    balance."""
    moved: Decimal | None = None
    after: Decimal | None = None
    for amount in amounts:
        column = min(heads, key=lambda head: abs(heads[head] - amount.span.box.right)) if heads else ""
        if column == "column_balance" or (not heads and len(amounts) > 1 and amount is amounts[-1]):
            after = amount.value
        elif moved is None:
            moved = -abs(amount.value) if column == "column_out" else amount.value
    if moved is not None and after is not None and before is not None and before - abs(moved) == after:
        moved = -abs(moved)
    return moved, after


def _day(evidence: Evidence, row: Row, year: int | None) -> date | None:
    first = row.segments[0]
    found: DateFound | None = next(
        (d for d in evidence.dates if d.span.segment.index == first.index and d.span.start < 4), None
    )
    if found:
        return found.value
    return day_and_month(first.text, year) if year else None


def _text(row: Row, amounts: Sequence[Amount]) -> str:
    """What stands between the day and the amounts."""
    left = min(amount.span.box.left for amount in amounts)
    texts = [segment.text for segment in row.segments if segment.box.left < left]
    return max(texts, key=lambda text: sum(char.isalpha() for char in text), default="")


def _plain(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
