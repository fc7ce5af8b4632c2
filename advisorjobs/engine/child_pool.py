"""The child processes of a worker: never more than so many, started when needed, reused, renewed, shared by rank."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from dataclasses import dataclass

from advisorjobs.engine.child_messages import ChildSpec
from advisorjobs.engine.child_process import ChildProcess

__all__ = ["ChildPool", "PoolLimits"]

log = logging.getLogger(__name__)

SWEEP = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """`children` at most; each is renewed after `jobs` jobs or beyond `size` bytes, and ends when idle for `idle` s."""

    children: int
    jobs: int = 5000
    size: int = 512 << 20
    idle: float = 60.0


class ChildPool:
    """Hands out children, one user at a time; who waits is served by rank (lowest first), then by arrival."""

    def __init__(self, spec: ChildSpec, limits: PoolLimits) -> None:
        self.spec = spec
        self.limits = limits
        self.children: set[ChildProcess] = set()
        self._idle: list[ChildProcess] = []
        self._starting = 0
        self._waiting: list[tuple[float, int, asyncio.Future[ChildProcess | None]]] = []
        self._numbers = itertools.count()
        self._sweeper: asyncio.Task[None] | None = None

    async def acquire(self, rank: float, room: int) -> ChildProcess:
        """A child of our own until `release`, in which a job may take *room* bytes. Raises ChildBroken."""
        turn: asyncio.Future[ChildProcess | None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._numbers), turn))
        self._serve()
        try:
            child = await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._return(turn.result())
            raise
        if child is None:
            return await self._start()
        if child.resident() <= max(room // 2, child.size * 5 // 4):
            return child
        child.kill("too big for the next job")  # what is left of earlier jobs is not the next one's fault
        self._starting += 1
        try:
            await asyncio.shield(child.gone)
        except BaseException:
            self._return(None)
            raise
        return await self._start()

    def ready(self) -> int:
        """How many could be had at once; 1 also where none could but one may be started."""
        if self._waiting or not self._idle:
            return 0 if self._waiting else int(len(self.children) + self._starting < self.limits.children)
        return len(self._idle)

    def release(self, child: ChildProcess) -> None:
        """Gives *child* back, alive or not."""
        if not child.alive:
            child.kill("no longer needed")
        elif child.jobs >= self.limits.jobs or child.resident() > self.limits.size:
            child.dismiss()
        else:
            child.idle_since = time.monotonic()
            self._idle.append(child)
        self._serve()

    async def close(self) -> None:
        """Ends all children at once, with whatever they do."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for _, _, turn in self._waiting:
            turn.cancel()
        for child in list(self.children):
            child.kill("the worker ends")
        await asyncio.gather(*(child.gone for child in self.children))

    def _serve(self) -> None:
        """Lets those in front have what is free: an idle child, or the right to start one."""
        while self._waiting and (self._idle or len(self.children) + self._starting < self.limits.children):
            _, _, turn = heapq.heappop(self._waiting)
            if turn.done():
                continue
            child = self._idle.pop() if self._idle else None
            if child is None:
                self._starting += 1
            elif not child.alive:
                child.kill("no longer answers")
                heapq.heappush(self._waiting, (float("-inf"), next(self._numbers), turn))
                continue
            turn.set_result(child)

    def _return(self, child: ChildProcess | None) -> None:
        """The right to a child comes back unused."""
        if child is not None:
            self.release(child)
        else:
            self._starting -= 1
            self._serve()

    async def _start(self) -> ChildProcess:
        try:
            child = await ChildProcess.start(self.spec)
        except BaseException:
            self._return(None)
            raise
        self._starting -= 1
        self.children.add(child)
        child.gone.add_done_callback(lambda _: self._forget(child))
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.ensure_future(self._sweep())
        return child

    def _forget(self, child: ChildProcess) -> None:
        self.children.discard(child)
        if child in self._idle:
            self._idle.remove(child)
            if child.doom is None:
                log.info("an idle child process ended by itself: another one starts when it is needed")
        self._serve()

    async def _sweep(self) -> None:
        """Ends children that had nothing to do for long; ends itself with the last."""
        while self.children:
            await asyncio.sleep(min(SWEEP, self.limits.idle))
            now = time.monotonic()
            for child in [child for child in self._idle if now - child.idle_since >= self.limits.idle]:
                self._idle.remove(child)
                child.dismiss()
