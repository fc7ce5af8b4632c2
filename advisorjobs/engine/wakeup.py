"""Being told that there is work: LISTEN on a connection of its own. Polling covers all that a lost one would miss."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import psycopg

from advisorjobs.database.link import Link, is_passing
from advisorjobs.database.statement import statement

__all__ = ["Listener"]

log = logging.getLogger(__name__)

PING = 10.0
PING_TIMEOUT = 5.0


class Listener:
    """Calls what *calls* has for the word that it is told: "work", "cancel" or "schedules". `listening` is false while the
    connection is down: poll faster then.

    Anybody who may connect may notify: whatever is none of these constants is counted in `ignored`, nothing more. Once it
    listens (again), it calls for work and for schedules, as word may have been lost.
    """

    def __init__(self, link: Link, calls: Mapping[str, Callable[[], None]]) -> None:
        self.link = link
        self.listening = False
        self.ignored = 0
        self._calls = calls

    async def loop(self) -> None:
        """Listens for ever; reconnects with the link's back-off."""
        while True:
            try:
                await self._listen()
            except (psycopg.Error, TimeoutError, OSError) as error:
                if not is_passing(error):
                    log.error("LISTEN failed, polling meanwhile: %s", type(error).__name__)
                await self.link.drop()
            finally:
                self.listening = False

    async def _listen(self) -> None:
        async with asyncio.timeout(PING_TIMEOUT * 2):
            connection = await self.link.open()
            await connection.execute(statement("listen"))
        self.listening = True
        for word in ("work", "schedules"):
            self._calls[word]()
        while True:
            async for notification in connection.notifies(timeout=PING):
                call = self._calls.get(notification.payload)
                if call is not None:
                    call()
                else:
                    self.ignored += 1
            async with asyncio.timeout(PING_TIMEOUT):
                await connection.execute(statement("ping"))
