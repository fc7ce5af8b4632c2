"""Sums of transactions as income, expenses and other movements: by category, by month or quarter, in one currency at a time.

Income and expenses are both shown above zero; a refund lowers what it gives back. A transaction without a category that the
table of services/books knows is uncategorised, and counts by its sign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, TypeVar

from advisorjobs.services.books.categories import categories
from advisorjobs.services.reports.books import Sum

__all__ = ["Amounts", "Entry", "deductible", "entries", "in_order", "months", "percent", "quarter_start", "totalled"]

CENT = Decimal("0.01")
K = TypeVar("K")
EntryKind = Literal["income", "expense", "transfer"]


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many, and what they come to: `gross` with `tax` in it."""

    count: int = 0
    gross: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        return self.gross - self.tax

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(self.count + other.count, self.gross + other.gross, self.tax + other.tax)


@dataclass(frozen=True, slots=True)
class Entry:
    """One sum, told apart by kind. `category` None: uncategorised. `moved`: as the bank sees it, with its sign."""

    kind: EntryKind
    category: str | None
    month: date
    currency: str
    amounts: Amounts
    moved: Decimal

    @property
    def came_in(self) -> bool:
        return self.moved >= 0


def entries(sums: Iterable[Sum]) -> list[Entry]:
    """*sums* by kind; an expense's amounts are turned, so that money spent is above zero."""
    return [_entry(each) for each in sums]


def _entry(each: Sum) -> Entry:
    category = categories().get(each.category or "")
    kind: EntryKind = category.kind if category else "income" if each.came_in else "expense"
    sign = -1 if kind == "expense" else 1
    amounts = Amounts(each.count, sign * each.amount, sign * each.tax)
    return Entry(kind, category.key if category else None, each.month, each.currency, amounts, each.amount)


def totalled(given: Iterable[Entry], by: Callable[[Entry], K]) -> dict[K, Amounts]:
    """The amounts of *given* per key that *by* says, in the order in which keys come."""
    found: dict[K, Amounts] = {}
    for entry in given:
        key = by(entry)
        found[key] = found.get(key, Amounts()) + entry.amounts
    return found


def in_order(given: Iterable[str | None]) -> list[str | None]:
    """Categories in the table's order, the uncategorised last."""
    places = {key: place for place, key in enumerate(categories())}
    return sorted(given, key=lambda key: places.get(key or "", len(places)))


def deductible(net: Decimal, category: str | None) -> Decimal:
    """What of an expense lowers the taxed profit, to the cent; nothing of what has no category."""
    share = categories()[category].deductible if category else Decimal(0)
    return (net * share).quantize(CENT, ROUND_HALF_UP)


def percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """*part* as percent of *whole*, to a tenth; None of nothing."""
    return (part * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_UP) if whole else None


def months(start: date, end: date, present: Iterable[date], most: int = 36) -> list[date]:
    """The first days of the months from *start* to *end*; of more than *most* only those that are *present*."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    if last - first >= most:
        return sorted(set(present))
    return [date(number // 12, number % 12 + 1, 1) for number in range(first, last + 1)]


def quarter_start(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
