"""What a worker process did in one of its queues: a frozen value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from advisorjobs.database.operation import Row
from advisorjobs.durations import Durations, read_durations

__all__ = ["WorkerStatistics", "read_worker_statistics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatistics:
    """Since the process began. `worker_id` is its number, `worker` its name (WORKER_ID, or host and process).

    `is_active`: its lease holds. `runs`: those that ended, but for snoozed and released ones; `failures`: those that ended in
    an error. `success_rate`: share of `completed` in `completed` and `failures`, 0 to 1, None without any. `last_run_at`:
    when a run ended last; `last_seen`: its last sign of life.
    """

    worker_id: int
    worker: str
    queue: str
    is_active: bool
    slots: int
    runs: int
    completed: int
    failures: int
    success_rate: float | None
    run: Durations
    last_run_at: datetime | None
    started_at: datetime
    last_seen: datetime
    stopped_at: datetime | None


def read_worker_statistics(rows: Sequence[Row]) -> list[WorkerStatistics]:
    """Reads rows of get_worker_statistics.sql."""
    return [
        WorkerStatistics(
            worker_id=row["worker_id"],
            worker=row["worker"],
            queue=row["queue"],
            is_active=row["is_active"],
            slots=row["slots"],
            runs=row["runs"],
            completed=row["completed"],
            failures=row["failures"],
            success_rate=row["success_rate"],
            run=read_durations(row, "run"),
            last_run_at=row["last_run_at"],
            started_at=row["started_at"],
            last_seen=row["last_seen"],
            stopped_at=row["stopped_at"],
        )
        for row in rows
    ]
