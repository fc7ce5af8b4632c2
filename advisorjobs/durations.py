"""How long things took: a frozen summary of many durations."""

from __future__ import annotations

from dataclasses import dataclass

from advisorjobs.database.operation import Row

__all__ = ["Durations", "read_durations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """Milliseconds; None where there was nothing to measure. Percentiles are at most 4.8 % off, mean and maximum exact.

    They come from histograms whose buckets grow by a tenth (gamma 1.1), so that any of them can be added up: Masson, Rim,
    Lee: DDSketch, a fast and fully-mergeable quantile sketch with relative-error guarantees, VLDB 2019. The error of a
    bucket's middle is (gamma - 1) / (gamma + 1).
    """

    mean_ms: float | None
    p50_ms: float | None
    p90_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: int | None


def read_durations(row: Row, of: str) -> Durations:
    """Reads the columns *of*_mean_ms, *of*_p50_ms … of *row*."""
    return Durations(
        mean_ms=row[f"{of}_mean_ms"],
        p50_ms=row[f"{of}_p50_ms"],
        p90_ms=row[f"{of}_p90_ms"],
        p95_ms=row[f"{of}_p95_ms"],
        p99_ms=row[f"{of}_p99_ms"],
        max_ms=row[f"{of}_max_ms"],
    )
