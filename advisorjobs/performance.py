"""How much was done over time, and how fast. Frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from advisorjobs.database.operation import Row
from advisorjobs.durations import Durations, read_durations

__all__ = ["PerformanceMetrics", "Throughput", "read_performance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """What ended in one hour or day from `start` on: see PerformanceMetrics. The longest wait and run in milliseconds."""

    start: datetime
    completed: int
    failed: int
    cancelled: int
    runs: int
    failure_rate: float | None
    wait_max_ms: int | None
    run_max_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceMetrics:
    """Of *organization_id* (None: all of them), from *start* up to *end*.

    `bucket`: an hour for ranges of three days and less, else a day; `throughput`: one for each of them, the oldest first,
    empty ones too, by UTC; the first and the last hold only what lies in the range. `jobs_per_hour`: completed ones, on
    average. `failure_rate`: share of the failed in completed and failed jobs, 0 to 1, None without any.
    """

    organization_id: str | None
    start: datetime
    end: datetime
    bucket: timedelta
    completed: int
    failed: int
    cancelled: int
    runs: int
    jobs_per_hour: float
    failure_rate: float | None
    wait: Durations
    run: Durations
    throughput: tuple[Throughput, ...]


def read_performance(organization_id: str | None, rows: Sequence[Row]) -> PerformanceMetrics:
    """Reads rows of get_performance_metrics.sql: one of them is the total, without a bucket."""
    (total,) = (row for row in rows if row["since"] is None)
    start, end = total["range_start"], total["range_end"]
    hours = (end - start) / timedelta(hours=1)
    return PerformanceMetrics(
        organization_id=organization_id,
        start=start,
        end=end,
        bucket=timedelta(hours=total["hours"]),
        completed=total["completed"],
        failed=total["failed"],
        cancelled=total["cancelled"],
        runs=total["runs"],
        jobs_per_hour=total["completed"] / hours if hours > 0 else 0.0,
        failure_rate=total["failure_rate"],
        wait=read_durations(total, "wait"),
        run=read_durations(total, "run"),
        throughput=tuple(_throughput(row) for row in rows if row["since"] is not None),
    )


def _throughput(row: Row) -> Throughput:
    return Throughput(
        start=row["since"],
        completed=row["completed"],
        failed=row["failed"],
        cancelled=row["cancelled"],
        runs=row["runs"],
        failure_rate=row["failure_rate"],
        wait_max_ms=row["wait_max_ms"],
        run_max_ms=row["run_max_ms"],
    )
