"""What is planted into a client's books for a detector to find, in the last months of the year."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from statistics import median_low

from advisorjobs.practice.chance import Chance, cents, included_tax, working_day
from advisorjobs.practice.movements import Movement

__all__ = ["oddities"]

INPUT_TAX = Decimal("0.19")


def oddities(books: Sequence[Movement], chance: Chance, last: date) -> Iterator[Movement]:
    """A bill paid twice, a purchase in three parts just under 1 000, money on a Sunday, a bill of ten times the usual."""
    recent = [each for each in books if each.amount < 0 and each.tax and 20 <= (last - each.day).days <= 70]
    bills = sorted((each for each in recent if each.text[-5:].isdigit()), key=lambda each: (each.day, each.text))
    twice = chance.choice(bills)
    yield replace(twice, day=working_day(twice.day + timedelta(days=2)), odd="duplicate")
    yield from _split(chance, last - timedelta(days=33))
    yield _weekend(last - timedelta(days=26))
    usual = chance.choice([each for each in bills if each.party != twice.party] or bills)
    amount = 10 * median_low(each.amount for each in books if each.party == usual.party)
    number = chance.whole(10_000, 99_999)
    yield replace(
        usual,
        day=working_day(last - timedelta(days=15)),
        amount=amount,
        tax=cents(usual.tax * amount / usual.amount),
        text=f"{usual.text[:-5]}{number}",
        odd="outlier",
    )


def _split(chance: Chance, day: date) -> Iterator[Movement]:
    day = working_day(day)
    for part in (1, 2, 3):
        amount = -chance.money(Decimal("960.00"), Decimal("999.00"))
        yield Movement(
            day=day,
            amount=amount,
            tax=included_tax(amount, INPUT_TAX),
            party="Counter & Shelf Fittings",
            text=f"Shop fittings part {part}",
            category="equipment",
            odd="split",
        )


def _weekend(day: date) -> Movement:
    sunday = day + timedelta(days=6 - day.weekday())
    return Movement(
        day=sunday,
        amount=Decimal("-2500.00"),
        tax=Decimal("0.00"),
        party="M. Unbekannt",
        text="Transfer as agreed",
        category="other_expenses",
        odd="weekend",
    )
