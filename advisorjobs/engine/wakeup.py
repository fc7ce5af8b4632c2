"""Being told that there is work: LISTEN on a connection of its own. Polling covers all that a lost one would miss."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import psycopg

from advisorjobs.database.link import Link, is_passing
from advisorjobs.database.statement import statement

__all__ = ["Listener"]

log = logging.getLogger(__name__)

PING = 10.0
PING_TIMEOUT = 5.0


class Listener:
    """Calls `on_work` and `on_cancel` as told. `listening` is false while the connection is down: poll faster then.

    Anybody who may connect may notify: whatever is not one of the two constants is counted in `ignored`, nothing more.
    """

    def __init__(self, link: Link, *, on_work: Callable[[], None], on_cancel: Callable[[], None]) -> None:
        self.link = link
        self.listening = False
        self.ignored = 0
        self._calls = {"work": on_work, "cancel": on_cancel}

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
        self._calls["work"]()
        while True:
            async for notification in connection.notifies(timeout=PING):
                call = self._calls.get(notification.payload)
                if call is not None:
                    call()
                else:
                    self.ignored += 1
            async with asyncio.timeout(PING_TIMEOUT):
                await connection.execute(statement("ping"))
