"""One job as people look at it: itself, all its runs, what it is about; payloads and errors without what they say."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode
from advisorjobs.inspector.waiting_facts import ScheduleFacts
from advisorjobs.job import JobStatus
from advisorjobs.job_execution import RunStatus

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["FieldShape", "JobAccount", "JobAccountCalls", "Progress", "RelatedJob", "RunAccount"]

MOST_RUNS = 200
NEAR = 500
"""Jobs before and after one among which those of the same subject are looked for, living and ended ones."""

Shape = Mapping[str, "FieldShape"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldShape:
    """What kind of JSON value a field has; `size`: characters of a string, members of an array or object."""

    kind: str
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a running job said last; `note` is meant for everybody who looks."""

    done: float | None = None
    total: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAccount:
    """One run. `payload_shape` and `result_shape`: its fields ("": a value without fields), None where there is none.

    `payload`, `result`, `error_message` and `stack_trace` are None unless values were asked for; their sizes are known.
    `wait_ms`: from due to started, `run_ms`: from started to ended.
    """

    run_number: int
    attempt: int
    status: RunStatus
    worker: str | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    next_run_at: datetime | None
    wait_ms: int | None
    run_ms: int | None
    error_code: ErrorCode | None
    fingerprint: str | None
    error_message_size: int | None
    stack_trace_size: int | None
    payload_shape: Shape | None
    result_shape: Shape | None
    error_message: str | None = None
    stack_trace: str | None = None
    payload: Any = None
    result: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAccount:
    """`status` None: it was cleaned away, and its runs tell what is still known. `priority`: 1 (first) to 9, of a living job.

    `runs`: the first one first; there are `earlier_runs` where they are more than 200. `with_values`: whether `payload`, and
    results and errors of its runs, are given. `schedule`: that created it, while its tick is kept.
    """

    id: int
    name: str
    queue: str
    organization_id: str | None
    queued_at: datetime
    runs: tuple[RunAccount, ...]
    earlier_runs: bool
    with_values: bool
    status: JobStatus | None = None
    priority: int | None = None
    attempts: int = 0
    run_number: int = 0
    scheduled_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error_code: ErrorCode | None = None
    parked: str | None = None
    abort_requested: bool = False
    lock: str | None = None
    queueing_lock: str | None = None
    unique_key: str | None = None
    limit_key: str | None = None
    tags: tuple[str, ...] = ()
    payload_shape: Shape | None = None
    payload: Any = None
    progress: Progress | None = None
    schedule: ScheduleFacts | None = None

    @property
    def has_errors(self) -> bool:
        """Whether a run of it ended in an error."""
        return any(run.error_code for run in self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedJob:
    """`relation`: "subject" (the same document, say: `subject` is the payload's field), "lock" or "unique_key"."""

    relation: str
    subject: str | None
    id: int
    name: str
    queue: str
    status: JobStatus
    queued_at: datetime
    finished_at: datetime | None


class JobAccountCalls:
    """What is known of one job. *organization_id* None: whoever's it is; else None is the answer for another's."""

    app: App

    @call
    def read_job(
        self, job_id: int, organization_id: str | None = None, *, values: bool = False, connection: Any = None
    ) -> Operation[JobAccount | None]:
        """The job with its runs; None: there is none, or its history is gone.

        *values*: with what payloads, results and errors say, which may be a client's. Whoever shows them leaves a note first
        (`Actions.note_values_shown`).
        """
        asked = {"job": job_id, "organization": organization_id, "values": values, "most": MOST_RUNS}
        return operation("read_job", statement("read_job_account"), asked, _account, connection)

    @call
    def find_related_jobs(
        self, job_id: int, organization_id: str | None = None, *, connection: Any = None
    ) -> Operation[tuple[RelatedJob, ...]]:
        """Jobs of the same subject among those queued around the same time, of its lock's line, or with its unique key."""
        asked = {"job": job_id, "organization": organization_id, "look": NEAR}
        return operation("find_related_jobs", statement("find_related_jobs"), asked, _related, connection)


@functools.cache
def _adapter() -> TypeAdapter[JobAccount]:
    return TypeAdapter(JobAccount)


def _account(rows: Sequence[Row]) -> JobAccount | None:
    told: dict[str, Any] | None = rows[0]["account"]
    return None if told is None else _adapter().validate_python(told)


def _related(rows: Sequence[Row]) -> tuple[RelatedJob, ...]:
    return tuple(RelatedJob(**row) for row in rows)
