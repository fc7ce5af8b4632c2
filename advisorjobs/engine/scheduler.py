"""Makes due schedules into jobs. Every worker does; which of them creates a tick's job is decided in the database.

See flow/ticks.py for what is decided, and migrations/functions/schedules.sql for why there is one job for each tick.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import psycopg

from advisorjobs.database.link import Link, is_passing
from advisorjobs.flow.ticks import Due, Missed, Step, decide

__all__ = ["Scheduler"]

log = logging.getLogger(__name__)

AT_ONCE = 50
LONGEST_PAUSE = 10.0
"""An idle scheduler looks so often (seconds), should word of a change be lost."""

SHORTEST_PAUSE = 0.005
PAUSE_FOR_LOCKED = 0.2
"""While what is due is locked by somebody's open transaction, as a change of it is before its commit."""

AFTER_ERROR = 1.0


class Scheduler:
    """*periodic*: keys of the schedules of procrastinate's periodic tasks that this program has; others' are left alone."""

    def __init__(self, link: Link, periodic: Collection[str] = ()) -> None:
        self.link = link
        self.periodic = sorted(periodic)
        self._changed = asyncio.Event()
        self._looked_at: set[tuple[int, int]] = set()

    def wake(self) -> None:
        """A schedule was changed, or time has jumped: look now."""
        self._changed.set()

    async def loop(self) -> None:
        """Runs for ever; sleeps until the next tick."""
        while True:
            self._changed.clear()
            try:
                while await self.run_once():
                    pass
                pause = await self._pause()
            except (psycopg.Error, TimeoutError, OSError) as error:
                if not is_passing(error):
                    log.error("schedules: %s (sqlstate %s)", type(error).__name__, getattr(error, "sqlstate", None))
                pause = AFTER_ERROR
            try:
                await asyncio.wait_for(self._changed.wait(), pause)
            except TimeoutError:
                continue

    async def run_once(self, now: datetime | None = None) -> int:
        """Looks at what is due at *now* (None: the database's time), up to 50 schedules; returns how many of them are new.

        0: nothing more can be done now. Another worker may have advanced them first: then nothing is done twice.
        """
        rows = await self.link.fetch("due_schedules", {"now": now, "periodic": self.periodic, "most": AT_ONCE})
        steps = []
        for row in rows:
            steps.append(_decided(_due(row), row[-1]))
            await asyncio.sleep(0)  # after a long outage a decision takes milliseconds, and others need the loop
        if steps:
            await self._advance(steps)
        before, self._looked_at = self._looked_at, {(step.id, step.version) for step in steps}
        return len(self._looked_at - before)

    async def _advance(self, steps: list[Step]) -> None:
        """Carries *steps* out together; where one can't be, each by itself, and that one is broken from then on."""
        for step in steps:
            if step.broken is not None:
                log.error("schedule %d is broken: `advisorjobs schedules list` says why", step.id)
        try:
            await self._send(steps)
        except psycopg.Error as error:
            if is_passing(error):
                raise
            if len(steps) > 1:
                for step in steps:
                    await self._advance([step])
                return
            reason = f"the database refused its job (sqlstate {error.sqlstate})"
            log.error("schedule %d is broken: %s", steps[0].id, reason)
            await self._send([Step(id=steps[0].id, version=steps[0].version, broken=reason)])

    async def _send(self, steps: list[Step]) -> None:
        values = {"steps": json.dumps([step.as_json() for step in steps])}
        for schedule, tick, outcome, job in await self.link.fetch("advance_schedules", values):
            log.debug("schedule %d, tick %s: %s, job %s", schedule, tick.isoformat(), outcome, job)

    async def _pause(self) -> float:
        seconds: float | None = await self.link.value("next_schedule", {"periodic": self.periodic})
        if seconds is None:
            return LONGEST_PAUSE
        shortest = PAUSE_FOR_LOCKED if self._looked_at else SHORTEST_PAUSE
        return min(max(seconds + SHORTEST_PAUSE, shortest), LONGEST_PAUSE)


def _decided(due: Due, now: datetime) -> Step:
    """Whatever is in one row, it must not end the worker."""
    try:
        return decide(due, now)
    except Exception as error:
        log.error("schedule %d: %s", due.id, type(error).__name__)
        return Step(
            id=due.id, version=due.version, broken=f"no worker can make anything of it ({type(error).__name__})"
        )


def _due(row: tuple[Any, ...]) -> Due:
    """A row of due_schedules.sql."""
    (
        number,
        version,
        organization,
        key,
        cron,
        every,
        zone,
        start,
        end,
        left,
        jitter,
        missed,
        cap,
        give_up,
        at,
        since,
        _,
    ) = row
    return Due(
        id=number,
        version=version,
        identity=f"{organization} {key}",
        cron=cron,
        every=every,
        timezone=zone,
        start=start,
        end=end,
        left=left,
        jitter=jitter or timedelta(),
        missed=Missed(missed),
        missed_cap=cap,
        give_up_after=give_up,
        next_at=at,
        planned_from=since,
    )
