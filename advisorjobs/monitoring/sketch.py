"""From the histograms that the database keeps to the classic buckets that Prometheus reads. No I/O.

The database keeps a DDSketch (migrations/functions/tallies.sql): bucket 0 for 0 ms, bucket k + 1 for durations in
(1.1^(k-1), 1.1^k] ms. What stands for a bucket is at most 4.8 % away from any duration in it. Each bucket counts under the
first bound that is not below what stands for it: so a duration within 4.8 % of a bound may be counted on its other side,
and no other error is made. Sums are exact.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

__all__ = ["classic_counts", "entries", "representative"]

DIGITS = 10
"""Decimal digits that a bucket has in the number that is the histogram; the lowest bucket's are the last."""


def classic_counts(histogram: str, bounds: Sequence[float]) -> list[int]:
    """How many durations are at most each of *bounds* (seconds) and above the one before; at last those above all of them."""
    counts = [0] * (len(bounds) + 1)
    for bucket, count in entries(histogram):
        counts[bisect_left(bounds, representative(bucket))] += count
    return counts


def representative(bucket: int) -> float:
    """What stands for a bucket, in seconds."""
    return 0.0 if bucket == 0 else 2 * 1.1 ** (bucket - 1) / 2.1 / 1000


def entries(histogram: str) -> Iterator[tuple[int, int]]:
    """The buckets that aren't empty, each with its count."""
    for bucket, end in enumerate(range(len(histogram), 0, -DIGITS)):
        count = int(histogram[max(0, end - DIGITS) : end])
        if count:
            yield bucket, count
