"""A worker for tests: the engine's own claim, handlers, outcomes and completion, one job at a time, and no loops of its own."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from advisorjobs.database.link import Link
from advisorjobs.engine.assembly import StockWorker, child_spec, handlers_of, plan_of
from advisorjobs.engine.child_pool import PoolLimits
from advisorjobs.engine.claim import Claimer
from advisorjobs.engine.complete import Completer
from advisorjobs.engine.dispatch import Dispatcher
from advisorjobs.engine.executor import ChildExecutor
from advisorjobs.engine.footprint import whereabouts
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.ports_async import AsyncPorts
from advisorjobs.engine.run import Run
from advisorjobs.engine.scheduler import Scheduler
from advisorjobs.engine.slots import Slots
from advisorjobs.periodic import periodic_keys
from advisorjobs.queues import queue_settings
from advisorjobs.testing.clock import Clock
from advisorjobs.testing.crash import CrashPoint, ObservedHandler, Observer
from advisorjobs.testing.ran import Ran

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.engine.claimed import Claimed

__all__ = ["InlineWorker"]

LEASE = 3600.0
"""There is no heartbeat: whoever steps through a job in a debugger may take his time."""

TICK = 0.05
THREAD_PATIENCE = 1.0


class InlineWorker:
    """Used with `async with`. *queues*: None for all. *crash_at*: each job that runs dies there, once."""

    def __init__(self, app: App, clock: Clock, queues: Sequence[str] | None, crash_at: CrashPoint | None) -> None:
        self.app = app
        self.clock = clock
        self.observer = Observer(crash_at)
        plan = plan_of(
            app, {"name": "test", "install_signal_handlers": False, **({"queues": queues} if queues else {})}
        )
        self.plan = plan
        self.queues = sorted(plan.slots, key=lambda name: (queue_settings(name).priority, name))
        self.handlers = {
            name: ObservedHandler(handler, self.observer)
            for name, handler in handlers_of(app, plan, StockWorker(app, plan)).items()
        }
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        prepare = self.app.settings.prepared_statements
        self.link, writing = (Link(self.app.dsn, f"test {use}", prepare=prepare) for use in ("claim", "complete"))
        async with self._stack as stack:
            stack.push_async_callback(self.link.close)
            stack.push_async_callback(writing.close)
            ports = await stack.enter_async_context(AsyncPorts(self.app.dsn, size=4, prepare=prepare))
            threads = await stack.enter_async_context(
                ChildExecutor(child_spec(self.app, self.plan), PoolLimits(children=1))
            )
            self.slots = Slots(dict.fromkeys(self.queues, 1))
            self.completer = Completer(writing, on_written=_nothing)
            self.dispatcher = Dispatcher(
                slots=self.slots,
                completer=self.completer,
                handlers=self.handlers,
                executor=threads,
                ports=ports,
                on_room=_nothing,
            )
            self.claimer = Claimer(
                link=self.link,
                slots=self.slots,
                dispatcher=self.dispatcher,
                completer=self.completer,
                listener=None,
                names=sorted(self.handlers),
                polling=math.inf,
                on_lost=_nothing,
                on_unanswered=_nothing,
            )
            self.scheduler = Scheduler(self.link, periodic_keys(self.app))
            self._writing = asyncio.ensure_future(self.completer.loop())
            stack.callback(self._writing.cancel)
            await self._register()
            stack.push_async_callback(self._leave)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def run_next(self) -> Ran | None:
        """Runs the job that a worker would take next, to what is written of it; None when nothing is due.

        Queues come by their priority, then by name; within one it is the engine's own order.
        """
        await self._look_at_schedules()
        for queue in self.queues:
            for job in await self.claimer.claim(self.lease, [queue], [1]):
                run = self.dispatcher.runs[job.id]
                run.start_by = math.inf  # else a busy machine would decide whether a rate limit's grant is still good
                await self._ended(run)
                return await self._ran(job)
        return None

    async def next_moment(self) -> float | None:
        """Seconds until something that waits for a time may become due; None where nothing does."""
        by_time = await self.link.value("next_moment", {"queues": self.queues})
        seconds: float = min(math.inf if by_time is None else by_time, self.slots.opening(monotonic()))
        return None if seconds == math.inf else max(0.0, seconds)

    async def next_tick(self) -> float | None:
        """Seconds of the test's time until a schedule is due; None where there is none."""
        seconds = await self.link.value("next_schedule", {"periodic": self.scheduler.periodic})
        if seconds is None:
            return None
        now: datetime = await self.link.value("clock")
        ahead: timedelta = self.clock.reads(now) - now
        return max(0.0, float(seconds) - ahead.total_seconds())

    async def _look_at_schedules(self) -> None:
        """Makes what is due at the test's time into jobs."""
        values = {"ahead": self.clock.ahead, "periodic": self.scheduler.periodic}
        now = self.clock.reads(await self.link.value("plan_schedules", values))
        while await self.scheduler.run_once(now):
            continue

    async def _ended(self, run: Run) -> None:
        assert run.task is not None
        while not run.task.done():
            await asyncio.wait([run.task], timeout=TICK)
            self.dispatcher.tick(monotonic())
        written = asyncio.ensure_future(self.completer.drained())
        await asyncio.wait([written, self._writing], return_when=asyncio.FIRST_COMPLETED)
        if self._writing.done():
            written.cancel()
            self._writing.result()
        join_thread(run.job.name)

    async def _ran(self, job: Claimed) -> Ran:
        if self.observer.killed.get(job.id) == job.run_no:
            await self._die()
        rows = await self.link.fetch("run_ended", {"job": job.id, "run": job.run_no})
        status, result, code, message, next_run_at = rows[0]
        error = self.observer.errors.get(job.id)
        if status == "timed_out" and error is None:
            error = TimeoutError(f"job {job.id} ({job.name}): {message}")
        return Ran(
            job_id=job.id,
            name=job.name,
            queue=job.queue,
            organization_id=job.organization_id,
            run=job.run_no,
            attempt=job.attempt,
            status=status,
            result=result,
            error_code=code,
            error_message=message,
            next_run_at=next_run_at,
            error=error,
        )

    async def _die(self) -> None:
        """What follows a kill: the lease runs out, another worker takes back what was held, and this one is a new one."""
        self.lease.end()
        await self.link.value("expire_worker", {"worker": self.lease.worker})
        while await self.link.value("rescue"):
            continue
        await self._register()

    async def _register(self) -> None:
        token = uuid.uuid4().hex
        params = {
            "token": token,
            "name": self.plan.name,
            "queues": self.queues,
            "slots": [1] * len(self.queues),
            "names": sorted(self.handlers),
            "lease": LEASE,
            **whereabouts(),
        }
        sent_at = monotonic()
        self.lease = Lease(await self.link.value("register_worker", params), token, LEASE, sent_at)
        self.claimer.work_under(self.lease)

    async def _leave(self) -> None:
        tasks = [run.task for run in self.dispatcher.runs.values() if run.task is not None]
        self.dispatcher.lose_all()
        if tasks:
            await asyncio.wait(tasks, timeout=THREAD_PATIENCE)
        await self.link.value("leave", {"worker": self.lease.worker, "token": self.lease.token})


def join_thread(job_name: str) -> None:
    """Waits for the thread in which a blocking function has just ended; one that a time limit abandoned is left to itself."""
    for thread in threading.enumerate():
        if thread.name == f"advisorjobs {job_name}":
            thread.join(THREAD_PATIENCE)


def _nothing(*_: Any) -> None:
    """Who works by hand needs no word of it."""
