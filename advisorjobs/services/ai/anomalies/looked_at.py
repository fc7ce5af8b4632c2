"""What the checks look at: a period's transactions, what came before them, and how closely to look."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from advisorjobs.choices import Sensitivity
from advisorjobs.services.ai.books import Finding, Transaction
from advisorjobs.services.ai.wording import Wording, raw

__all__ = ["Check", "LookedAt", "Threshold", "finding", "threshold"]


@dataclass(frozen=True, slots=True)
class LookedAt:
    """`transactions`: those of the year before too; findings are about those from `start` to `end`."""

    transactions: Sequence[Transaction]
    start: date
    end: date
    sensitivity: Sensitivity
    wording: Wording

    @property
    def period(self) -> list[Transaction]:
        return [each for each in self.transactions if self.start <= each.booked_on <= self.end]

    def holds(self, transaction: Transaction) -> bool:
        return self.start <= transaction.booked_on <= self.end


Check = Callable[[LookedAt], Iterable[Finding]]

Threshold = dict[Sensitivity, float]


def threshold(low: float, normal: float, high: float) -> Threshold:
    """A number for each sensitivity."""
    return {"low": low, "normal": normal, "high": high}


def finding(
    looked_at: LookedAt, check: str, transactions: Sequence[Transaction], *, severity: str, score: float, **values: Any
) -> Finding:
    """What *check* found about *transactions*, with the sentence of its name; *values* fill it and are its figures."""
    ids = tuple(sorted(each.id for each in transactions))
    mark = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:24]
    wording = looked_at.wording
    return Finding(
        key=f"{check}:{mark}",
        title=wording.sentence(f"{check}_title", values),
        reason=wording.sentence(check, values),
        severity=severity,
        score=round(score, 2),
        figures={"check": check, **raw(values)},
        transaction_ids=ids,
    )
