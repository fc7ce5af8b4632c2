"""What keeps the tables in order while a worker works, on a connection of its own: none of it holds up a rescue."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import psycopg

from advisorjobs.database.link import Link, is_passing

__all__ = ["Chores", "chore"]

log = logging.getLogger(__name__)

TIDY_EVERY = 1.0
FOLD_TIME = 60.0
"""Seconds that folding tallies may take: once a day it makes the rows of a whole day."""

RECOUNT_EVERY = 300.0
RECOUNT_TIME = 60.0
PARTITIONS_EVERY = 3600.0


class Chores:
    """Every worker asks for all of them; the statements see to it that one at a time does something."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self._recount_at = 0.0
        self._partitions_at = 0.0

    async def loop(self) -> None:
        """Tidies for ever, once a second."""
        while True:
            await asyncio.sleep(TIDY_EVERY)
            await self.run_once(time.monotonic())

    async def run_once(self, now: float) -> None:
        """What is due at *now* (seconds on the monotonic clock)."""
        await chore(self.link, "keep_era")  # migrations/functions/eras.sql
        await chore(self.link, "fold_counts")  # migrations/functions/counts.sql
        await chore(self.link, "fold_tallies", timeout=FOLD_TIME)  # migrations/functions/tallies.sql
        if now >= self._partitions_at and await chore(self.link, "create_partitions") is not None:
            self._partitions_at = now + PARTITIONS_EVERY
        if now >= self._recount_at:
            await chore(self.link, "recount_living", timeout=RECOUNT_TIME)
            await chore(self.link, "drop_old_minutes")
            self._recount_at = now + RECOUNT_EVERY


async def chore(link: Link, name: str, *, timeout: float = 10.0) -> Any:
    """What statement *name* says; None when it failed, which must not keep others from being done."""
    try:
        return await link.value(name, timeout=timeout)
    except (psycopg.Error, TimeoutError, OSError) as error:
        if not is_passing(error):
            log.error("%s failed: %s (sqlstate %s)", name, type(error).__name__, getattr(error, "sqlstate", None))
        return None
