"""A counterparty that was never paid before, and gets a lot at once; and large round sums, where they are rare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from advisorjobs.services.ai.anomalies.looked_at import LookedAt, finding, threshold
from advisorjobs.services.ai.books import Finding, Transaction
from advisorjobs.services.ai.classification.memory import party_key

__all__ = ["newcomers", "round_sums"]

LARGER_THAN = threshold(low=0.99, normal=0.95, high=0.9)
"""Of the payments so many are smaller."""
FEWEST = 50
KNOWN_FOR = timedelta(days=60)
ROUND = threshold(low=5_000, normal=1_000, high=500)
RARE = 0.03


def newcomers(looked_at: LookedAt) -> Iterator[Finding]:
    """One finding for each first payment that is larger than nearly all others; not before the books are two months old."""
    payments = [each for each in looked_at.transactions if each.amount < 0]
    if len(payments) < FEWEST:
        return
    sizes = sorted(-each.amount for each in payments)
    mark = sizes[min(len(sizes) - 1, int(LARGER_THAN[looked_at.sensitivity] * len(sizes)))]
    seen, beginning = set[str](), payments[0].booked_on
    for each in payments:
        party = party_key(each)
        if (
            party not in seen
            and looked_at.holds(each)
            and each.booked_on - beginning >= KNOWN_FOR
            and -each.amount >= mark
        ):
            smaller = sum(size < -each.amount for size in sizes) / len(sizes)
            yield finding(looked_at, "newcomer", [each], severity="medium", score=6.0, **_values(each, smaller))
        seen.add(party)


def round_sums(looked_at: LookedAt) -> Iterator[Finding]:
    """One finding for each large round payment that its counterparty didn't get before."""
    payments = [each for each in looked_at.transactions if each.amount < 0]
    step = int(ROUND[looked_at.sensitivity])
    found = [each for each in payments if each.amount % step == 0]
    if len(payments) < FEWEST or len(found) > max(1, RARE * len(payments)):
        return
    times = Counter((party_key(each), each.amount) for each in payments)
    for each in found:
        if looked_at.holds(each) and times[party_key(each), each.amount] == 1:
            values = _values(each, len(found) / len(payments))
            yield finding(looked_at, "round_sum", [each], severity="low", score=2.0, **values)


def _values(each: Transaction, share: float) -> dict[str, Any]:
    return {
        "amount": -each.amount,
        "party": each.counterparty or each.description[:40] or "–",
        "day": each.booked_on,
        "share": share,
    }
