"""A worker: one event loop that claims, runs and writes, put together from the engine's parts, from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import socket
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from advisorjobs.database.link import Link, is_passing
from advisorjobs.engine.chores import Chores, chore
from advisorjobs.engine.claim import Claimer
from advisorjobs.engine.complete import Completer, settlement_text
from advisorjobs.engine.dispatch import STOP_GRACE, Dispatcher, Executor, RunTracer
from advisorjobs.engine.footprint import whereabouts
from advisorjobs.engine.handler import Handler
from advisorjobs.engine.heartbeat import Heartbeat, Pulse
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.outcome import timed_out
from advisorjobs.engine.ports import Ports
from advisorjobs.engine.reporting import TICK, Reporter
from advisorjobs.engine.run import Fate, Run
from advisorjobs.engine.run_lines import RunLines
from advisorjobs.engine.scheduler import Scheduler
from advisorjobs.engine.slots import Slots
from advisorjobs.engine.wakeup import Listener
from advisorjobs.losses import Losses
from advisorjobs.monitoring.meter import Meter
from advisorjobs.monitoring.report import Report

__all__ = ["Worker", "WorkerSpec"]

log = logging.getLogger(__name__)

STUBBORN = 10.0
"""A run that goes on so long after it was told to stop can't be stopped: the process is replaced."""

LAST_WORDS = 3.0
ORPHANS_EVERY = 300.0
REPLACED = 70
"""Exit status of a process that gave itself up (EX_SOFTWARE of sysexits.h): its supervisor starts another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """What one worker process does. Times in seconds.

    `slots`: queue name -> jobs at once. `direct_dsn`: past a pooler, for LISTEN and heartbeat. `lease`: silent for that
    long is dead. `grace`: what running jobs get at stop before they are given back. `polling`: the longest pause of an
    idle worker. `wait`: False stops once nothing is left to do. `exit`: ends a process that can't be saved. `periodic`: keys of
    the schedules that only this program's periodic tasks make sense of. `report` is told how the worker is.
    """

    dsn: str
    direct_dsn: str
    name: str
    slots: Mapping[str, int]
    lease: float = 15.0
    grace: float = 25.0
    polling: float = 1.0
    listen: bool = True
    prepare: bool = True
    wait: bool = True
    periodic: tuple[str, ...] = ()
    exit: Callable[[], None] = lambda: os._exit(REPLACED)
    report: Callable[[Report], None] | None = None


def worker_name(worker_id: str | None) -> str:
    """WORKER_ID, or host and process number."""
    return worker_id or f"{socket.gethostname()}-{os.getpid()}"


class Worker:
    """Runs until `stop()`: no new claims, running jobs get their grace, the rest goes back, uncharged.

    Must be made inside the event loop that runs it.
    """

    def __init__(
        self,
        spec: WorkerSpec,
        handlers: Mapping[str, Handler],
        executor: Executor,
        ports: Ports,
        *,
        lines: RunLines | None = None,
        tracer: RunTracer | None = None,
    ) -> None:
        self.spec = spec
        self.handlers = handlers
        self.lines, self.losses = lines, Losses() if lines is None else lines.losses
        self.lease: Lease | None = None
        self.heartbeat: Heartbeat | None = None
        self._loop = asyncio.get_running_loop()
        self._stop, self._now, self._lost, self._looking = (asyncio.Event() for _ in range(4))
        self._links = {
            name: Link(spec.dsn, name, prepare=spec.prepare) for name in ("claim", "complete", "rescue", "tidy")
        }
        self._links["listen"] = Link(spec.direct_dsn, "listen")
        self.pulse = Pulse(overdue=self._overdue)
        self.slots = Slots(spec.slots)
        self.meter, self._reporter = Meter(), Reporter(self)
        self.completer = Completer(self._links["complete"], on_written=self._written, meter=self.meter)
        self.dispatcher = Dispatcher(
            slots=self.slots,
            completer=self.completer,
            handlers=handlers,
            executor=executor,
            ports=ports,
            on_room=self._room,
            on_said=self._said,
            tracer=tracer,
        )
        self.chores, self.scheduler = Chores(self._links["tidy"]), Scheduler(self._links["rescue"], spec.periodic)
        self.listener = self._made_listener() if spec.listen else None
        self.claimer = Claimer(
            link=self._links["claim"],
            slots=self.slots,
            dispatcher=self.dispatcher,
            completer=self.completer,
            listener=self.listener,
            names=sorted(handlers),
            polling=spec.polling,
            on_lost=self._lost.set,
            on_unanswered=self._claim_lost,
            meter=self.meter,
        )

    @property
    def links(self) -> Collection[Link]:
        """The connections that the event loop works with."""
        return self._links.values()

    def _made_listener(self) -> Listener:
        told = {"work": self._wake, "cancel": self._look_for_aborts, "schedules": self.scheduler.wake}
        return Listener(self._links["listen"], told)

    def stop(self) -> None:
        """Asks for a graceful stop; a second call ends it now. May be called from a signal handler or another thread.

        The heartbeat's thread sees to it that the process ends, even while a job blocks the event loop.
        """
        again = self.pulse.stop_by < math.inf
        self.pulse.stop_by = time.monotonic() + (0.0 if again else self.spec.grace) + LAST_WORDS
        self._loop.call_soon_threadsafe(self._now.set if again else self._stop.set)

    async def run(self) -> None:
        """Works until stopped. Raises what the first contact with the database raises (NotMigrated, refused …)."""
        await self._register()
        await chore(self._links["tidy"], "create_partitions")
        log.info("worker %s starts on %s", self.spec.name, ", ".join(f"{q}={n}" for q, n in self.spec.slots.items()))
        loops: list[Callable[[], Awaitable[None]]] = [
            self.completer.loop,
            self._tick_loop,
            self._rescue_loop,
            self.chores.loop,
            self._lease_loop,
            self._abort_loop,
            self.scheduler.loop,
        ]
        if self.listener is not None:
            loops.append(self.listener.loop)
        if self.lines is not None:
            loops.append(self.lines.loop)
        tasks: list[asyncio.Future[None]] = [asyncio.ensure_future(loop()) for loop in loops]
        claiming = asyncio.ensure_future(self.claimer.loop())
        try:
            await self._until_told(*tasks, claiming)
        finally:
            await self._wind_up(claiming, tasks)

    async def _until_told(self, *tasks: asyncio.Future[None]) -> None:
        """Returns when the worker is to stop; a part that ended by itself is an error of ours and is raised."""
        words = [asyncio.ensure_future(self._stop.wait())]
        if not self.spec.wait:
            words.append(asyncio.ensure_future(self.claimer.caught_up.wait()))
        everything: list[asyncio.Future[Any]] = [*words, *tasks]
        try:
            await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stop.set()
            for word in words:
                word.cancel()
        for task in tasks:
            if task.done():
                task.result()

    async def _wind_up(self, claiming: asyncio.Future[None], tasks: list[asyncio.Future[None]]) -> None:
        """The stop: whatever hangs, the process can end within the grace and a few seconds."""
        self.dispatcher.stopping = True
        self._report(time.monotonic())
        claiming.cancel()
        await asyncio.wait([claiming], timeout=LAST_WORDS)
        for queue in self.slots.queues.values():
            self.dispatcher.give_back_waiting(queue)
        await self._ended_within(self.spec.grace)
        self.dispatcher.stop_running(0.0 if self._now.is_set() else STOP_GRACE)
        await self._ended_within(LAST_WORDS)
        left = [run.job.id for run in self.dispatcher.runs.values() if run.task is not None]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                await self.completer.drained()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=1.0)
        if self.lines is not None:
            with self.losses.harmless("the end of writing lines of runs"):
                await self.lines.close(LAST_WORDS)
        await self._leave()
        for link in self._links.values():
            await link.close()
        log.info("worker %s has stopped", self.spec.name)
        if left:
            log.error("jobs %s did not stop when told; they were given back", left)

    async def _ended_within(self, seconds: float) -> None:
        """Waits for all runs to end, at most *seconds*, or until the stop is to be immediate."""
        at_once = asyncio.ensure_future(self._now.wait())
        end = time.monotonic() + seconds
        while (tasks := [run.task for run in self.dispatcher.runs.values() if run.task]) and time.monotonic() < end:
            watched: list[asyncio.Future[Any]] = [*tasks]
            if seconds > LAST_WORDS:
                watched.append(at_once)
            await asyncio.wait(watched, timeout=end - time.monotonic(), return_when=asyncio.FIRST_COMPLETED)
            if at_once.done() and seconds > LAST_WORDS:
                break
        at_once.cancel()

    def _room(self) -> None:
        self.claimer.room()

    def _said(self, run: Run) -> None:
        if self.lines is not None:
            with self.losses.harmless("the end of a run's lines"):
                self.lines.ended(run)

    def _written(self) -> None:
        self.claimer.written()

    def _wake(self) -> None:
        self.claimer.wake()

    async def _register(self) -> None:
        sent_at = time.monotonic()
        token = uuid.uuid4().hex
        params = {
            "token": token,
            "name": self.spec.name,
            "queues": list(self.spec.slots),
            "slots": list(self.spec.slots.values()),
            "names": sorted(self.handlers),
            "lease": self.spec.lease,
            **whereabouts(),
        }
        worker = await self._links["rescue"].value("register_worker", params)
        self.lease = Lease(worker, token, self.spec.lease, sent_at)
        self.claimer.work_under(self.lease)
        self.heartbeat = Heartbeat(
            self.spec.direct_dsn,
            self.lease,
            self.pulse,
            on_lost=lambda: self._from_thread(self._lost.set),
            on_aborts=lambda ids: self._from_thread(self.dispatcher.abort, ids),
            on_stuck=self._end_process,
        )
        self.heartbeat.start()

    def _end_process(self) -> None:
        """This process can't be saved: another takes its place, unless it was told to stop."""
        if self.pulse.stop_by < math.inf:
            os._exit(REPLACED)
        self.spec.exit()

    def _from_thread(self, call: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: there is nobody left to tell
            self._loop.call_soon_threadsafe(call, *args)

    async def _leave(self) -> None:
        if self.heartbeat is not None:
            await self.heartbeat.stop()
        if self.lease is None or not self.lease.alive:
            return
        try:
            params = {"worker": self.lease.worker, "token": self.lease.token}
            await self._links["rescue"].value("leave", params, timeout=LAST_WORDS)
        except (psycopg.Error, TimeoutError, OSError) as error:
            log.warning("could not say goodbye (%s): the lease runs out by itself", type(error).__name__)

    async def _lease_loop(self) -> None:
        """A lost lease: stops all work, writes nothing of it, and starts anew under another name."""
        while True:
            await self._lost.wait()
            if self.lease is not None and self.lease.alive:  # word of the lease before this one, late
                self._lost.clear()
                continue
            self.meter.leases_lost += 1
            log.error("the lease was lost: stopping all runs of worker %s, writing nothing of them", self.spec.name)
            self.dispatcher.lose_all()
            if self.heartbeat is not None:
                await self.heartbeat.stop()
            await self._register_again()
            self._lost.clear()

    async def _register_again(self) -> None:
        while True:
            try:
                await self._register()
                return
            except (psycopg.Error, TimeoutError, OSError) as error:
                if not is_passing(error):
                    raise
                await asyncio.sleep(0.05)

    async def _tick_loop(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            self._report(now)
            self.pulse.turned = now
            if self.heartbeat is not None:
                self.heartbeat.unstick()
            if self.lease is not None and not self.lease.alive:
                self._lost.set()
                await asyncio.sleep(0)
            self.slots.measure(now - last)
            last = now
            stubborn = self.dispatcher.tick(now)
            if stubborn and now - stubborn[0].fated_at > STUBBORN and not self._stop.is_set() and self.heartbeat:
                self.heartbeat.give_up([run.job.id for run in stubborn if run.fate is not Fate.LOST])

    def _report(self, now: float) -> None:
        if self.spec.report is not None:
            self.spec.report(self._reporter.report(now))

    async def _rescue_loop(self) -> None:
        """Takes back what dead processes held, thrice a lease."""
        link, orphans_at = self._links["rescue"], 0.0
        while True:
            while rescued := await chore(link, "rescue"):
                log.warning("took back %d jobs from workers that fell silent", rescued)
            now = time.monotonic()
            if now >= orphans_at:
                while rescued := await chore(link, "rescue_orphans"):
                    log.warning("took back %d jobs that no worker held", rescued)
                if revived := await chore(link, "revive_lines"):
                    log.warning("brought back %d jobs whose turn had come unnoticed", revived)
                if gathered := await chore(link, "gather_eras"):
                    log.warning("brought %d waiting jobs into the era that claims read", gathered)
                orphans_at = now + (ORPHANS_EVERY if rescued is not None else 0.0)
            await asyncio.sleep(self.spec.lease / 3)

    def _claim_lost(self) -> None:
        if self.heartbeat is not None:
            self.heartbeat.hurry()

    def _look_for_aborts(self) -> None:
        self._looking.set()

    async def _abort_loop(self) -> None:
        """Told that something was cancelled: asks what of it runs here. The heartbeat asks too, less often."""
        while True:
            await self._looking.wait()
            self._looking.clear()
            if not self.dispatcher.runs or self.lease is None:
                continue
            try:
                self.dispatcher.abort(await self._links["rescue"].value("aborts", {"worker": self.lease.worker}))
            except (psycopg.Error, TimeoutError, OSError) as error:
                log.warning("could not ask what was cancelled: %s", type(error).__name__)

    def _overdue(self) -> tuple[int, str] | None:
        """For the heartbeat's thread: the run that holds the loop beyond its deadline, and the settlement that fences it."""
        run = self.dispatcher.blocking_run()
        if run is None or time.monotonic() < run.deadline:
            return None
        ending = timed_out(run.job, run.handler.policy, True, lambda: 0.0)
        return run.job.id, settlement_text(run, None, ending)
