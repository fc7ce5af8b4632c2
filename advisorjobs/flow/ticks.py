"""What a schedule does now: pure decisions on a row of the database and the database's time.

A *tick* is a moment at which a schedule is due. It is ON TIME when it is found no more than a minute late; later ones, because
no worker was alive, are MISSED, and the policy says what becomes of them:

* `skip`: nothing;
* `once` (the default): the latest tick runs now, for all of them;
* `all`: each runs now, the latest `missed_cap` of all that are due where there are more.

Where nothing was missed, all ticks on time run. With `give_up_after` nothing runs that is later than that. What is due during a
pause is not missed: it was not wanted.

JITTER spreads what is due at one moment: the job waits for a time between nothing and `jitter` that depends on the schedule and
the tick alone, so that whoever creates the job, and however often it is tried, it is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from advisorjobs.errors import SettingsError
from advisorjobs.flow.recurrence import INSTANT, Recurrence, recurrence

__all__ = ["ON_TIME", "Due", "Missed", "Overlap", "Step", "Tick", "decide"]

ON_TIME = timedelta(minutes=1)
MOST_AT_ONCE = 1000
"""Ticks of one schedule that are made into jobs at once; a job a second for the minute that counts as on time are 60."""


class Overlap(StrEnum):
    """What happens at a tick while the job of an earlier one still waits or runs: both go on; the new one is left out; the
    old one is cancelled."""

    ALLOW = "allow"
    SKIP = "skip"
    REPLACE = "replace"


class Missed(StrEnum):
    """What becomes of ticks that found no worker: see the top of flow/ticks.py."""

    SKIP = "skip"
    ONCE = "once"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A schedule that must be looked at, as due_schedules.sql has it.

    `next_at` None: it is new or was changed, and its first tick is the first one later than `planned_from`. `left`: runs until
    its limit, None: without end. `identity`: what jitter depends on.
    """

    id: int
    version: int
    identity: str
    cron: str | None
    every: timedelta | None
    timezone: str
    start: datetime | None
    end: datetime | None
    left: int | None
    jitter: timedelta
    missed: Missed
    missed_cap: int
    give_up_after: timedelta | None
    next_at: datetime | None
    planned_from: datetime


@dataclass(frozen=True, slots=True)
class Tick:
    """A job to be created for the moment `at`; it may start `delay` from now."""

    at: datetime
    delay: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How the schedule goes on from `version`. `next_at` None: it has ended. `broken`: why it can't go on, or None."""

    id: int
    version: int
    ticks: tuple[Tick, ...] = ()
    next_at: datetime | None = None
    broken: str | None = None

    def as_json(self) -> Mapping[str, Any]:
        """As advisorjobs_advance_schedules takes it."""
        return {
            "id": self.id,
            "version": self.version,
            "ticks": [{"at": tick.at.isoformat(), "delay": tick.delay.total_seconds()} for tick in self.ticks],
            "next_at": None if self.next_at is None else self.next_at.isoformat(),
            "broken": self.broken,
        }


def decide(due: Due, now: datetime) -> Step:
    """The ticks that are made into jobs now, and the next one. What can't be read makes the schedule broken."""
    try:
        times = recurrence(cron=due.cron, every=due.every, timezone=due.timezone, start=due.start, end=due.end)
    except SettingsError as error:
        return Step(id=due.id, version=due.version, broken=str(error))
    first = due.next_at or times.next_after(due.planned_from)
    if first is None and due.next_at is None and due.end is None:
        return Step(
            id=due.id, version=due.version, broken=f"cron={due.cron!r} never comes: no date within 50 years fits"
        )
    if first is None or first > now:
        return Step(id=due.id, version=due.version, next_at=first)
    following = times.next_after(first)
    if following is None or following > now:
        runs = [first] if _wanted_alone(due, now - first) else []
    else:
        runs, following = _wanted(due, times, first, now), times.next_after(now)
    if due.left is not None:
        runs = runs[: due.left]
    ticks = tuple(Tick(run, max(run + jitter_of(due, run) - now, timedelta())) for run in runs)
    return Step(id=due.id, version=due.version, ticks=ticks, next_at=following)


def jitter_of(due: Due, tick: datetime) -> timedelta:
    """How long the job of *tick* waits, to the millisecond."""
    most = int(due.jitter / timedelta(milliseconds=1))
    digest = hashlib.sha256(f"{due.identity} {tick.timestamp():.6f}".encode()).digest()
    return timedelta(milliseconds=int.from_bytes(digest[:8]) % (most + 1))


def _wanted_alone(due: Due, late: timedelta) -> bool:
    """Whether the only tick that is due runs; nearly always there is one, and finding others costs more."""
    in_time = due.give_up_after is None or late <= due.give_up_after
    return in_time and (late <= ON_TIME or due.missed is not Missed.SKIP)


def _wanted(due: Due, times: Recurrence, first: datetime, now: datetime) -> list[datetime]:
    if due.give_up_after is not None:
        first = max(first, now - due.give_up_after)
    fresh = max(first, now - ON_TIME)
    on_time = times.latest(MOST_AT_ONCE, fresh, now)
    if due.missed is Missed.SKIP:
        return on_time
    cap = due.missed_cap if due.missed is Missed.ALL else 1
    late = times.latest(cap, first, fresh - INSTANT) if first < fresh else []
    kept = max(cap, len(on_time)) if due.missed is Missed.ALL else 1
    return [*late, *on_time][-kept:] if late else on_time
