"""What stands behind a JobRun, whichever kind of function asks: the fence, the pace of progress, the deadline."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from advisorjobs.errors import LeaseLost

if TYPE_CHECKING:
    from advisorjobs.engine.run import Run
    from advisorjobs.job_run import JobRun, RunPorts

__all__ = ["BoundPorts", "Ports"]

PROGRESS_PAUSE = 0.3
"""Progress is written at most so often (seconds); the last step always is."""

LONGEST_NOTE = 200


class Ports(Protocol):
    """Makes the ports of one run."""

    def of(self, run: Run) -> RunPorts:
        """What *run*'s function gets as `job`'s connection to the engine."""


class BoundPorts:
    """The part that needs no database, for one run."""

    _reported_at = 0.0

    def __init__(self, run: Run) -> None:
        self.run = run

    def should_abort(self, job: JobRun[Any]) -> bool:
        return self.run.fate is not None

    def deadline(self, job: JobRun[Any]) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.run.deadline - time.monotonic())

    def _report(self, done: float, total: float | None, note: str | None) -> dict[str, Any] | None:
        """The parameters of report_progress; None while the last report is too fresh or the run's end is written."""
        now = time.monotonic()
        if self.run.closed or (now - self._reported_at < PROGRESS_PAUSE and done != total):
            return None
        self._reported_at = now
        job = self.run.job
        short = note[:LONGEST_NOTE].replace("\x00", "") if note else None
        return {
            "id": job.id, "run_no": job.run_no, "token": job.token, "done": done, "total": total, "note": short,
        }  # fmt: skip

    def _refuse_ended(self) -> None:
        """Raises LeaseLost for a run whose end is decided already."""
        if self.run.closed:
            raise LeaseLost(f"job {self.run.job.id}: run {self.run.job.run_no} has ended already; rolled back")

    def _refuse_unchanged(self, changed: list[int]) -> None:
        """Raises LeaseLost when the fenced write of completion found nothing to change."""
        if not changed:
            raise LeaseLost(f"job {self.run.job.id}: run {self.run.job.run_no} is no longer ours; rolled back")
