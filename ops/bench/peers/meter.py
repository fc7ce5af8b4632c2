"""What every peer's script shares: counting runs, pacing, and one JSON line of results. Imports the standard library only.

Clocks are CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

monotonic = time.monotonic_ns


class Tally:
    """Counts runs of this process; the first and the last moment and, where wanted, each run's own go to a file at the end."""

    def __init__(self, path: str, expected: int) -> None:
        self.path, self.expected = path, expected
        self.count = self.first = self.last = 0
        self.moments: list[tuple[int, int]] = []

    def hit(self, number: int) -> None:
        self.last = monotonic()
        if not self.count:
            self.first = self.last
        self.count += 1
        self.moments.append((number, self.last))

    def write(self) -> None:
        """Puts the file in place whole: a reader never sees half of it."""
        with open(f"{self.path}.part", "w") as file:
            json.dump({"count": self.count, "first": self.first, "last": self.last, "moments": self.moments}, file)
        os.replace(f"{self.path}.part", self.path)

    async def watch(self) -> None:
        """Writes the tally whenever it has changed and rests, so that a reader sees it once the work is done."""
        seen = -1
        while True:
            await asyncio.sleep(0.05)
            if self.count != seen and (self.count >= self.expected or self.count == seen):
                self.write()
            seen = self.count


def report(**figures: Any) -> None:
    print(json.dumps(figures), flush=True)


async def timed(count: int, work: Awaitable[Any]) -> None:
    """Awaits *work*, which enqueues *count* jobs, and reports jobs per second."""
    start = monotonic()
    await work
    report(rate=count / ((monotonic() - start) / 1e9))


async def one_by_one(count: int, enqueue: Callable[[int], Awaitable[Any]]) -> None:
    for number in range(count):
        await enqueue(number)


async def chunks(count: int, size: int, enqueue: Callable[[Sequence[int]], Awaitable[Any]]) -> None:
    for start in range(0, count, size):
        await enqueue(range(start, min(count, start + size)))


async def paced(count: int, milliseconds: float, enqueue: Callable[[int], Awaitable[Any]]) -> None:
    """Enqueues one job every *milliseconds*, and reports the moment at which each enqueue returned."""
    start, returned = time.monotonic(), []
    for number in range(count):
        pause = start + number * milliseconds / 1000 - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        await enqueue(number)
        returned.append((number, monotonic()))
    report(returned=returned)


def run(main: Callable[..., Awaitable[None]]) -> None:
    """Runs *main* with the command line's words, on uvloop where PEER_UVLOOP says so."""
    if os.environ.get("PEER_UVLOOP"):
        import uvloop

        uvloop.run(main(*sys.argv[1:]))
    else:
        asyncio.run(main(*sys.argv[1:]))
