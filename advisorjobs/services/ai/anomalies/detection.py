"""All checks on a period of a client's books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from advisorjobs.services.ai.anomalies.days import odd_days
from advisorjobs.services.ai.anomalies.duplicates import duplicates
from advisorjobs.services.ai.anomalies.looked_at import Check, LookedAt
from advisorjobs.services.ai.anomalies.newcomers import newcomers, round_sums
from advisorjobs.services.ai.anomalies.outliers import outliers
from advisorjobs.services.ai.anomalies.splits import splits
from advisorjobs.services.ai.books import Finding

__all__ = ["CHECKS", "MOST", "by_check", "detect"]

CHECKS: Sequence[Check] = (outliers, duplicates, splits, odd_days, newcomers, round_sums)

MOST = 200
"""So many findings at most: nobody looks at more, and what is behind them shows in the first."""


def detect(looked_at: LookedAt) -> list[Finding]:
    """What the checks find, the weightiest first."""
    weights = {"critical": 3, "high": 2, "medium": 1, "low": 0}
    found = {each.key: each for check in CHECKS for each in check(looked_at)}
    return sorted(found.values(), key=lambda each: (-weights[each.severity], -(each.score or 0.0), each.key))[:MOST]


def by_check(findings: Sequence[Finding]) -> dict[str, int]:
    """How many of each."""
    return dict(sorted(Counter(str(each.figures["check"]) for each in findings).items()))
