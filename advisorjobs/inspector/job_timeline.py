"""What happened to a job, step by step: decided from its account alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from advisorjobs.inspector.job_account import JobAccount, RunAccount
from advisorjobs.job import JobStatus
from advisorjobs.job_execution import RunStatus

__all__ = ["TimelineStep", "timeline"]

ENDS = {
    RunStatus.COMPLETED: "completed",
    RunStatus.FAILED: "failed",
    RunStatus.RETRYING: "ended in an error",
    RunStatus.TIMED_OUT: "took too long and was stopped",
    RunStatus.CRASHED: "was lost with its process",
    RunStatus.CANCELLED: "was cancelled",
    RunStatus.SNOOZED: "asked to be run later",
    RunStatus.RELEASED: "was given back before it began",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineStep:
    """`kind`: a status by whose colour it is shown. `run`: the number of the run that it belongs to, None before the first.

    `took_ms`: how long the job waited (of a start) or the run took (of an end).
    """

    at: datetime
    text: str
    kind: str
    run: int | None = None
    took_ms: int | None = None


def timeline(job: JobAccount) -> tuple[TimelineStep, ...]:
    """The first step first; the last may lie in the future."""
    return tuple(_steps(job))


def _steps(job: JobAccount) -> Iterator[TimelineStep]:
    first = job.runs[0].queued_at if job.runs else job.queued_at
    if not job.earlier_runs:
        yield TimelineStep(at=first, text="queued" if job.scheduled_at is None else "due", kind="waiting")
    for number, run in enumerate(job.runs):
        yield from _run(run, last=number == len(job.runs) - 1)
    alive = job.status in (JobStatus.WAITING, JobStatus.DELAYED)
    if alive and job.runs and job.runs[-1].next_run_at is None:
        yield TimelineStep(at=job.queued_at, text="due again", kind="waiting")


def _run(run: RunAccount, *, last: bool) -> Iterator[TimelineStep]:
    by = f" by {run.worker}" if run.worker else ""
    if run.started_at is not None:
        yield TimelineStep(
            at=run.started_at,
            text=f"run {run.run_number} (attempt {run.attempt}) started{by}",
            kind="active",
            run=run.run_number,
            took_ms=run.wait_ms,
        )
    if run.finished_at is not None:
        code = f" ({run.error_code})" if run.error_code and run.status is not RunStatus.CANCELLED else ""
        what = f"run {run.run_number}" if run.started_at is not None else "the job"
        yield TimelineStep(
            at=run.finished_at,
            text=f"{what} {ENDS.get(run.status, run.status)}{code}",
            kind=run.status,
            run=run.run_number,
            took_ms=run.run_ms,
        )
    if run.next_run_at is not None:
        text = "next run due" if last else "due again"
        yield TimelineStep(at=run.next_run_at, text=text, kind="waiting", run=run.run_number)
