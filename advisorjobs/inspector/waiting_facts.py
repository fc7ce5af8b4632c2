"""What bears on when a job starts: frozen values, read at one snapshot by migrations/functions/waiting.sql."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from advisorjobs.database.operation import Row
from advisorjobs.errors import ErrorCode
from advisorjobs.job import JobStatus
from advisorjobs.job_execution import RunStatus

__all__ = [
    "LastRun",
    "LimitFacts",
    "LineFacts",
    "LockFacts",
    "PaceFacts",
    "PauseFacts",
    "ScheduleFacts",
    "WaitingFacts",
    "WorkerFacts",
    "read_waiting_facts",
]

# kw_only, so that facts with a default may stand where they belong


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFacts:
    """A limit and how far it is used up: starts in a window, of which `opens_in` seconds from now one more fits (None: now);
    runs at once, of which `holders` are the longest that may be named. None: no limit.
    """

    rate: int | None = None
    window_s: float | None = None
    used: int = 0
    opens_in: float | None = None
    running_limit: int | None = None
    running: int = 0
    holders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseFacts:
    """Of a queue, of an organization, or of an organization in a queue."""

    queue: str | None
    organization_id: str | None
    since: datetime
    until: datetime | None
    reason: str | None
    paused_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The run before: `run_no` counts all runs, `attempt` leaves out snoozed and released ones."""

    run_no: int
    attempt: int
    status: RunStatus
    error_code: ErrorCode | None
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFacts:
    """The schedule whose tick the job is. `asked_for`: by people, out of turn."""

    key: str
    tick: datetime
    asked_for: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFacts:
    """The job's lock: `holder` runs with it, `next` is first in its line, `before` wait before this one (1001: or more).

    Both are None where they may not be named.
    """

    name: str
    held: bool
    before: int
    holder: int | None
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFacts:
    """Living processes that serve the queue; of those that know the job's name the slots, and how many are `free`.

    `stopping`: living ones that take nothing more; they are not among the others.
    """

    serving: int = 0
    knowing: int = 0
    slots: int = 0
    free: int = 0
    stopping: int = 0
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """Ready jobs before it: of higher priority, of its own turn, and as many of other turns as go before (1001: or more)."""

    higher: int
    own: int
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceFacts:
    """Runs of the queue in this hour and the last, and the mean of what they took in milliseconds."""

    runs: int = 0
    run_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFacts:
    """Of a job that doesn't wait only the first half is known."""

    now: datetime
    id: int
    status: JobStatus
    queue: str
    name: str
    organization_id: str | None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    worker: str | None = None

    scheduled_at: datetime | None = None
    parked: str | None = None
    past_era: bool = False
    last_run: LastRun | None = None
    schedule: ScheduleFacts | None = None
    pauses: tuple[PauseFacts, ...] = ()
    queue_closed_until: datetime | None = None
    queue_limit: LimitFacts = LimitFacts()
    organization_limit: LimitFacts = LimitFacts()
    limit_key: str | None = None
    key_closed_until: datetime | None = None
    key_wakes_at: datetime | None = None
    key_limit: LimitFacts = LimitFacts()
    lock: LockFacts | None = None
    workers: WorkerFacts = WorkerFacts()
    deployed: bool = True
    busy: tuple[int, ...] = ()
    busy_since: datetime | None = None
    line: LineFacts | None = None
    pace: PaceFacts = PaceFacts()


@functools.cache
def _adapter() -> TypeAdapter[WaitingFacts]:
    return TypeAdapter(WaitingFacts)


def read_waiting_facts(rows: Sequence[Row]) -> WaitingFacts | None:
    """Reads the only row of read_waiting_facts.sql; None: there is no such job, or not for whoever asks."""
    facts: dict[str, Any] | None = rows[0]["facts"]
    return None if facts is None else _adapter().validate_python(facts)
