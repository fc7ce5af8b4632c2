"""A job as a search finds it, and a page of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from advisorjobs.database.operation import Row
from advisorjobs.errors import ErrorCode
from advisorjobs.inspector.job_cursor import JobCursor
from advisorjobs.job import JobStatus

__all__ = ["FoundJob", "JobPage", "Look", "read_look"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundJob:
    """Of a job what a list shows: nothing that may be a client's. `error_code` and `run_ms` are the last run's.

    `priority`: 1 (first) to 9, None once the job has left the table.
    """

    id: int
    name: str
    queue: str
    organization_id: str | None
    status: JobStatus
    priority: int | None
    attempts: int
    tags: tuple[str, ...]
    error_code: ErrorCode | None
    queued_at: datetime
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    run_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """`older` and `newer`: where the pages beside it begin, None where there is none.

    A search that finds little stops when it has looked for long enough. Then it is not `finished`: `looked` jobs were
    looked at, back to `back_to` where that is known, and `older` (or `newer`) goes on from there. `ended`: where those
    begin that have ended, if it stopped before it came to them.
    """

    jobs: tuple[FoundJob, ...]
    older: str | None = None
    newer: str | None = None
    finished: bool = True
    looked: int = 0
    back_to: datetime | None = None
    ended: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one walk found, in its order: jobs, each with its place; `edge`: how far it looked, None: to the end."""

    jobs: tuple[tuple[FoundJob, JobCursor], ...] = ()
    edge: JobCursor | None = None
    back_to: datetime | None = None
    looked: int = 0


def read_look(rows: Sequence[Row], *, by_time: bool) -> Look:
    """Reads rows of the functions of migrations/functions/search.sql."""
    jobs = tuple((_found(row), _place(row, by_time=by_time)) for row in rows if row["id"] is not None)
    last = rows[-1] if rows else None
    if last is None or last["id"] is not None:
        return Look(jobs=jobs, looked=len(jobs))
    ended = last["edge_at"] is None if by_time else last["edge"] is None
    return Look(
        jobs=jobs,
        edge=None if ended else _place(last, by_time=by_time),
        back_to=last["edge_at"],
        looked=last["looked"],
    )


def _place(row: Row, *, by_time: bool) -> JobCursor:
    return JobCursor(row["edge"], row["edge_at"] if by_time else None)


def _found(row: Row) -> FoundJob:
    code = row["error_code"]
    return FoundJob(
        id=row["id"],
        name=row["name"],
        queue=row["queue"],
        organization_id=row["organization_id"],
        status=JobStatus(row["status"]),
        priority=row["priority"],
        attempts=row["attempts"],
        tags=tuple(row["tags"] or ()),
        error_code=ErrorCode(code) if code else None,
        queued_at=row["queued_at"],
        scheduled_at=row["scheduled_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        run_ms=row["run_ms"],
    )
