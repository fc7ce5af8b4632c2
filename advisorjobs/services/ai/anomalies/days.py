"""Bookings on weekends and holidays, where a business hardly ever has any."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from advisorjobs.services.ai.anomalies.looked_at import LookedAt, finding, threshold
from advisorjobs.services.ai.books import Finding

__all__ = ["easter", "is_holiday", "odd_days"]

RARE = threshold(low=0.005, normal=0.02, high=0.05)
"""Up to this share of its bookings on such days, each of them is odd."""
FEWEST = 60


def odd_days(looked_at: LookedAt) -> Iterator[Finding]:
    """One finding for each booking on such a day, if they are rare."""
    if len(looked_at.transactions) < FEWEST:
        return
    odd = [each for each in looked_at.transactions if each.booked_on.weekday() >= 5 or is_holiday(each.booked_on)]
    share = len(odd) / len(looked_at.transactions)
    if share > RARE[looked_at.sensitivity]:
        return
    for each in odd:
        if looked_at.holds(each):
            yield finding(
                looked_at,
                "odd_day" if each.booked_on.weekday() >= 5 else "holiday",
                [each],
                severity="low",
                score=3.0,
                amount=abs(each.amount),
                party=each.counterparty or each.description[:40] or "–",
                day=each.booked_on,
                count=len(odd),
                of=len(looked_at.transactions),
            )


def is_holiday(day: date) -> bool:
    """On which banks of the euro area don't book (the days on which the ECB's T2 is closed), beside weekends."""
    fixed = {(1, 1), (5, 1), (12, 25), (12, 26)}
    return (day.month, day.day) in fixed or day - easter(day.year) in (timedelta(days=-2), timedelta(days=1))


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm of 1876 (Butcher, Meeus)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    q = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + q - 7 * ((a + 11 * h + 22 * q) // 451) + 114, 31)
    return date(year, month, day + 1)
