"""What a test gets to know of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Ran"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One run of one job, as `job_executions` has it.

    `status`: how this run ended (completed, failed, retrying, timed_out, crashed, cancelled, snoozed, released). `run`
    counts every run of the job from 1; `attempt` leaves out those that used none. `next_run_at`: when the run after this
    one is due, None where none follows. `error`: what the function raised, itself; None where it returned or only said
    Retry, Snooze, Fail or Cancel.
    """

    job_id: int
    name: str
    queue: str
    organization_id: str | None
    run: int
    attempt: int
    status: str
    result: Any
    error_code: str | None
    error_message: str | None
    next_run_at: datetime | None
    error: BaseException | None
