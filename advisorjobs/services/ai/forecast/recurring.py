"""What comes again and again: rent, wages, subscriptions, a customer's retainer, with the days on which it is next due."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median, pstdev

from advisorjobs.services.ai.books import Transaction
from advisorjobs.services.ai.classification.memory import party_key

__all__ = ["Recurring", "recurring"]

FEWEST = 3
REGULAR = 0.7
"""Of the gaps so many must be those of the rhythm."""
STEADY = 0.25
"""How far amounts may be from their median, at the median of them."""
GIVEN_UP = 1.6
"""After so many gaps of silence it isn't expected any more."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`days` between two, give or take `tolerance`; `months`: the same in months, 0 for weeks."""

    name: str
    days: int
    tolerance: int
    months: int


RHYTHMS = (Rhythm("week", 7, 1, 0), Rhythm("month", 30, 4, 1), Rhythm("quarter", 91, 7, 3), Rhythm("year", 365, 12, 12))


@dataclass(frozen=True, slots=True)
class Recurring:
    """Payments of one counterparty in one rhythm. `amount`: the median; `spread`: standard deviation of the amounts."""

    party: str
    amount: Decimal
    spread: float
    rhythm: Rhythm
    days: tuple[date, ...]
    transaction_ids: frozenset[str]

    def due(self, after: date, until: date) -> Iterator[date]:
        """The days after *after* up to *until* on which it is due; what should have come by *after* comes the next day."""
        step, last = 0, self.days[-1]
        while (step := step + 1) < 1_000:
            day = self._step(step)
            if day > until:
                return
            if day > after:
                yield day
            elif (after - day).days <= 2 * self.rhythm.tolerance and self._step(step + 1) > after and day > last:
                yield after + timedelta(days=1)

    def _step(self, number: int) -> date:
        last = self.days[-1]
        if not self.rhythm.months:
            return last + timedelta(days=self.rhythm.days * number)
        of_month = round(median(day.day for day in self.days[-5:]))
        months = last.year * 12 + last.month - 1 + self.rhythm.months * number
        year, month = divmod(months, 12)
        return date(year, month + 1, min(of_month, calendar.monthrange(year, month + 1)[1]))


def recurring(transactions: Iterable[Transaction], today: date) -> list[Recurring]:
    """What recurs and hasn't stopped by *today*, the largest first."""
    groups: dict[tuple[str, bool], list[Transaction]] = defaultdict(list)
    for each in transactions:
        groups[party_key(each), each.amount > 0].append(each)
    found = []
    for (party, _), members in groups.items():
        if party:
            found += _of_group(members, today)
    return sorted(found, key=lambda each: -abs(each.amount))


def _of_group(members: Sequence[Transaction], today: date) -> list[Recurring]:
    """A counterparty's payments as one rhythm, or those of the same amount as one each."""
    whole = _rhythmic(members, today)
    if whole:
        return [whole]
    same: dict[Decimal, list[Transaction]] = defaultdict(list)
    for each in members:
        same[each.amount].append(each)
    return [found for part in same.values() if len(part) < len(members) and (found := _rhythmic(part, today))]


def _rhythmic(members: Sequence[Transaction], today: date) -> Recurring | None:
    if len(members) < FEWEST:
        return None
    days = [each.booked_on for each in members]
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    amounts = [float(each.amount) for each in members]
    middle = median(amounts)
    if median(abs(amount - middle) for amount in amounts) > STEADY * abs(middle):
        return None
    for rhythm in RHYTHMS:
        regular = [gap for gap in gaps if abs(gap - rhythm.days) <= rhythm.tolerance]
        silent = (today - days[-1]).days
        if len(regular) >= REGULAR * len(gaps) and silent <= GIVEN_UP * rhythm.days:
            return Recurring(
                members[-1].counterparty or members[-1].description[:40],
                Decimal(median(each.amount for each in members[-6:])).quantize(Decimal("0.01")),
                pstdev(amounts[-12:]),
                rhythm,
                tuple(days),
                frozenset(each.id for each in members),
            )
    return None
