"""What a queue, an organization or a key may start, as the database has it now: frozen values, each with its origin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from advisorjobs.database.operation import Row
from advisorjobs.pauses import Pause, read_pause
from advisorjobs.queues import QUEUES, RateLimit, queue_settings

__all__ = [
    "Change",
    "KeyLimit",
    "OrganizationRule",
    "Origin",
    "QueueLimits",
    "Setting",
    "read_key_limits",
    "read_organization_rules",
    "read_queue_limits",
]

T = TypeVar("T")


class Origin(StrEnum):
    """What set a value: the queue table of this program, people, or the table of a program of another version."""

    TABLE = "table"
    CHANGED = "changed"
    OTHER_TABLE = "another program's table"


@dataclass(frozen=True, slots=True)
class Change:
    """Who changed something, when and why."""

    at: datetime
    by: str | None
    why: str | None

    def __str__(self) -> str:
        reason = f": {self.why}" if self.why else ""
        return f"changed by {self.by or 'somebody'} {self.at.astimezone():%Y-%m-%d}{reason}"


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """A value that is in force, and what set it."""

    value: T
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimits:
    """A queue over all workers. `rate` and `running` (at once) None: no limit; `organization_…`: the same for each
    organization. `fair`: organizations are served in turn. `change`: the last one by people. `closed_until`: an external
    service asked for patience. `pause`: of the whole queue.
    """

    queue: str
    rate: Setting[RateLimit | None]
    running: Setting[int | None]
    organization_rate: Setting[RateLimit | None]
    organization_running: Setting[int | None]
    fair: Setting[bool]
    change: Change | None
    closed_until: datetime | None
    pause: Pause | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationRule:
    """What differs for one organization in a queue, or (`queue` None) in each. None: as the queue says.

    `weight`: turns in a row, 1 unless said.
    """

    organization_id: str
    queue: str | None
    weight: int | None
    rate: RateLimit | None
    running: int | None
    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimit:
    """Limits of a service or account over all queues. `closed_until`: it asked for patience."""

    key: str
    rate: RateLimit | None
    running: int | None
    closed_until: datetime | None
    change: Change


def read_queue_limits(rows: Sequence[Row]) -> list[QueueLimits]:
    """Reads rows of get_queue_limits.sql: the queues of the table in its order, then others by name."""
    order = {name: place for place, name in enumerate(QUEUES)}
    return sorted(map(_queue_limits, rows), key=lambda found: (order.get(found.queue, len(order)), found.queue))


def read_organization_rules(rows: Sequence[Row]) -> list[OrganizationRule]:
    """Reads rows of get_organization_rules.sql."""
    return [
        OrganizationRule(
            organization_id=row["organization_id"],
            queue=row["queue"] or None,
            weight=row["weight"],
            rate=_rate(row, "rate"),
            running=row["running"],
            change=Change(row["changed_at"], row["changed_by"], row["changed_why"]),
        )
        for row in rows
    ]


def read_key_limits(rows: Sequence[Row]) -> list[KeyLimit]:
    """Reads rows of get_key_limits.sql."""
    return [
        KeyLimit(
            key=row["key"],
            rate=_rate(row, "rate"),
            running=row["running"],
            closed_until=row["closed_until"],
            change=Change(row["changed_at"], row["changed_by"], row["changed_why"]),
        )
        for row in rows
    ]


def _queue_limits(row: Row) -> QueueLimits:
    name = row["queue"]
    changed = row["changed_at"] is not None

    def setting(value: Any, table: Any) -> Setting[Any]:
        other = Origin.CHANGED if changed else Origin.OTHER_TABLE
        return Setting(value, Origin.TABLE if value == table else other)

    return QueueLimits(
        queue=name,
        rate=setting(_rate(row, "rate"), queue_settings(name).rate_limit),
        running=setting(row["running"], None),
        organization_rate=setting(_rate(row, "organization_rate"), None),
        organization_running=setting(row["organization_running"], None),
        fair=setting(row["fair"], table=True),
        change=Change(row["changed_at"], row["changed_by"], row["changed_why"]) if changed else None,
        closed_until=row["closed_until"],
        pause=read_pause({**row, "organization_id": None}),
    )


def _rate(row: Row, column: str) -> RateLimit | None:
    starts = row[column]
    return None if starts is None else RateLimit(starts, row[f"{column}_window"])
