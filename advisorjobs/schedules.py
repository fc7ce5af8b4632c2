"""A schedule as seen from outside: what it runs, when, by which policies, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from advisorjobs.database.operation import Row
from advisorjobs.errors import SettingsError
from advisorjobs.flow.recurrence import recurrence
from advisorjobs.flow.ticks import Missed, Overlap

__all__ = ["Schedule", "ScheduleState", "read_schedule", "read_schedules", "without_names"]


class ScheduleState(StrEnum):
    """It goes on; people let it rest; no worker can make anything of it (`broken` says why); its end or limit is reached."""

    ACTIVE = "active"
    PAUSED = "paused"
    BROKEN = "broken"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """`key` is unique within `organization_id`. Either `cron` in `timezone`, or `every`. `max_runs` None: without limit.

    `runs`: jobs that its ticks created; `skipped`: ticks left out while the job before still lived. `next_run_at` None: there
    is none. `last_outcome`: the status of the last job, None once that was cleaned away. `priority` None: the queue's.
    `seen_at`: the database's time when this was read.
    """

    key: str
    organization_id: str | None
    name: str
    queue: str
    payload: dict[str, Any]
    cron: str | None
    every: timedelta | None
    timezone: str
    state: ScheduleState
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_job_id: int | None
    last_outcome: str | None
    runs: int
    skipped: int
    start_at: datetime | None
    end_at: datetime | None
    max_runs: int | None
    jitter: timedelta
    overlap: Overlap
    missed: Missed
    missed_cap: int
    give_up_after: timedelta | None
    priority: int | None
    tags: tuple[str, ...]
    broken: str | None
    paused_at: datetime | None
    paused_by: str | None
    paused_why: str | None
    ended_at: datetime | None
    periodic_id: str | None
    created_at: datetime
    created_by: str | None
    changed_at: datetime
    changed_by: str | None
    seen_at: datetime = field(compare=False)

    @property
    def times(self) -> str:
        """`0 9 * * *` in its zone, or `every 15 min`."""
        if self.cron is not None:
            return self.cron
        seconds = (self.every or timedelta()).total_seconds()
        for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
            if seconds % size == 0:
                return f"every {seconds / size:g} {unit}"
        return f"every {seconds:g} s"

    def upcoming(self, count: int = 10) -> list[datetime]:
        """The next *count* runs, in the local time of the schedule's zone; of a paused one, as if it went on now.

        Fewer, where an end or the limit comes first. Jitter isn't in them.
        """
        if self.state in (ScheduleState.BROKEN, ScheduleState.ENDED):
            return []
        left = count if self.max_runs is None else min(count, self.max_runs - self.runs)
        times = recurrence(
            cron=self.cron, every=self.every, timezone=self.timezone, start=self.start_at, end=self.end_at
        )
        return times.upcoming(max(0, left), self.seen_at)


_FIELDS = {each.name for each in fields(Schedule)}


def read_schedules(rows: Sequence[Row]) -> list[Schedule]:
    """Reads rows of list_schedules.sql."""
    return [_schedule(row) for row in rows]


def read_schedule(rows: Sequence[Row]) -> Schedule | None:
    """Reads get_schedule.sql; None where there is none. Raises SettingsError where several organizations have the key."""
    found = read_schedules(rows)
    if len(found) > 1:
        rule = f"{len(found)} organizations have a schedule with this key: name one, with organization_id"
        raise SettingsError("key", found[0].key, rule)
    return found[0] if found else None


def _schedule(row: Row) -> Schedule:
    return Schedule(
        **{name: value for name, value in row.items() if name in _FIELDS}
        | {
            "state": ScheduleState(row["state"]),
            "overlap": Overlap(row["overlap"]),
            "missed": Missed(row["missed"]),
            "tags": tuple(row["tags"] or ()),
            "next_run_at": row["next_run_at"] or _planned(row),
            "seen_at": row["now"],
        }
    )


def _planned(row: Row) -> datetime | None:
    """The first run of a schedule that no worker has looked at yet."""
    if row["state"] != ScheduleState.ACTIVE:
        return None
    try:
        times = recurrence(
            cron=row["cron"], every=row["every"], timezone=row["timezone"], start=row["start_at"], end=row["end_at"]
        )
    except SettingsError:  # the first worker that looks will say so in `broken`
        return None
    return times.next_after(row["planned_from"])


def without_names(schedule: Schedule) -> Schedule:
    """What people of its organization are shown: not who of those that run the system changed it, nor what they noted."""
    return replace(schedule, created_by=None, changed_by=None, paused_by=None, paused_why=None)
