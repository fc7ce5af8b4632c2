"""A client's year at the bank: what comes in over the counter, what goes out every month and in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from advisorjobs.practice.chance import Chance, cents, included_tax, months, working_day
from advisorjobs.practice.trades import Trade

__all__ = ["Movement", "movements", "tax_payments"]

TAX_OFFICE = "Tax Office Nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A line of the bank statement before it has an id. `odd`: the oddity that it is part of."""

    day: date
    amount: Decimal
    tax: Decimal
    party: str
    text: str
    category: str
    odd: str | None = None


def movements(trade: Trade, chance: Chance, first: date, last: date) -> Iterator[Movement]:
    """All but invoices' payments, taxes and oddities, from *first* to *last*, in no order."""
    for month in months(first, last):
        found = (*_regular(trade, month), *_irregular(trade, chance, month))
        yield from (each for each in found if each.day <= last)
    yield from (each for each in _takings(trade, chance, first, last) if each.day <= last)


def _regular(trade: Trade, month: date) -> Iterator[Movement]:
    for each in trade.regular:
        if month.month in each.months:
            factor = Decimal(str(each.season[month.month - 1]))
            yield _out(_day(month, each.day), each.amount * factor, each.rate, each.party, each.text, each.category)


def _irregular(trade: Trade, chance: Chance, month: date) -> Iterator[Movement]:
    for each in trade.irregular:
        for _ in range(chance.times(each.times)):
            day, amount = _day(month, chance.whole(1, 28)), chance.money(each.low, each.high)
            number = chance.whole(10_000, 99_999)
            yield _out(day, amount, each.rate, each.party, f"{each.text} RE-{number}", each.category)


def _takings(trade: Trade, chance: Chance, first: date, last: date) -> Iterator[Movement]:
    takings = trade.takings
    if takings is None:
        return
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        factor = takings.weekdays[day.weekday()] * takings.season[day.month - 1]
        if factor:
            amount = cents(takings.base * Decimal(str(round(factor, 4))) * chance.around(0.22))
            tax, text = included_tax(amount, takings.rate), f"{takings.text} {day.isoformat()}"
            booked = working_day(day + timedelta(days=1))
            yield Movement(
                day=booked, amount=amount, tax=tax, party=takings.party, text=text, category=takings.category
            )


def tax_payments(books: Iterable[Movement], first: date, last: date) -> Iterator[Movement]:
    """The VAT of each month of *books*, paid (or given back) on the 10th of the second month after it."""
    owed: dict[date, Decimal] = {}
    for each in books:
        month = each.day.replace(day=1)
        owed[month] = owed.get(month, Decimal(0)) + each.tax
    for month in months(first, last):
        due = _day((month + timedelta(days=62)).replace(day=1), 10)
        if due <= last and owed.get(month):
            text = f"VAT {month.strftime('%Y-%m')}"
            yield Movement(
                day=due,
                amount=-owed[month],
                tax=Decimal("0.00"),
                party=TAX_OFFICE,
                text=text,
                category="vat_settlement",
            )


def _out(day: date, amount: Decimal, rate: Decimal, party: str, text: str, category: str) -> Movement:
    paid = -cents(amount)
    return Movement(day=day, amount=paid, tax=included_tax(paid, rate), party=party, text=text, category=category)


def _day(month: date, day: int) -> date:
    """That day of the month, its last one where it has fewer, or the working day after it."""
    last = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return working_day(min(month.replace(day=min(day, 28)) + timedelta(days=max(0, day - 28)), last))
