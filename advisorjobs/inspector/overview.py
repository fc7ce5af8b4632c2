"""The overview: how every queue stands, who works, and what is wrong now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from advisorjobs.calls import Steps, call, long_call
from advisorjobs.database.operation import Operation, Row, only, operation
from advisorjobs.database.statement import statement
from advisorjobs.inspector.limit_states import LimitState, limit_states
from advisorjobs.inspector.pace import Drain, Pace, drain, paces
from advisorjobs.inspector.processes import ProcessState, WorkerProcess, processes
from advisorjobs.inspector.troubles import Trouble, troubles
from advisorjobs.queue_stats import QueueStats, read_queue_stats

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Oldest", "Overview", "OverviewCalls", "QueueOverview", "WorkersOverview", "queue_overview"]


Oldest: TypeAlias = "Mapping[str, datetime | None]"
"""By queue, since when it waits that waits longest; None: only jobs behind a lock or a key wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueOverview:
    """A queue on one line. `limit`: what its limits allow now, None where it has none. `pace`: None before its first job.

    `per_minute`: jobs that ended in one, lately. `failure_rate`: share of the failed in what completed and failed within the
    last hour, 0 to 1, None without any.
    """

    stats: QueueStats
    pace: Pace | None
    drain: Drain
    limit: LimitState | None
    per_minute: float
    failure_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkersOverview:
    """All processes that live: `slots` are jobs at once, of which `running` are taken. `silent`: fell silent without a word."""

    alive: int
    stopping: int
    silent: int
    slots: int
    running: int
    memory: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything of one look; `at` by the database's clock."""

    at: datetime
    queues: tuple[QueueOverview, ...]
    workers: WorkersOverview
    troubles: tuple[Trouble, ...]


class OverviewCalls:
    """How all stands."""

    app: App

    @call
    def read_oldest_waiting(self) -> Operation[Oldest]:
        """By queue, since when it waits that waits longest (QueueStats). Most of what an overview costs."""
        return oldest_waiting()

    @call
    def read_queue_states(self) -> Operation[list[QueueStats]]:
        """How all queues stand, `oldest_waiting_at` left out."""
        return queue_states()

    @long_call
    def read_overview(self, oldest: Oldest | None = None) -> Steps[Overview]:
        """Every queue, the workers, and what is wrong: a few milliseconds of the database, however many jobs there are.

        *oldest*: what was read of them a moment ago; it is read now where it lacks a queue in which jobs wait.
        """
        at: datetime = yield operation("read_overview", statement("clock"), {}, only)
        states: list[QueueStats] = yield queue_states()
        since: Oldest = oldest or {}
        if any(each.waiting and each.queue not in since for each in states):
            since = yield oldest_waiting()
        stats = [replace(each, oldest_waiting_at=since.get(each.queue) if each.waiting else None) for each in states]
        pace: dict[str, Pace] = yield paces()
        limits: tuple[LimitState, ...] = yield limit_states(kinds=["queue"])
        living: tuple[WorkerProcess, ...] = yield processes(ended=False)
        broken: list[str] = yield operation("read_overview", statement("troubled_schedules"), {}, _keys)
        return Overview(
            at=at,
            queues=tuple(queue_overview(each, pace, limits) for each in stats),
            workers=_workers(living),
            troubles=troubles(stats, pace, living, broken, at),
        )


def oldest_waiting() -> Operation[Oldest]:
    """See OverviewCalls.read_oldest_waiting."""
    return operation("read_overview", statement("read_oldest_waiting"), {}, _oldest)


def queue_states() -> Operation[list[QueueStats]]:
    """See OverviewCalls.read_queue_states."""
    return operation("read_overview", statement("read_queue_states"), {}, read_queue_stats)


def queue_overview(stats: QueueStats, pace: Mapping[str, Pace], limits: Iterable[LimitState]) -> QueueOverview:
    """The line of one queue, out of what was read of all."""
    own = pace.get(stats.queue)
    limit = next((each for each in limits if each.kind == "queue" and each.queue == stats.queue), None)
    return QueueOverview(
        stats=stats,
        pace=own,
        drain=drain(stats.waiting, own),
        limit=limit,
        per_minute=0.0 if own is None else own.per_minute,
        failure_rate=None if own is None else own.failure_rate,
    )


def _workers(living: Sequence[WorkerProcess]) -> WorkersOverview:
    working = [each for each in living if each.state in (ProcessState.ALIVE, ProcessState.STOPPING)]
    return WorkersOverview(
        alive=len(working),
        stopping=sum(each.state is ProcessState.STOPPING for each in working),
        silent=len(living) - len(working),
        slots=sum(sum(each.slots.values()) for each in working),
        running=sum(each.running for each in working),
        memory=sum(each.memory or 0 for each in working) or None,
    )


def _oldest(rows: Sequence[Row]) -> dict[str, datetime | None]:
    return {row["queue"]: row["since"] for row in rows}


def _keys(rows: Sequence[Row]) -> list[str]:
    return [row["key"] for row in rows]
