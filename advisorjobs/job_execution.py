"""One run of a job that has ended, as job_executions keeps it: a frozen value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from advisorjobs.database.operation import Row
from advisorjobs.errors import ErrorCode

__all__ = ["JobExecution", "RunStatus", "read_job_executions"]


class RunStatus(StrEnum):
    """How a run ended. After RETRYING another follows; SNOOZED and RELEASED use no attempt."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    RETRYING = "retrying"
    TIMED_OUT = "timed_out"
    CRASHED = "crashed"
    CANCELLED = "cancelled"
    SNOOZED = "snoozed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobExecution:
    """`final`: the job ended with this run; else `next_run_at` says when another follows. `attempt` counts runs, leaving out
    snoozed and released ones; `run_number` counts all. `fingerprint` is the same for failures that are alike.

    `wait_ms`: milliseconds from due to started, `run_ms`: from started to ended. `input` is the payload.
    """

    job_id: int
    run_number: int
    attempt: int
    queue: str
    job_name: str
    organization_id: str | None
    worker_id: int | None
    status: RunStatus
    final: bool
    error_code: ErrorCode | None
    error_message: str | None
    stack_trace: str | None
    fingerprint: str | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime
    next_run_at: datetime | None
    wait_ms: int | None
    run_ms: int | None
    input: dict[str, Any] | None
    result: Any
    tags: tuple[str, ...]


def read_job_executions(rows: Sequence[Row]) -> list[JobExecution]:
    """Reads rows as job_executions has them."""
    return [_job_execution(row) for row in rows]


def _job_execution(row: Row) -> JobExecution:
    code = row["error_code"]
    converted = {
        "status": RunStatus(row["status"]),
        "error_code": ErrorCode(code) if code else None,
        "tags": tuple(row["tags"] or ()),
    }
    return JobExecution(**{**row, **converted})
