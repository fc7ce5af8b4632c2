"""Reads that many look at together: one goes to the database, all who ask meanwhile or soon after get its answer."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

__all__ = ["Shared"]

R = TypeVar("R")

MOST = 1_000
"""Answers that are kept at a time: beyond it the oldest go."""


class Shared:
    """For one event loop. What is shared must be the same for everybody who may ask by its key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._read: dict[Hashable, tuple[float, asyncio.Future[Any], float]] = {}

    async def get(self, key: Hashable, seconds: float, read: Callable[[], Awaitable[R]]) -> R:
        """What *read* gives, or gave for this *key* up to *seconds* ago. An error is everybody's who waited, and not kept."""
        now = self._clock()
        kept = self._read.get(key)
        if kept is None or (kept[1].done() and now - kept[0] > seconds):
            kept = now, asyncio.ensure_future(read()), seconds
            self._read.pop(key, None)
            self._read[key] = kept
            while len(self._read) > MOST:
                self._read.pop(next(iter(self._read)))
        try:
            return cast("R", await asyncio.shield(kept[1]))
        except Exception:
            if self._read.get(key) is kept:
                del self._read[key]
            raise

    def forget(self, longest: float = math.inf) -> None:
        """Whoever asks next gets a new answer, where one may be up to *longest* seconds old; those who wait get the old one."""
        for key in [key for key, (_, _, seconds) in self._read.items() if seconds <= longest]:
            del self._read[key]
