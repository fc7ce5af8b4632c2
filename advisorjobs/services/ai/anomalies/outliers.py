"""Amounts that are far from what is usual for their counterparty, or for their category where the counterparty is rare.

Robust, as outliers must not hide themselves: the distance of the amount's logarithm from the median, in units of 1.4826 times
the median distance (Iglewicz & Hoaglin, 1993: a value of 3.5 or more is an outlier).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median

from advisorjobs.services.ai.anomalies.looked_at import LookedAt, finding, threshold
from advisorjobs.services.ai.books import Finding, Transaction
from advisorjobs.services.ai.classification.memory import party_key

__all__ = ["outliers"]

DISTANCE = threshold(low=7.0, normal=5.0, high=3.5)
TIMES = threshold(low=3.0, normal=2.0, high=1.5)
FEWEST, FEWEST_OF_CATEGORY = 6, 20
SMALLEST_DISTANCE = 0.05
"""Equal amounts have no distance at all: then five per cent stand for the usual one."""


def outliers(looked_at: LookedAt) -> Iterator[Finding]:
    """One finding for each amount that is too large; too small ones only where one looks closely."""
    parties, kinds = defaultdict[object, list[Transaction]](list), defaultdict[object, list[Transaction]](list)
    for each in looked_at.transactions:
        if each.amount:
            parties[party_key(each), each.amount > 0].append(each)
            kinds[each.category, each.amount > 0].append(each)
    for each in looked_at.period:
        if not each.amount:
            continue
        others, of = parties[party_key(each), each.amount > 0], "party"
        if len(others) < FEWEST or not party_key(each):
            others, of = kinds[each.category, each.amount > 0], "category"
            if each.category is None or len(others) < FEWEST_OF_CATEGORY:
                continue
        yield from _judge(looked_at, each, others, of)


def _judge(looked_at: LookedAt, each: Transaction, others: Sequence[Transaction], of: str) -> Iterator[Finding]:
    sizes = [math.log(abs(float(other.amount))) for other in others]
    middle, size = median(sizes), math.log(abs(float(each.amount)))
    usual_distance = max(1.4826 * median(abs(other - middle) for other in sizes), SMALLEST_DISTANCE)
    distance, times = abs(size - middle) / usual_distance, math.exp(abs(size - middle))
    sensitivity = looked_at.sensitivity
    if distance < DISTANCE[sensitivity] or times < TIMES[sensitivity] or (size < middle and sensitivity != "high"):
        return
    wording = looked_at.wording
    usual = median(abs(other.amount) for other in others)
    yield finding(
        looked_at,
        f"outlier_{of}_{'large' if size > middle else 'small'}",
        [each],
        severity="high" if times >= 5 and size > middle else "medium" if size > middle else "low",
        score=distance,
        amount=abs(each.amount),
        usual=usual,
        times=wording.number(Decimal(times).quantize(Decimal("0.1"))),
        count=len(others) - 1,
        day=each.booked_on,
        party=each.counterparty or each.description[:40] or "–",
        category=_label(each.category, wording.spoken),
    )


def _label(category: str | None, language: str) -> str:
    from advisorjobs.services.books.categories import categories

    known = categories().get(category or "")
    return known.label(language) if known else category or "–"
