"""How fast a queue is worked off: what ended lately, and when it will be empty at that pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Drain", "Ended", "Outlook", "Pace", "PaceCalls", "drain", "paces"]

MARGIN = 5
"""So many more jobs waiting than five minutes ago are no growth yet,"""

PART = 0.02
"""nor is so large a part of what waited then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What ended in a queue within the last `seconds` (five minutes, less where its work began within them).

    `waiting_before`: how many waited five minutes ago, None where nobody knows. `completed_by_minute`,
    `failed_by_minute`: the last hour, sixty numbers, the oldest first, the last of the present minute.
    """

    queue: str
    seconds: float
    completed: int
    failed: int
    cancelled: int
    waiting_before: int | None
    completed_by_minute: tuple[int, ...]
    failed_by_minute: tuple[int, ...]

    @property
    def per_minute(self) -> float:
        """Jobs that ended in a minute, on average."""
        return 60 * (self.completed + self.failed + self.cancelled) / self.seconds if self.seconds > 0 else 0.0

    @property
    def failed_in_hour(self) -> int:
        """Jobs that failed within the last hour."""
        return sum(self.failed_by_minute)

    @property
    def failure_rate(self) -> float | None:
        """Share of the failed in the completed and failed jobs of the last hour, 0 to 1; None without any."""
        ended = sum(self.completed_by_minute) + self.failed_in_hour
        return self.failed_in_hour / ended if ended else None


class Outlook(StrEnum):
    """What becomes of a queue's waiting jobs."""

    EMPTY = "empty"
    FALLS = "falls"
    GROWS = "grows"
    STANDS = "stands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """`seconds`: until nothing waits any more, at the pace of the last minutes; only where it `falls`."""

    outlook: Outlook
    seconds: float | None = None


def drain(waiting: int, pace: Pace | None) -> Drain:
    """How long *waiting* jobs take at *pace*: waiting ÷ what ended in a second. None where they grow, or nothing ends."""
    if waiting <= 0:
        return Drain(outlook=Outlook.EMPTY)
    before = None if pace is None else pace.waiting_before
    if before is not None and waiting > before + max(MARGIN, PART * before):
        return Drain(outlook=Outlook.GROWS)
    if pace is None or pace.per_minute <= 0:
        return Drain(outlook=Outlook.STANDS)
    return Drain(outlook=Outlook.FALLS, seconds=60 * waiting / pace.per_minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Jobs that ended in a queue, by the hours of UTC, the oldest first; the last is the present one."""

    queue: str
    completed: tuple[int, ...]
    failed: tuple[int, ...]


class PaceCalls:
    """How fast queues are worked off."""

    app: App

    @call
    def read_paces(self, queue: str | None = None, *, connection: Any = None) -> Operation[dict[str, Pace]]:
        """By queue name: every queue that had jobs, or *queue* only."""
        return paces(queue, connection)

    @call
    def read_day(self, *, connection: Any = None) -> Operation[dict[str, Ended]]:
        """By queue name: the last 24 hours and the present one, of every queue in which something ended."""
        return operation("read_day", statement("read_day_by_hour"), {}, _day, connection)


def paces(queue: str | None = None, connection: Any = None) -> Operation[dict[str, Pace]]:
    """See PaceCalls.read_paces."""
    return operation("read_paces", statement("read_paces"), {"queue": queue}, _paces, connection)


def _paces(rows: Sequence[Row]) -> dict[str, Pace]:
    return {row["queue"]: _pace(row) for row in rows}


def _pace(row: Row) -> Pace:
    return Pace(
        queue=row["queue"],
        seconds=row["seconds"],
        completed=row["completed"],
        failed=row["failed"],
        cancelled=row["cancelled"],
        waiting_before=row["waiting_before"],
        completed_by_minute=tuple(row["completed_by_minute"]),
        failed_by_minute=tuple(row["failed_by_minute"]),
    )


def _day(rows: Sequence[Row]) -> dict[str, Ended]:
    return {
        row["queue"]: Ended(queue=row["queue"], completed=tuple(row["completed"]), failed=tuple(row["failed"]))
        for row in rows
    }
