"""What jobs did in a range of time: totals, and the same for each job name. Frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from advisorjobs.database.operation import Row
from advisorjobs.durations import Durations, read_durations

__all__ = ["JobFigures", "JobNameStatistics", "JobStatistics", "read_job_statistics"]

COUNTS = ("completed", "failed", "cancelled", "runs", "retried", "timed_out", "crashed", "snoozed", "released")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFigures:
    """`completed`, `failed`, `cancelled` are jobs that ended so; one that failed and was brought back doesn't count as
    failed. `success_rate` is the share of `completed` in `completed` and `failed`, 0 to 1, None without any.

    The others are runs: `runs` that ended, but for `snoozed` and `released` ones; `retried`: whose error was followed by
    another run; `timed_out`, `crashed`. `wait`: from due to started; `run`: from started to ended.
    """

    completed: int
    failed: int
    cancelled: int
    success_rate: float | None
    runs: int
    retried: int
    timed_out: int
    crashed: int
    snoozed: int
    released: int
    wait: Durations
    run: Durations


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNameStatistics(JobFigures):
    """The figures of one job name in one queue: see JobFigures."""

    queue: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatistics(JobFigures):
    """Of *organization_id* (None: all of them), from *start* up to *end*. See JobFigures; `total`: jobs that ended.

    `jobs`: by queue and job name.
    """

    organization_id: str | None
    start: datetime
    end: datetime
    total: int
    jobs: tuple[JobNameStatistics, ...]


def read_job_statistics(organization_id: str | None, rows: Sequence[Row]) -> JobStatistics:
    """Reads rows of get_job_statistics.sql: one of them is the total, without a queue."""
    (total,) = (row for row in rows if row["queue"] is None)
    names = [row for row in rows if row["queue"] is not None]
    return JobStatistics(
        organization_id=organization_id,
        start=total["range_start"],
        end=total["range_end"],
        total=total["completed"] + total["failed"] + total["cancelled"],
        jobs=tuple(JobNameStatistics(queue=row["queue"], name=row["job_name"], **_figures(row)) for row in names),
        **_figures(total),
    )


def _figures(row: Row) -> dict[str, Any]:
    measured = {"wait": read_durations(row, "wait"), "run": read_durations(row, "run")}
    return {name: row[name] for name in (*COUNTS, "success_rate")} | measured
