"""The same money twice: the same amount and counterparty within days, or an invoice's number in two payments."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from string import ascii_uppercase

from advisorjobs.services.ai.anomalies.looked_at import LookedAt, finding, threshold
from advisorjobs.services.ai.books import Finding, Transaction
from advisorjobs.services.ai.classification.memory import party_key

__all__ = ["duplicates"]

WITHIN = threshold(low=2, normal=5, high=10)
"""Days."""
INVOICE_WITHIN = 120
FEWEST_REGULAR = 4
NUMBER = re.compile(r"\b(?:([A-Za-z]{1,5})([-/ ]?)(\d{2,}(?:[-/]\d+)*)|(\d{5,}(?:[-/]\d+)*))\b")
LONGEST_SIGN, FEWEST_DIGITS, FEWEST_BARE = 3, 4, 5
"""Up to so many capitals before a blank belong to the number ("TS 20417"); longer ones are a word of the text."""

INTERVALS = ((7, 2), (14, 3), (30, 6), (91, 8))
"""Days from instalment to instalment, and by how many they move with months, weekends and holidays."""
TOO_SOON = 0.7
"""Of the interval: what comes earlier after an instalment is not the next one."""


def duplicates(looked_at: LookedAt) -> Iterator[Finding]:
    """One finding for each pair, of which the later one is in the period."""
    groups = defaultdict[object, list[Transaction]](list)
    for each in looked_at.transactions:
        groups[party_key(each), each.amount, each.currency].append(each)
    for group in groups.values():
        if not party_key(group[0]):
            continue
        rest = group
        for number in sorted({each for one in group for each in _numbers(one)}):
            payments = [each for each in rest if number in _numbers(each)]
            extra = _extra_instalments(payments)
            if extra is not None:  # the number is a contract's: it says nothing of two payments that have it
                yield from _doubled(looked_at, extra)
                rest = [each for each in rest if number not in _numbers(each)]
        if not _is_regular(rest, WITHIN[looked_at.sensitivity]):
            yield from _pairs(looked_at, rest)


def _doubled(looked_at: LookedAt, extra: Sequence[tuple[Transaction, Transaction]]) -> Iterator[Finding]:
    for first, second in extra:
        gap = (second.booked_on - first.booked_on).days
        if looked_at.holds(second):
            severity = "medium" if second.amount < 0 else "low"
            yield _pair(looked_at, "duplicate", first, second, gap, severity=severity, score=8.0 - min(gap, 5))


def _extra_instalments(payments: Sequence[Transaction]) -> list[tuple[Transaction, Transaction]] | None:
    """What was paid besides the instalments of a contract, each with the instalment before; None where there is no
    contract: *payments* don't come three times or more at regular intervals."""
    days = {each.booked_on for each in payments}
    for interval, shift in INTERVALS:
        if not _recur(days, interval, shift):
            continue
        instalment, extra = payments[0], list[tuple[Transaction, Transaction]]()
        for each in payments[1:]:
            if (each.booked_on - instalment.booked_on).days < TOO_SOON * interval:
                extra.append((instalment, each))
            else:
                instalment = each
        if 3 * len(extra) <= len(payments):
            return extra
    return None


def _recur(days: set[date], interval: int, shift: int) -> bool:
    """Whether most of *days* are an interval from another one, and at least one is so from one before and one after."""
    around = [timedelta(days=gap) for gap in range(interval - shift, interval + shift + 1)]
    before = {day for day in days if any(day - gap in days for gap in around)}
    after = {day for day in days if any(day + gap in days for gap in around)}
    return bool(before & after) and 2 * len(before | after) > len(days)


def _pairs(looked_at: LookedAt, group: Sequence[Transaction]) -> Iterator[Finding]:
    for first, second in pairwise(group):
        gap = (second.booked_on - first.booked_on).days
        if not looked_at.holds(second):
            continue
        shared = _shared(first, second)
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
    found = {_number(*match.groups("")) for match in NUMBER.finditer(transaction.description)}
    return {each for each in found if each}


def _number(letters: str, between: str, digits: str, bare: str) -> str:
    """Letters and digits without what is between them; without a word of the text; empty where too few are left."""
    is_word = between == " " and (len(letters) > LONGEST_SIGN or not letters.isupper())
    sign = "" if is_word else letters.upper()
    number = re.sub(r"[-/]", "", digits or bare)
    return sign + number if len(number) >= (FEWEST_DIGITS if sign else FEWEST_BARE) else ""


def _shared(first: Transaction, second: Transaction) -> set[str]:
    """The numbers that are in both texts, though one may leave the letters out."""
    return {
        max(one, other, key=len)
        for one in _numbers(first)
        for other in _numbers(second)
        if one == other
        or (one.lstrip(ascii_uppercase) == other.lstrip(ascii_uppercase) and (one.isdigit() or other.isdigit()))
    }


def _differ(first: Transaction, second: Transaction) -> bool:
    """Whether the texts name two invoices."""
    return bool(_numbers(first) and _numbers(second)) and not _shared(first, second)
