"""What the Python peers' scripts share: counting runs, pacing, and one JSON line of results. Standard library only.

Each script knows the commands `setup`, `single COUNT`, `bulk COUNT`, `fill OTHER LATER`, `paced COUNT MILLISECONDS` and
`work`. The environment says the rest: PEER_DSN; PEER_OPTIONS, the peer's own settings as JSON; and for a worker
PEER_TALLY, a folder that takes the counts, and PEER_GO, a file that appears when the work may begin.
Clocks are CLOCK_MONOTONIC, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import mmap
import os
import struct
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

monotonic = time.monotonic_ns
OPTIONS: dict[str, Any] = json.loads(os.environ.get("PEER_OPTIONS", "{}"))
CHUNK = int(OPTIONS.get("chunk", 20_000))


class Tally:
    """Counts the runs of this process in a file that can be read at any time: count, first and last moment.

    With PEER_MOMENTS each run's own moment is written too, a line a run.
    """

    def __init__(self) -> None:
        folder = Path(os.environ["PEER_TALLY"])
        with open(folder / f"{os.getpid()}.tally", "wb+") as file:
            file.truncate(24)
            self.memory = mmap.mmap(file.fileno(), 24)
        self.count = self.first = 0
        wanted = os.environ.get("PEER_MOMENTS")
        self.moments = open(folder / f"{os.getpid()}.moments", "a", buffering=1) if wanted else None  # noqa: SIM115

    def hit(self, number: int) -> None:
        now = monotonic()
        if not self.count:
            self.first = now
        self.count += 1
        struct.pack_into("<qqq", self.memory, 0, self.count, self.first, now)
        if self.moments:
            self.moments.write(f"{number} {now}\n")


async def gate() -> None:
    """Says that this worker is ready, and waits until all may begin."""
    (Path(os.environ["PEER_TALLY"]) / f"{os.getpid()}.ready").touch()
    go = Path(os.environ["PEER_GO"])
    while not go.exists():  # noqa: ASYNC110 - another process makes the file
        await asyncio.sleep(0.001)


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


async def chunks(count: int, enqueue: Callable[[Sequence[int]], Awaitable[Any]], size: int = CHUNK) -> None:
    """Calls *enqueue* with *size* numbers at once: as many as suit the peer best, where nothing else is said."""
    for start in range(0, count, size):
        await enqueue(range(start, min(count, start + size)))


async def paced(count: int, milliseconds: float, enqueue: Callable[[int], Awaitable[Any]]) -> None:
    """Enqueues one job every *milliseconds*, and reports the moment at which each enqueue returned.

    One more before them, numbered -1, so that no connection is opened while it counts.
    """
    await enqueue(-1)
    await asyncio.sleep(1.0)
    start, returned = time.monotonic(), []
    for number in range(count):
        pause = start + number * milliseconds / 1000 - time.monotonic()
        if pause > 0:
            await asyncio.sleep(pause)
        await enqueue(number)
        returned.append((number, monotonic()))
    report(returned=returned)


def run(main: Callable[..., Awaitable[None]]) -> None:
    """Runs *main* with the command line's words, on uvloop where the peer's options say so."""
    if OPTIONS.get("uvloop"):
        import uvloop

        uvloop.run(main(*sys.argv[1:]))
    else:
        asyncio.run(main(*sys.argv[1:]))
