"""The pulse: looks once a second what has changed, while anybody is looking on, and tells all of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

from advisorjobs.inspector.changes import Marks

__all__ = ["Pulse"]

log = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds between two looks."""

SLOW = ":slow"
"""Pages that are dear to read depend on "jobs:slow": the same as "jobs", told less often where much changes all the time."""

BUSY = ("jobs", "job:", "workers", "queue:")
"""How topics begin that change each second where much is done; others are rare, and told at once."""

PACES = {"": 2.0, SLOW: 10.0}
"""Seconds for one more telling of busy topics, and of their slow ones."""

AT_ONCE = 3
"""So many tellings in a row are given as changes come; where they never end, at the pace."""


class Pace:
    """How often topics may be told: *most* times at once, and once more every *seconds*."""

    def __init__(self, most: float, seconds: float, now: float) -> None:
        self._most, self._seconds, self._left, self._at = most, seconds, most, now

    def take(self, now: float) -> bool:
        """Whether there is a telling left now; takes it."""
        self._left = min(self._most, self._left + (now - self._at) / self._seconds)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Listener:
    """What somebody is to be told of next: one set, however long they don't listen. `job`: the one that they watch."""

    def __init__(self, job: int | None) -> None:
        self.job = job
        self._topics: set[str] = set()
        self._woken = asyncio.Event()
        self._ended = False

    def tell(self, topics: frozenset[str]) -> None:
        self._topics |= topics
        self._woken.set()

    def end(self) -> None:
        self._ended = True
        self._woken.set()

    async def topics(self) -> frozenset[str]:
        """What has changed since they were told last; nothing once there is no more to come."""
        await self._woken.wait()
        self._woken.clear()
        told, self._topics = frozenset(self._topics), set()
        return frozenset() if self._ended else told


class Pulse:
    """*read* gives the marks of all topics, of the jobs that it is given too: those that somebody watches.

    Listeners get sets of topics; "tick" is in each, "away" where the database is, "job:…" in those of who watches it.

    A topic that changes once in a while is told at the next look. One that changes all the time, as "jobs" does while workers
    are busy, is told every few seconds to all who listen at once, so that they share what they read then. What it
    became is told in any case: marks are compared with the ones told, not with those of the look before.
    *changed* is called before they are told of anything but the tick.
    """

    def __init__(
        self,
        read: Callable[[Collection[int]], Awaitable[Marks]],
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[], None] | None = None,
    ) -> None:
        self._read = read
        self._changed = changed
        self._interval = interval
        self._clock = clock
        self._told: dict[str, str] | None = None
        self._paces = {slow: Pace(AT_ONCE, seconds, clock()) for slow, seconds in PACES.items()}
        self._listeners: set[Listener] = set()
        self._beating: asyncio.Task[None] | None = None
        self._stopped = False

    async def changes(self, job: int | None = None) -> AsyncIterator[frozenset[str]]:
        """What changed, each second, until the pulse is stopped. A slow listener gets the later ones together.

        *job*: one that is watched. It is told of once at first, as it may have changed before anybody listened.
        """
        if self._stopped:
            return
        listener = Listener(job)
        self._listeners.add(listener)
        if self._beating is None or self._beating.done():
            self._told = None
            self._beating = asyncio.create_task(self._beat())
        try:
            while changed := await listener.topics():
                yield changed
        finally:
            self._listeners.discard(listener)

    def stop(self) -> None:
        """Ends all listeners' streams: the process is about to end."""
        self._stopped = True
        for listener in self._listeners:
            listener.end()

    async def _beat(self) -> None:
        while self._listeners and not self._stopped:
            changed = frozenset({"tick"})
            try:
                marks = await self._read({each.job for each in self._listeners if each.job is not None})
            except Exception as error:
                log.warning("the dashboard could not look at the database (%s)", type(error).__name__)
                changed |= {"away"}
            else:
                changed |= self._to_tell(marks)
            if len(changed) > 1 and self._changed is not None:
                self._changed()
            jobs = {topic for topic in changed if topic.startswith("job:")}
            for listener in self._listeners:
                listener.tell(changed - (jobs - {f"job:{listener.job}"}))
            await asyncio.sleep(self._interval)

    def _to_tell(self, marks: Marks) -> set[str]:
        """The topics whose marks are others than the ones told, and whose turn it is: those of one pace together."""
        told, self._told = self._told, {f"{topic}{slow}": mark for topic, mark in marks.items() for slow in PACES}
        if told is None:
            return {topic for topic in marks if topic.startswith("job:")}
        changed = {topic for topic in told.keys() | self._told.keys() if told.get(topic) != self._told.get(topic)}
        held: set[str] = set()
        for slow, pace in self._paces.items():
            busy = {topic for topic in changed if topic.startswith(BUSY) and topic.endswith(SLOW) == bool(slow)}
            if busy and not pace.take(self._clock()):
                held |= busy
        for topic in held:
            if topic in told:
                self._told[topic] = told[topic]
            else:
                del self._told[topic]
        return changed - held
