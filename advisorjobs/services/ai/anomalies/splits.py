"""Several payments to one counterparty just under a round limit, within days: what needs approval is often split so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from advisorjobs.services.ai.anomalies.looked_at import LookedAt, finding, threshold
from advisorjobs.services.ai.books import Finding, Transaction
from advisorjobs.services.ai.classification.memory import party_key

__all__ = ["splits"]

LIMITS = tuple(map(Decimal, (1_000, 2_500, 5_000, 10_000, 25_000, 50_000)))
JUST_UNDER = Decimal("0.85")
FEWEST = threshold(low=3, normal=3, high=2)
WITHIN = threshold(low=2, normal=4, high=7)
"""Days."""


def splits(looked_at: LookedAt) -> Iterator[Finding]:
    """One finding for each cluster; not for a counterparty whose payments are usually that large."""
    parties = defaultdict[str, list[Transaction]](list)
    for each in looked_at.transactions:
        if each.amount < 0 and party_key(each):
            parties[party_key(each)].append(each)
    for payments in parties.values():
        for limit in LIMITS:
            under = [each for each in payments if limit * JUST_UNDER <= -each.amount < limit]
            for cluster in _clusters(under, timedelta(days=WITHIN[looked_at.sensitivity])):
                usual = len(under) > 2 * len(cluster)
                if len(cluster) >= FEWEST[looked_at.sensitivity] and not usual and looked_at.holds(cluster[-1]):
                    yield _split(looked_at, cluster, limit)


def _clusters(payments: Sequence[Transaction], within: timedelta) -> Iterator[list[Transaction]]:
    """Runs of payments of which the last is *within* the first's days."""
    cluster: list[Transaction] = []
    for each in payments:
        if cluster and each.booked_on - cluster[0].booked_on > within:
            yield cluster
            cluster = []
        cluster.append(each)
    if cluster:
        yield cluster


def _split(looked_at: LookedAt, cluster: Sequence[Transaction], limit: Decimal) -> Finding:
    total = -sum(each.amount for each in cluster)
    return finding(
        looked_at,
        "split",
        cluster,
        severity="high",
        score=5.0 + len(cluster),
        count=len(cluster),
        party=cluster[0].counterparty or cluster[0].description[:40],
        limit=limit,
        total=Decimal(total),
        first=cluster[0].booked_on,
        second=cluster[-1].booked_on,
    )
