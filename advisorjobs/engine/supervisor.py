"""Several worker processes under one parent, which forks them, replaces those that die, and passes a stop on."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import math
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from advisorjobs.engine.assembly import plan_of, run_plan
from advisorjobs.engine.options import WorkerPlan, share
from advisorjobs.engine.worker import REPLACED
from advisorjobs.errors import AdvisorJobsError, DatabaseUnavailable
from advisorjobs.monitoring.lookout import Lookout
from advisorjobs.monitoring.report import Report

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Supervisor"]

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY = 5.0
"""A process that lived so long has not failed at its start: the next one is started without a pause."""

OVERDUE = 12.0
"""Seconds after its grace within which a process that was told to stop has ended by itself, if anything in it still can."""

USAGE = 2
MOMENT = 0.05
"""Seconds between two looks at the processes."""

SPARE_THREADS = 16
PR_SET_PDEATHSIG = 1


class Supervisor:
    """Runs a worker of *app* with procrastinate's *options* in *processes* processes that divide its slots.

    The parent imports everything once and forks, so that the processes share their memory's bulk; it opens no
    connection, starts no thread and runs no event loop. A process that can't be saved ends with status 70 and is
    replaced, any other death too, with a growing pause. A process that ends with 2 was asked for something impossible:
    then all stop.
    """

    def __init__(self, app: App, options: Mapping[str, Any], processes: int) -> None:
        self.app = app
        self.plan = plan_of(app, options)
        self.processes = max(1, min(processes, max(self.plan.slots.values())))
        self.running: dict[int, tuple[int, float]] = {}
        self.stops = 0
        self.kill_at = math.inf
        self.status = 0
        self._pause = dict.fromkeys(range(self.processes), 0.0)
        self._due: dict[int, float] = {}
        self._lookout = Lookout(app.settings.health, self.processes) if app.settings.health.port is not None else None

    def run(self) -> int:
        """Works until told to stop by SIGTERM or SIGINT (twice: at once); returns the exit status for the parent."""
        _ = self.app.dsn  # the embedded server is joined by the parent, for all
        gc.collect()
        gc.freeze()
        before = {number: signal.signal(number, self._told) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._due = dict.fromkeys(range(self.processes), 0.0)
            while self.running or (self._due and not self.stops):
                self._start_due()
                self._reap()
                if time.monotonic() > self.kill_at:
                    self._send_all(signal.SIGKILL)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self._lookout is not None:
                self._lookout.endpoint.close()
        return self.status

    def _told(self, number: int, frame: object) -> None:
        self.stops += 1
        if self._lookout is not None:
            self._lookout.stopping = True
        self.kill_at = min(self.kill_at, time.monotonic() + self.plan.grace + OVERDUE)
        self._send_all(signal.SIGTERM if self.stops <= 2 else signal.SIGKILL)

    def _send_all(self, number: signal.Signals) -> None:
        for pid in list(self.running):
            _send(pid, number)

    def _start_due(self) -> None:
        now = time.monotonic()
        for index in [index for index, at in self._due.items() if at <= now]:
            if not self.stops:
                del self._due[index]
                self._fork(index, now)

    def _fork(self, index: int, now: float) -> None:
        parent, lookout = os.getpid(), self._lookout
        if lookout is not None:
            lookout.started(index)
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
        pid = os.fork()
        if pid:
            self.running[pid] = (index, now)  # before a signal can be handled, which is passed on to all in here
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            return
        status = 1
        try:
            self.running.clear()
            if lookout is not None:
                lookout.endpoint.leave_to_parent()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            _die_with_parent(parent)
            report = None if lookout is None else lambda said: lookout.board.pin(index, said)
            status = work(self.app, self._part(index), report=report)
        except Exception as error:  # where it was raised, without its message
            log.critical("worker process failed: %s", type(error).__name__)
            traceback.print_tb(error.__traceback__)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _part(self, index: int) -> WorkerPlan:
        name = self.plan.name if self.processes == 1 else f"{self.plan.name}-{index + 1}"
        return replace(self.plan, name=name, slots=share(self.plan.slots, index, self.processes))

    def _reap(self) -> None:
        """Notes every process that has ended, and when its successor is due."""
        while self.running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            self._ended(pid, os.waitstatus_to_exitcode(status))
        if self._lookout is None:
            time.sleep(MOMENT)
        else:
            self._lookout.endpoint.serve(MOMENT)

    def _ended(self, pid: int, code: int) -> None:
        if pid not in self.running:
            return
        index, started = self.running.pop(pid)
        if self.stops or code == 0:
            return
        if code == USAGE:
            self.status = code
            self._told(signal.SIGTERM, None)
            return
        if code == REPLACED or time.monotonic() - started > STEADY:
            self._pause[index] = 0.0
        else:
            self._pause[index] = min(LONGEST_PAUSE, max(FIRST_PAUSE, self._pause[index] * 2))
        log.error("worker process %d ended with status %d: starting another", pid, code)
        self._due[index] = time.monotonic() + self._pause[index] * random.uniform(0.5, 1.0)


def work(
    app: App,
    plan: WorkerPlan,
    replacement: Callable[[], None] = lambda: os._exit(REPLACED),
    report: Callable[[Report], None] | None = None,
) -> int:
    """One worker process from start to end, on uvloop where it is installed; returns the status to end the process with."""
    runner = asyncio.Runner(loop_factory=_loop_factory())  # never closed: that waits for runs that heed no cancellation
    # room beyond what jobs may take by to_thread: the name look-ups of reconnects stand in the same line
    runner.get_loop().set_default_executor(ThreadPoolExecutor(sum(plan.slots.values()) + SPARE_THREADS, "advisorjobs"))
    try:
        runner.run(run_plan(app, plan, replacement, report))
    except DatabaseUnavailable as error:  # it may be back when the supervisor starts another process
        sys.stderr.write(f"advisorjobs: {error}\n")
        return 1
    except AdvisorJobsError as error:
        sys.stderr.write(f"advisorjobs: {error}\n")
        return USAGE
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _die_with_parent(parent: int) -> None:
    """On Linux the kernel ends this process when its parent dies, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        log.debug("process %d has ended already", pid)
