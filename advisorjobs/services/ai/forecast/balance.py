"""The balance of the days to come: what usually happens, what recurs and what is due, drawn many times over."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from advisorjobs.services.ai.books import Invoice, Transaction
from advisorjobs.services.ai.forecast.due import due
from advisorjobs.services.ai.forecast.recurring import Recurring, recurring
from advisorjobs.services.ai.forecast.usual import usual_paths
from advisorjobs.services.ai.libraries import needed

__all__ = ["HISTORY", "Forecast", "Point", "forecast"]

HISTORY = timedelta(days=730)
"""How far back is looked: two years, so that each season was seen twice."""

DRAWS = 2_000
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Point:
    """The balance at the end of `day`: as likely above `expected` as below, between `low` and `high` with the confidence."""

    day: date
    expected: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """`points`: one a day. `below`: the probability that the balance falls under the mark on any of the days, and
    `below_on` the first day on which it is likelier under it than not. `history_days`: what was learned from."""

    opening: Decimal
    points: tuple[Point, ...]
    method: str
    history_days: int
    recurring: tuple[Recurring, ...]
    counted: tuple[Invoice, ...]
    doubtful: tuple[Invoice, ...]
    below: float | None
    below_on: date | None

    @property
    def lowest(self) -> Point:
        return min(self.points, key=lambda point: (point.expected, point.day))


def forecast(
    transactions: Sequence[Transaction],
    invoices: Sequence[Invoice],
    *,
    today: date,
    days: int,
    confidence: float,
    opening: Decimal,
    warn_below: Decimal | None = None,
    seed: str = "",
) -> Forecast:
    """The balance of the *days* after *today*, of one currency's money. The same books and *seed* give the same figures."""
    numpy = needed("numpy")
    random = numpy.random.default_rng(zlib.crc32(seed.encode()))
    again = recurring(transactions, today)
    apart = frozenset[str]().union(*(each.transaction_ids for each in again))
    rest = [each for each in transactions if each.id not in apart and each.booked_on <= today]
    first = min((each.booked_on for each in transactions), default=today)
    history = (today - first).days + 1
    flows = _daily(rest, first, history)
    usual = usual_paths(flows, first, days, bookings=len(rest), draws=DRAWS, random=random)
    means = {"sale": _mean(rest, history, income=True), "purchase": _mean(rest, history, income=False)}
    known = due(invoices, today, days, history=history, usual=means, draws=DRAWS, random=random)
    moved = usual.paths + known.paths + _recurring_paths(again, today, days, random)
    balances = float(opening) + numpy.cumsum(moved, axis=1)
    under = None if warn_below is None else balances < float(warn_below)
    return Forecast(
        opening=opening,
        points=_points(balances, today, confidence),
        method=usual.method,
        history_days=history if transactions else 0,
        recurring=tuple(again),
        counted=known.counted,
        doubtful=known.doubtful,
        below=None if under is None else round(float(under.any(axis=1).mean()), 3),
        below_on=None if under is None else _first_likely(under, today),
    )


def _daily(transactions: Sequence[Transaction], first: date, days: int) -> Any:
    flows = needed("numpy").zeros(days)
    for each in transactions:
        flows[(each.booked_on - first).days] += float(each.amount)
    return flows


def _mean(transactions: Sequence[Transaction], days: int, *, income: bool) -> float:
    """What came in, or went out, a day; > 0."""
    return sum(abs(float(each.amount)) for each in transactions if (each.amount > 0) == income) / days


def _recurring_paths(again: Sequence[Recurring], today: date, days: int, random: Any) -> Any:
    paths = needed("numpy").zeros((DRAWS, days))
    for each in again:
        for day in each.due(today, today + timedelta(days=days)):
            paths[:, (day - today).days - 1] += random.normal(float(each.amount), each.spread, DRAWS)
    return paths


def _points(balances: Any, today: date, confidence: float) -> tuple[Point, ...]:
    quantiles = [0.5, (1 - confidence) / 2, (1 + confidence) / 2]
    rows = needed("numpy").quantile(balances, quantiles, axis=0).T
    days = (today + timedelta(days=number) for number in range(1, len(rows) + 1))
    return tuple(Point(day, *map(_money, row)) for day, row in zip(days, rows, strict=True))


def _first_likely(under: Any, today: date) -> date | None:
    likely = [number for number, share in enumerate(under.mean(axis=0), 1) if share > 0.5]
    return today + timedelta(days=likely[0]) if likely else None


def _money(value: Any) -> Decimal:
    return Decimal(float(value)).quantize(_CENT)
