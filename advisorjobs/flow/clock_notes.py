"""What people should know of runs near a change of the clocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter

from advisorjobs.flow.zones import time_zone, wall_clock

__all__ = ["UpcomingRun", "upcoming_runs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingRun:
    """`at`: in the local time of its zone. `clock_change`: how clocks have changed since the run before, in words.

    `moved`: the time that the schedule names doesn't exist on that day; the run comes right after the gap.
    """

    at: datetime
    clock_change: str | None = None
    moved: bool = False


def upcoming_runs(runs: Sequence[datetime], now: datetime, *, timezone: str, cron: str | None) -> list[UpcomingRun]:
    """*runs*, in order and all later than *now*, in the clocks of *timezone*, with what is to be said of each."""
    zone = time_zone(timezone)
    found, before = [], now.astimezone(zone)
    for run in runs:
        at = run.astimezone(zone)
        found.append(UpcomingRun(at=at, clock_change=_change(before, at), moved=_moved(at, cron)))
        before = at
    return found


def _change(before: datetime, after: datetime) -> str | None:
    shift = (after.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
    if not shift:
        return None
    hours, rest = divmod(abs(shift), timedelta(hours=1))
    parts = [f"{hours} h"] * bool(hours) + [f"{rest // timedelta(minutes=1)} min"] * bool(rest)
    return f"clocks are put {'forward' if shift > timedelta() else 'back'} by {' '.join(parts)} before it"


def _moved(at: datetime, cron: str | None) -> bool:
    """Whether the expression doesn't name the time that clocks show then; an interval names none."""
    wall = wall_clock(at, time_zone(str(at.tzinfo))).replace(fold=0)
    return cron is not None and not croniter.match(cron, wall, second_at_beginning=True)
