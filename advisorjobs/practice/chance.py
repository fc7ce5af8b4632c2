"""Chance that is the same for the same seed on every machine, and the days on which a bank books."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from advisorjobs.services.ai.anomalies.days import is_holiday

__all__ = ["Chance", "cents", "included_tax", "months", "working_day"]

T = TypeVar("T")
CENT = Decimal("0.01")
SATURDAY = 5


class Chance:
    """Draws from the sequence of *seed*. Only random() is used, whose values Python keeps from version to version."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def share(self) -> float:
        """From 0 up to 1."""
        return self._random.random()

    def whole(self, low: int, high: int) -> int:
        """A whole number from *low* to *high*, both included."""
        return low + int(self.share() * (high - low + 1))

    def choice(self, items: Sequence[T]) -> T:
        return items[self.whole(0, len(items) - 1)]

    def money(self, low: Decimal, high: Decimal) -> Decimal:
        """An amount to the cent between both."""
        return cents(Decimal(self.whole(int(low * 100), int(high * 100))) / 100)

    def around(self, spread: float) -> Decimal:
        """A factor near 1: the mean of three draws, at most *spread* away."""
        drawn = (self.share() + self.share() + self.share()) / 3
        return Decimal(str(round(1 + (2 * drawn - 1) * spread, 4)))

    def times(self, average: float) -> int:
        """How often in a month, if it is *average* in the long run."""
        return int(average + self.share())


def cents(amount: Decimal) -> Decimal:
    """Rounded to the cent, half away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def included_tax(gross: Decimal, rate: Decimal) -> Decimal:
    """The VAT of *rate* that *gross* includes, with its sign."""
    return cents(gross * rate / (1 + rate))


def months(first: date, last: date) -> Iterator[date]:
    """The first day of each month from *first*'s to *last*'s."""
    day = first.replace(day=1)
    while day <= last:
        yield day
        day = (day + timedelta(days=32)).replace(day=1)


def working_day(day: date) -> date:
    """*day*, or the next one on which banks book."""
    while day.weekday() >= SATURDAY or is_holiday(day):
        day += timedelta(days=1)
    return day
