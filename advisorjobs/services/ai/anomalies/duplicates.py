"""The same money twice: the same amount and counterparty within days, or an invoice's number in two payments."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from advisorjobs.services.ai.anomalies.looked_at import LookedAt, finding, threshold
from advisorjobs.services.ai.books import Finding, Transaction
from advisorjobs.services.ai.classification.memory import party_key

__all__ = ["duplicates"]

WITHIN = threshold(low=2, normal=5, high=10)
"""Days."""
INVOICE_WITHIN = 120
FEWEST_REGULAR = 4
NUMBER = re.compile(r"\b[A-Z]{1,5}[-/ ]?\d{2,}(?:[-/]\d+)*\b|\b\d{5,}(?:[-/]\d+)*\b")


def duplicates(looked_at: LookedAt) -> Iterator[Finding]:
    """One finding for each pair, of which the later one is in the period."""
    groups = defaultdict[object, list[Transaction]](list)
    for each in looked_at.transactions:
        groups[party_key(each), each.amount, each.currency].append(each)
    for group in groups.values():
        if party_key(group[0]) and not _is_regular(group, WITHIN[looked_at.sensitivity]):
            yield from _pairs(looked_at, group)


def _pairs(looked_at: LookedAt, group: Sequence[Transaction]) -> Iterator[Finding]:
    for first, second in pairwise(group):
        gap = (second.booked_on - first.booked_on).days
        if not looked_at.holds(second):
            continue
        shared = _numbers(first) & _numbers(second)
        if shared and gap <= INVOICE_WITHIN and second.amount < 0:
            yield _pair(
                looked_at, "paid_twice", first, second, gap, severity="high", score=10.0, number=max(shared, key=len)
            )
        elif gap <= WITHIN[looked_at.sensitivity] and not _differ(first, second):
            severity = "medium" if second.amount < 0 else "low"
            yield _pair(looked_at, "duplicate", first, second, gap, severity=severity, score=8.0 - min(gap, 5))


def _pair(
    looked_at: LookedAt,
    check: str,
    first: Transaction,
    second: Transaction,
    gap: int,
    *,
    severity: str,
    score: float,
    **more: str,
) -> Finding:
    return finding(
        looked_at,
        check,
        [first, second],
        severity=severity,
        score=score,
        amount=abs(second.amount),
        party=second.counterparty or second.description[:40],
        first=first.booked_on,
        second=second.booked_on,
        gap=gap,
        **more,
    )


def _is_regular(group: Sequence[Transaction], within: float) -> bool:
    """Whether the same amount comes so often that two of them close together say nothing: a daily fee, a weekly fare."""
    gaps = [(later.booked_on - earlier.booked_on).days for earlier, later in pairwise(group)]
    return len(group) >= FEWEST_REGULAR and median(gaps) <= within + 2


def _numbers(transaction: Transaction) -> set[str]:
    """What may be an invoice's number in its text: digits with letters before them, or many digits."""
    found = {re.sub(r"[-/ ]", "", match[0]) for match in NUMBER.finditer(transaction.description.upper())}
    return {each for each in found if sum(sign.isdigit() for sign in each) >= 4}


def _differ(first: Transaction, second: Transaction) -> bool:
    """Whether the texts name two invoices."""
    return bool(_numbers(first) and _numbers(second)) and not _numbers(first) & _numbers(second)
