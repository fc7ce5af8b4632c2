"""A job as seen from outside: a frozen snapshot, while it lives and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from advisorjobs.database.operation import Row
from advisorjobs.errors import ErrorCode

__all__ = ["Job", "JobStatus", "read_job", "read_jobs"]


class JobStatus(StrEnum):
    """Where a job is: it waits for a slot, for its time, or runs; or it has ended in one of three ways."""

    WAITING = "waiting"
    DELAYED = "delayed"
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`priority` is 1 (first) to 9, None once the job has left the table. `attempts` counts its runs, leaving out
    snoozed and released ones. `error_code` and `error_message` are the last run's. Times are aware; `scheduled_at` is
    the moment asked for.
    """

    id: int
    queue: str
    name: str
    organization_id: str | None
    status: JobStatus
    priority: int | None
    attempts: int
    payload: dict[str, Any]
    result: Any
    error_code: ErrorCode | None
    error_message: str | None
    queued_at: datetime
    scheduled_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    tags: tuple[str, ...]
    unique_key: str | None
    progress: dict[str, Any] | None


def read_jobs(rows: list[Row]) -> list[Job]:
    """Reads rows of get_job()."""
    return [_job(row) for row in rows]


def read_job(rows: list[Row]) -> Job | None:
    """Reads the only row of get_job(), or None."""
    return _job(rows[0]) if rows else None


def _job(row: Row) -> Job:
    code = row["error_code"]
    converted = {
        "status": JobStatus(row["status"]),
        "error_code": ErrorCode(code) if code else None,
        "tags": tuple(row["tags"] or ()),
    }
    return Job(**{**row, **converted})
