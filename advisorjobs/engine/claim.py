"""Taking work: one claim at a time for all queues with room, at once while there is work, patiently while there is none."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Container, Iterable
from enum import Enum
from operator import attrgetter
from time import monotonic

import psycopg

from advisorjobs.database.link import Link, is_passing
from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.complete import BATCH, Completer
from advisorjobs.engine.dispatch import Dispatcher
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.slots import Slots
from advisorjobs.engine.visit import Visit
from advisorjobs.engine.wakeup import Listener
from advisorjobs.monitoring.meter import Meter

__all__ = ["Claimer", "in_turn"]

log = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.004
LONGEST_PAUSE = 1.0
LONGEST_PAUSE_DEAF = 0.15
"""Without LISTEN, polling is the only way to hear of work."""

PATIENCE = 0.02
"""A worker whose pauses have grown to this says that it waits, so that inserts notify."""

BETWEEN = 0.05
"""While one queue flows, how often the queues that ran dry are looked at if nothing ends."""

LOOK_ASIDE = 1.0

JOB = len(Claimed._fields) - 1
"""Columns of a claim's answer that describe a job; those after them describe a queue."""

LEASE_LOST = "AJ001"


class Rested(Enum):
    """What ended a rest."""

    ALL = "all"
    ROOM = "room"
    WOKEN = "woken"


class Claimer:
    """The loop that claims. `wake()` and `room()` may be called at any time from the event loop."""

    def __init__(
        self,
        *,
        link: Link,
        slots: Slots,
        dispatcher: Dispatcher,
        completer: Completer,
        listener: Listener | None,
        names: list[str],
        polling: float,
        on_lost: Callable[[], None],
        on_unanswered: Callable[[], None],
        meter: Meter | None = None,
    ) -> None:
        self.link = link
        self.slots = slots
        self.dispatcher = dispatcher
        self.completer = completer
        self.listener = listener
        self.names = names
        self.polling = polling
        self.on_lost = on_lost
        self.on_unanswered = on_unanswered
        self.meter = meter or Meter()
        self.lease: Lease | None = None
        self.caught_up = asyncio.Event()
        self._event = asyncio.Event()
        self._woken = False
        self._quiet = (
            False  # nothing was written since the last claim was sent: a retry might be ready that it didn't see
        )
        self._waiting: bool | None = None  # what the database was told last; None: unknown
        self._pause = SHORTEST_PAUSE
        self._aside_at = 0.0
        self._aside = True
        self._dry: set[str] = set()

    def work_under(self, lease: Lease) -> None:
        """Claims under *lease* from now on; the database knows nothing yet of this worker's idleness."""
        self.lease = lease
        self._waiting = None

    def wake(self) -> None:
        """There may be work, or a limit may have changed."""
        self.slots.reopen()
        self._woken = True
        self._event.set()

    def room(self) -> None:
        """A run ended: there may be a free slot, or less to write."""
        self._event.set()

    def written(self) -> None:
        """The ends of runs are in the database: where a limit counts what runs, more may start."""
        self._quiet = False
        if self.slots.limited():
            self._woken = True
        self._event.set()

    async def loop(self) -> None:
        """Claims for ever; after an error of the database, with the link's back-off."""
        while True:
            try:
                await self._step()
            except (psycopg.Error, TimeoutError, OSError) as error:
                self._waiting = None
                if getattr(error, "sqlstate", None) == LEASE_LOST:
                    self.on_lost()
                elif not is_passing(error):
                    log.error(
                        "the claim failed: %s (sqlstate %s)", type(error).__name__, getattr(error, "sqlstate", None)
                    )
                    await asyncio.sleep(LONGEST_PAUSE)

    async def _step(self) -> None:
        lease = self.lease
        if lease is None or not lease.alive or len(self.completer) > 2 * BATCH:
            self._woken = False
            await self._rest(0.1)
            return
        queues, counts = self.slots.wanted(monotonic(), self.dispatcher.executor.ready)
        if not queues:
            self._woken = False  # whatever it was, a claim will see it once there is room
            now = monotonic()
            if self._waiting is not True and self.slots.shut(now) and self.slots.opening(now) >= PATIENCE:
                await self._wait_for_word(lease)
            else:
                await self._rest(LONGEST_PAUSE)
            return
        flowing = not self._dry.issuperset(self.slots.queues)
        if flowing and self._dry.issuperset(queues) and await self._rest(BETWEEN) is Rested.ROOM:
            return  # a run ended: perhaps of a queue that has more
        self._woken = False  # before the claim: what comes in while it is under way counts for the next
        self._quiet = True
        jobs = await self.claim(lease, queues, counts)
        self._note_dry(queues, counts, jobs)
        if jobs:
            await asyncio.sleep(0)  # they start before anything else is asked
        if self._dry.issuperset(self.slots.queues):
            await self._idle(lease, jobs)
        else:
            self._pause = SHORTEST_PAUSE
            if self._waiting is not False and len(jobs) > 1:
                await self._say_waiting(lease, False)
            await asyncio.sleep(0)

    def _note_dry(self, queues: list[str], counts: list[int], jobs: list[Claimed]) -> None:
        """A queue that brought less than it was asked for has no more for now; the others go on flowing."""
        brought = Counter(job.queue for job in jobs)
        for name, count in zip(queues, counts, strict=True):
            if brought[name] < count:
                self._dry.add(name)
            else:
                self._dry.discard(name)

    async def claim(self, lease: Lease, queues: list[str], counts: list[int]) -> list[Claimed]:
        """Claims and starts *counts* jobs of *queues*, or what there is of them; returns them."""
        sent_at = monotonic()
        aside = self._aside or sent_at - self._aside_at > LOOK_ASIDE
        if aside:
            self._aside_at = sent_at
        token = lease.open_claim()
        asked = [self.slots.queues[name] for name in queues]
        aged = [queue.aged(count) for queue, count in zip(asked, counts, strict=True)]
        held = 0
        try:
            rows = await self.link.fetch(
                "claim_jobs",
                {
                    "worker": lease.worker,
                    "token": token,
                    "queues": queues,
                    "free": counts,
                    "names": self.names,
                    "look_aside": aside,
                    "cursors": [queue.cursor for queue in asked],
                    "aged": aged,
                },
            )
            jobs = [Claimed._make((*row[: JOB - 1], token, row[JOB - 1])) for row in rows if row[0] is not None]
            held = len(jobs)
            self.meter.claimed(held, monotonic() - sent_at)
        except BaseException as error:
            if getattr(error, "sqlstate", None) == LEASE_LOST:
                lease.end()
            self.on_unanswered()
            raise
        finally:
            lease.holds(token, held)
        self._aside = aside and held >= sum(counts)
        visits = [Visit(row[1], *row[JOB:]) for row in rows[held:]]
        brought = Counter(job.queue for job in jobs)
        for queue, part in zip(asked, aged, strict=True):
            queue.brought(brought[queue.name], part)
        for visit in visits:
            self.slots.queues[visit.queue].heard(visit, monotonic(), self.polling)
        jobs = in_turn(jobs, {visit.queue for visit in visits if visit.fair})
        self.dispatcher.take(
            jobs, lease, {v.queue: sent_at + v.start_within for v in visits if v.start_within is not None}
        )
        return jobs

    async def _idle(self, lease: Lease, jobs: list[Claimed]) -> None:
        """Nothing more is ready: waits for a word, a due job, or the pause, which grows from milliseconds to a second."""
        if not jobs and self._quiet and self.dispatcher.slots.idle() and not len(self.completer):
            self.caught_up.set()
        if self._waiting is not True and self._pause >= PATIENCE:
            await self._wait_for_word(lease)
            return
        if self._woken:
            await asyncio.sleep(0 if jobs else 0.001)
            return
        pause = self._pause
        deaf = self.listener is None or not self.listener.listening
        self._pause = min(self._pause * 2, self.polling, LONGEST_PAUSE_DEAF if deaf else LONGEST_PAUSE)
        if pause >= PATIENCE:
            due = await self.link.value("next_due")
            if due is not None:  # one that is due and was not taken is held by somebody: no reason to hurry
                pause = min(pause, due + 0.001 if due > 0 else PATIENCE)
        if not self._woken:
            await self._rest(pause, only_wake=True)

    async def _rest(self, seconds: float, *, only_wake: bool = False) -> Rested:
        """Waits for a word that there may be work, or (unless *only_wake*) for room, at most *seconds*."""
        now = monotonic()
        end = now + min(seconds, self.slots.opening(now))
        while not self._woken:
            self._event.clear()
            left = end - monotonic()
            if left <= 0:
                return Rested.ALL
            try:
                async with asyncio.timeout(left):
                    await self._event.wait()
            except TimeoutError:
                return Rested.ALL
            if not only_wake and not self._woken:
                return Rested.ROOM
        return Rested.WOKEN

    async def _wait_for_word(self, lease: Lease) -> None:
        """Says that this worker waits. One more claim is due: what was inserted before the word was inserted without it."""
        await self._say_waiting(lease, True)
        self.slots.reopen()

    async def _say_waiting(self, lease: Lease, waiting: bool) -> None:
        await self.link.value("set_waiting", {"worker": lease.worker, "waiting": waiting})
        self._waiting = waiting


def in_turn(jobs: Iterable[Claimed], fair: Container[str]) -> list[Claimed]:
    """A claim's jobs in the order in which they are to start: by priority, then by arrival.

    In *fair* queues organizations take turns here too: else one that has queued a single job just now would wait for all
    that the same claim brought of the others.
    """
    places: Counter[tuple[str, str | None]] = Counter()
    order = []
    for job in sorted(jobs, key=_arrival):
        place = 0
        if job.queue in fair:
            places[job.queue, job.organization_id] = place = places[job.queue, job.organization_id] + 1
        order.append((-job.priority, place, job.id, job))
    order.sort()
    return [job for _, _, _, job in order]


_arrival = attrgetter("id")
