"""How a queue stands: a frozen value, read from the kept counts (migrations/functions/counts.sql)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from advisorjobs.database.operation import Row
from advisorjobs.pauses import Pause, read_pause
from advisorjobs.queues import QUEUES, RateLimit

__all__ = ["QueueStats", "read_queue_stats", "stats_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStats:
    """Numbers of jobs, all of one moment. `completed`, `failed`, `cancelled`: ended and not cleaned away since.

    `waiting`: due and not running, those behind a lock or a key too. `delayed`: waiting for their time. `paused`: as many
    as wait, where the whole queue is paused, else 0; an organization's pause is not in it. `pause`: that of the queue.

    `oldest_waiting_at`: since when it waits that waits longest, of the jobs that are next in their organization's line
    (a hundred lines are looked at). `rate` and `running`: the limits in force over all workers.
    `closed_until`: an external service asked for patience. `workers`: living processes that serve the queue.
    """

    queue: str
    waiting: int = 0
    active: int = 0
    completed: int = 0
    failed: int = 0
    delayed: int = 0
    paused: int = 0
    cancelled: int = 0
    is_paused: bool = False
    pause: Pause | None = None
    oldest_waiting_at: datetime | None = None
    closed_until: datetime | None = None
    rate: RateLimit | None = None
    running: int | None = None
    workers: int = 0


def read_queue_stats(rows: Sequence[Row]) -> list[QueueStats]:
    """Reads rows of get_queue_stats.sql: the queues of the table in its order, all of them, then others by name."""
    found = {row["queue"]: _queue_stats(row) for row in rows}
    table = [found.pop(name, QueueStats(queue=name)) for name in QUEUES]
    return [*table, *(found[name] for name in sorted(found))]


def stats_of(queue: str, rows: Sequence[Row]) -> QueueStats:
    """Reads the row of *queue*, which has none before its first job."""
    return _queue_stats(rows[0]) if rows else QueueStats(queue=queue)


def _queue_stats(row: Row) -> QueueStats:
    pause = {"queue": row["queue"], "organization_id": None, "since": row["paused_since"], "until": row["paused_until"]}
    return QueueStats(
        queue=row["queue"],
        waiting=row["waiting"],
        active=row["active"],
        completed=row["completed"],
        failed=row["failed"],
        delayed=row["delayed"],
        paused=row["paused"],
        cancelled=row["cancelled"],
        is_paused=row["is_paused"],
        pause=read_pause({**pause, "reason": row["pause_reason"], "paused_by": row["paused_by"]}),
        oldest_waiting_at=row["oldest_waiting_at"],
        closed_until=row["closed_until"],
        rate=None if row["rate"] is None else RateLimit(row["rate"], row["rate_window"]),
        running=row["running"],
        workers=row["workers"],
    )
