"""The pulse: looks once a second what has changed, while anybody is looking on, and tells all of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from advisorjobs.inspector.changes import Marks

__all__ = ["Pulse"]

log = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds between two looks."""


class Pulse:
    """*read* gives the marks of all topics. Listeners get sets of topics; "tick" is in each, "away" where the database is.

    *changed* is called before they are told of anything but the tick.
    """

    def __init__(
        self, read: Callable[[], Awaitable[Marks]], interval: float = INTERVAL, changed: Callable[[], None] | None = None
    ) -> None:
        self._read = read
        self._changed = changed
        self._interval = interval
        self._listeners: set[asyncio.Queue[frozenset[str] | None]] = set()
        self._beating: asyncio.Task[None] | None = None
        self._stopped = False

    async def changes(self) -> AsyncIterator[frozenset[str]]:
        """What changed, each second, until the pulse is stopped. A slow listener gets the later ones together."""
        if self._stopped:
            return
        queue: asyncio.Queue[frozenset[str] | None] = asyncio.Queue()
        self._listeners.add(queue)
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat())
        try:
            while (changed := await queue.get()) is not None:
                while not queue.empty() and (more := queue.get_nowait()) is not None:
                    changed |= more
                yield changed
        finally:
            self._listeners.discard(queue)

    def stop(self) -> None:
        """Ends all listeners' streams: the process is about to end."""
        self._stopped = True
        for queue in self._listeners:
            queue.put_nowait(None)

    async def _beat(self) -> None:
        before: Marks | None = None
        while self._listeners and not self._stopped:
            changed = frozenset({"tick"})
            try:
                now = await self._read()
            except Exception as error:
                log.warning("the dashboard could not look at the database (%s)", type(error).__name__)
                changed |= {"away"}
            else:
                if before is not None:
                    changed |= {topic for topic in now.keys() | before.keys() if now.get(topic) != before.get(topic)}
                before = now
            if len(changed) > 1 and self._changed is not None:
                self._changed()
            for queue in self._listeners:
                queue.put_nowait(changed)
            await asyncio.sleep(self._interval)
