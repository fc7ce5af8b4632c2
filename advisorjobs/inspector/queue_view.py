"""One queue in full: how it stands, what it runs, what waits longest and for whom, what failed last, who serves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from advisorjobs.calls import Steps, long_call
from advisorjobs.database.operation import Operation, Row, only, operation
from advisorjobs.database.statement import statement
from advisorjobs.inspector.limit_states import limit_states
from advisorjobs.inspector.overview import QueueOverview, queue_overview
from advisorjobs.inspector.pace import paces
from advisorjobs.inspector.processes import RunningJob, WorkerProcess, processes, progress_of
from advisorjobs.limits import QueueLimits, read_queue_limits
from advisorjobs.queue_stats import QueueStats, stats_of
from advisorjobs.settings import Settings, effective_queue

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = [
    "FailedJob",
    "OldestJob",
    "QueueLines",
    "QueueRow",
    "QueueView",
    "QueueViewCalls",
    "WaitingOrganization",
    "oldest_ready",
    "running_jobs",
]

MOST = 10
SAMPLED_PAGES = 300
COUNTED = 1_000
"""So many waiting jobs of an organization are counted; of those who have more, the sample says about how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OldestJob:
    """A job that is ready and next in its organization's line, `queued_at` as long ago as few others."""

    id: int
    name: str
    organization_id: str | None
    queued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedJob:
    """A job that failed and was neither retried nor cleaned; how its last run ended, None where the history of it is gone."""

    id: int
    name: str
    organization_id: str | None
    failed_at: datetime | None
    status: str | None
    error_code: str | None
    attempt: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingOrganization:
    """`waiting`: how many of its jobs wait; `exact`: else about so many. `share` of all that wait in the queue, 0 to 1."""

    organization_id: str | None
    waiting: int
    exact: bool
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """The queue in the queue table, with what the environment of this process says. `slots` per worker; `priority` 1 first."""

    slots: int
    priority: int
    retries: int
    backoff: str
    timeout: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """Everything of one queue but its lines (read_lines) and series (read_series). `at` by the database's clock."""

    at: datetime
    name: str
    overview: QueueOverview
    limits: QueueLimits
    row: QueueRow
    running: tuple[RunningJob, ...]
    failed: tuple[FailedJob, ...]
    workers: tuple[WorkerProcess, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLines:
    """Who waits in a queue: the ten organizations with most jobs, and ten jobs that wait longest."""

    organizations: tuple[WaitingOrganization, ...]
    oldest: tuple[OldestJob, ...]


class QueueViewCalls:
    """One queue."""

    app: App

    @long_call
    def read_queue(self, name: str) -> Steps[QueueView]:
        """Everything of queue *name*. Raises UnknownJob ("did you mean") where there is none."""
        asked = {"queue": name}
        at: datetime = yield operation("read_queue", statement("clock"), {}, only)
        stats: QueueStats | None = yield operation(
            "read_queue", statement("get_queue_stats"), asked, lambda rows: stats_of(name, rows) if rows else None
        )
        if stats is None:
            stats = QueueStats(queue=self.app.known_queue(name))
        pace = yield paces(name)
        states = yield limit_states(kinds=["queue"])
        limits: list[QueueLimits] = yield operation(
            "read_queue", statement("get_queue_limits"), asked, read_queue_limits
        )
        return QueueView(
            at=at,
            name=name,
            overview=queue_overview(stats, pace, states),
            limits=limits[0],
            row=queue_row(self.app.settings, name),
            running=(yield running_jobs(queue=name)),
            failed=(yield _failed(name)),
            workers=(yield processes(name, ended=False)),
        )

    @long_call
    def read_lines(self, queue: str) -> Steps[QueueLines]:
        """Who waits in *queue*. Dearer than the rest: some twenty milliseconds of the database where a million wait."""
        return QueueLines(organizations=(yield _waiting_organizations(queue)), oldest=(yield oldest_ready(queue)))


def queue_row(settings: Settings, name: str) -> QueueRow:
    """What the table and the environment of this process say of queue *name*."""
    queue = effective_queue(settings, name, None)
    return QueueRow(
        slots=queue.slots,
        priority=queue.priority,
        retries=queue.retries,
        backoff=f"{queue.backoff.kind}, {queue.backoff.seconds:g} s",
        timeout=queue.timeout,
    )


def running_jobs(*, queue: str | None = None, organization_id: str | None = None) -> Operation[tuple[RunningJob, ...]]:
    """Those that have run longest."""
    values = {"queue": queue, "organization_id": organization_id, "most": MOST}
    return operation("read_running", statement("read_running"), values, _running)


def oldest_ready(queue: str, organization_id: str | None = None) -> Operation[tuple[OldestJob, ...]]:
    """Those that wait longest, of the jobs that are next in their organization's line (a hundred lines are looked at)."""
    values = {"queue": queue, "organization_id": organization_id, "most": MOST}
    return operation("read_oldest", statement("read_oldest_ready"), values, _oldest)


def _waiting_organizations(queue: str) -> Operation[tuple[WaitingOrganization, ...]]:
    values = {"queue": queue, "pages": SAMPLED_PAGES, "most": MOST, "bound": COUNTED}
    return operation("read_queue", statement("read_waiting_organizations"), values, _waiting)


def _failed(queue: str) -> Operation[tuple[FailedJob, ...]]:
    return operation("read_queue", statement("read_queue_failures"), {"queue": queue, "most": MOST}, _failures)


def _waiting(rows: Sequence[Row]) -> tuple[WaitingOrganization, ...]:
    return tuple(_organization(row) for row in rows)


def _organization(row: Row) -> WaitingOrganization:
    ready = row["ready"]
    counted = ready if ready is not None and 0 < ready <= COUNTED else None
    seen = row["seen"] if row["part"] >= 1 else counted
    return WaitingOrganization(
        organization_id=row["organization_id"] or None,
        waiting=seen if seen is not None else round(row["seen"] / row["part"]),
        exact=seen is not None,
        share=row["seen"] / float(row["seen_in_all"]),
    )


def _running(rows: Sequence[Row]) -> tuple[RunningJob, ...]:
    return tuple(
        RunningJob(
            id=row["id"],
            name=row["name"],
            queue=row["queue"],
            organization_id=row["organization_id"],
            started_at=row["started_at"],
            progress=progress_of(row["progress"]),
            run_no=row["run_no"],
            worker=row["worker"],
        )
        for row in rows
    )


def _oldest(rows: Sequence[Row]) -> tuple[OldestJob, ...]:
    return tuple(
        OldestJob(
            id=row["id"],
            name=row["job_name"],
            organization_id=row["organization_id"],
            queued_at=row["queued_at"],
        )
        for row in rows
    )


def _failures(rows: Sequence[Row]) -> tuple[FailedJob, ...]:
    return tuple(
        FailedJob(
            id=row["id"],
            name=row["name"],
            organization_id=row["organization_id"],
            failed_at=row["finished_at"],
            status=row["status"],
            error_code=row["error_code"],
            attempt=row["attempt"],
        )
        for row in rows
    )
