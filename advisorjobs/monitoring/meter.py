"""What a worker process counts of its own work: plain numbers that its event loop changes. No I/O."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["BATCH_SIZES", "SECONDS", "Histogram", "Meter"]

BATCH_SIZES = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Upper bounds of batches: a claim brings 400 jobs and a slot's worth more at most, a completion writes 200 runs of a kind."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper bounds of a statement's time: a claim is to take 5 ms at most."""


class Histogram:
    """`counts[i]`: values of at most `bounds[i]` and more than the bound before; the last element: those above all bounds."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Meter:
    """`claims`: jobs that each claim brought; `completions`: runs whose end each write wrote; each with how long it took."""

    __slots__ = ("claim_seconds", "claims", "completion_seconds", "completions", "leases_lost")

    def __init__(self) -> None:
        self.claims = Histogram(BATCH_SIZES)
        self.claim_seconds = Histogram(SECONDS)
        self.completions = Histogram(BATCH_SIZES)
        self.completion_seconds = Histogram(SECONDS)
        self.leases_lost = 0

    def claimed(self, jobs: int, seconds: float) -> None:
        """A claim was answered, after *seconds*."""
        self.claims.observe(jobs)
        self.claim_seconds.observe(seconds)

    def completed(self, runs: int, seconds: float) -> None:
        """A batch of ends of runs was written, after *seconds*, with all tries that it took."""
        self.completions.observe(runs)
        self.completion_seconds.observe(seconds)
