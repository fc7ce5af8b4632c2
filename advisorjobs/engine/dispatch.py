"""Running what was claimed: a task per run, its slot, its fate, and what is written when it ends."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import monotonic
from typing import Any, Protocol

from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.complete import Completer
from advisorjobs.engine.current import current_run
from advisorjobs.engine.handler import Handler
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.outcome import (
    RELEASED,
    UNSTARTED,
    Ending,
    Failure,
    after_error,
    after_outcome,
    cancelled,
    crashed,
    judged,
    timed_out,
)
from advisorjobs.engine.ports import Ports
from advisorjobs.engine.result import result_text
from advisorjobs.engine.run import Fate, Run
from advisorjobs.engine.slots import QueueSlots, Slots
from advisorjobs.errors import ErrorCode
from advisorjobs.outcomes import Outcome

__all__ = ["STOP_GRACE", "ChildDied", "ChildFailed", "Dispatcher", "Executor", "RunTracer", "StartedLate"]

log = logging.getLogger(__name__)

ABORT_GRACE = 10.0
"""What a blocking function gets, in seconds, to end by itself once somebody cancelled its job."""

STOP_GRACE = 0.5
"""The same, when the worker's grace is over."""

STALE_PREFETCH = 0.5
"""A claimed job that has waited so long for a slot goes back: another worker may have one free."""


class ChildFailed(Exception):
    """The function raised in a child process (or thread): what is kept of the error."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class ChildDied(Exception):
    """The child process that ran the job alone died by itself: killed, crashed, or over its memory limit."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StartedLate(BaseException):
    """The function was not called: what a rate limit granted was good until an earlier moment.

    No error of the function's, so no middleware that lives through all errors may take it for one.
    """


class Executor(Protocol):
    """Runs blocking functions and suspects, each alone. Cancelling the call ends the work."""

    async def run(self, run: Run) -> Any:
        """The function's result. Raises Outcome, ChildFailed, ChildDied or StartedLate."""

    def ready(self) -> int:
        """How many functions could begin at once; 1 also where none could but a first child process may be started."""

    def children(self) -> int:
        """How many child processes there are."""

    def abort(self, run: Run, grace: float) -> None:
        """Tells the function that it is to stop (`should_abort`), and ends it after *grace* seconds if it goes on."""


class RunTracer(Protocol):
    """Makes the trace of a run, in whose context the function is called. Must neither raise nor wait."""

    def began(self, run: Run) -> None: ...
    def ended(self, run: Run) -> None: ...


class Dispatcher:
    """`runs` holds all that this process has claimed and not yet ended, by job id.

    `on_said`: told of the end of a run that has said something.
    """

    def __init__(
        self,
        *,
        slots: Slots,
        completer: Completer,
        handlers: Mapping[str, Handler],
        executor: Executor,
        ports: Ports,
        on_room: Callable[[], None],
        on_said: Callable[[Run], None] = lambda run: None,
        tracer: RunTracer | None = None,
    ) -> None:
        self.slots = slots
        self.completer = completer
        self.handlers = handlers
        self.executor = executor
        self.ports = ports
        self.on_room = on_room
        self.on_said = on_said
        self.tracer = tracer
        self.runs: dict[int, Run] = {}
        self.stopping = False
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()  # each run begins with this, and with nothing of the one before it

    def take(self, jobs: Iterable[Claimed], lease: Lease, start_by: Mapping[str, float]) -> None:
        """Starts each job, or lets it wait for a slot of its queue. *start_by*: until when, for queues with a rate limit."""
        for job in jobs:
            handler = self.handlers[job.name]
            run = Run(job, handler, lease, self.ports)
            run.queue = queue = self.slots.queues[job.queue]
            run.start_by = start_by.get(job.queue, math.inf)
            queue.elsewhere = queue.elsewhere or handler.blocking
            older = self.runs.get(job.id)
            if older is not None:  # its claim was rolled back by a failover: it is not this job's run any more
                self._forget(older)
            self.runs[job.id] = run
            if self.stopping:
                self._give_back(run)
            elif queue.running < queue.slots:
                self._start(run, queue)
            else:
                run.started = monotonic()
                queue.waiting.append(run)

    def tick(self, now: float) -> list[Run]:
        """Ends what is over its time limit, gives back prefetched work that waits too long; returns runs that were told
        to stop and didn't, oldest first."""
        stubborn = []
        for run in list(self.runs.values()):
            if run.task is None:
                continue
            if run.fate is None and now > run.deadline and not run.closed and not run.in_transaction:
                self._time_out(run, now)
            elif run.fate is not None:
                stubborn.append(run)
        for queue in self.slots.queues.values():
            if queue.waiting and now - queue.waiting[0].started > STALE_PREFETCH:
                self.give_back_waiting(queue)
                queue.rate, queue.prefetch = 0.0, 0
        return sorted(stubborn, key=lambda run: run.fated_at)

    def abort(self, ids: Iterable[int]) -> None:
        """Somebody cancelled these running jobs."""
        for job_id in ids:
            run = self.runs.get(job_id)
            if run is None or run.fate is not None or run.closed or run.in_transaction:
                continue
            if run.task is None:
                run.queue.waiting.remove(run)
                self._settle(run, cancelled())
                self.runs.pop(job_id)
                continue
            self._stop(run, Fate.ABORTED, ABORT_GRACE)

    def lose_all(self) -> None:
        """The lease is gone: stops everything and writes nothing."""
        for queue in self.slots.queues.values():
            queue.waiting.clear()
        for run in list(self.runs.values()):
            if run.task is None:
                self.runs.pop(run.job.id, None)
            else:
                self._close(run, Fate.LOST)
        self.completer.forget()

    def give_back_waiting(self, queue: QueueSlots) -> None:
        """What was claimed and has not started goes back, uncharged."""
        while queue.waiting:
            self._give_back(queue.waiting.popleft())

    def stop_running(self, grace: float = STOP_GRACE) -> None:
        """The grace is over: cancels what still runs, to be given back; blocking functions get *grace* seconds more."""
        for run in list(self.runs.values()):
            self._stop(run, Fate.STOPPING, grace)

    def blocking_run(self) -> Run | None:
        """The run whose code holds the event loop right now. Called from the heartbeat's thread."""
        task = asyncio.current_task(self._loop)
        return next((run for run in list(self.runs.values()) if run.task is task), None) if task else None

    def _stop(self, run: Run, fate: Fate, grace: float) -> None:
        """Cancels a coroutine; a function elsewhere is asked first, as cancelling it means killing it."""
        now = monotonic()
        if not is_elsewhere(run):
            run.stop(fate, now)
        elif run.fate is None:
            run.ask(fate, now + grace)
            self.executor.abort(run, grace)

    def _start(self, run: Run, queue: QueueSlots) -> None:
        queue.running += 1
        queue.started += 1
        run.started = now = monotonic()
        run.deadline = now + run.handler.policy.timeout
        run.task = self._loop.create_task(self._run(run, queue), context=self._context.copy())

    async def _run(self, run: Run, queue: QueueSlots) -> None:
        current_run.set(run)
        try:
            if self.tracer is not None:
                self.tracer.began(run)
            result = await self._called(run)
            if not run.closed:
                if isinstance(result, Outcome):
                    self._settle(run, self._after(run, result))
                else:
                    self._complete(run, result)
        except StartedLate as error:
            queue.late(monotonic())
            self._settle_error(run, error)
        except BaseException as error:  # sys.exit() in a job function ends the job, not the worker
            self._settle_error(run, error)
        finally:
            if run.called:
                queue.in_time()
            if self.runs.get(run.job.id) is run:
                del self.runs[run.job.id]
            queue.running -= 1
            queue.ended += 1
            queue.finished[run.outcome] += 1
            if queue.waiting and not self.stopping:
                self._start(queue.waiting.popleft(), queue)
            self.on_room()
            if run.said:
                self.on_said(run)
            if self.tracer is not None:
                self.tracer.ended(run)
            current_run.set(None)  # else task, context and run would hold each other, for the garbage collector to find

    def _called(self, run: Run) -> Awaitable[Any]:
        if is_elsewhere(run):
            return self.executor.run(run)
        if monotonic() >= run.start_by:
            raise StartedLate
        run.called = True
        return run.handler.call(run)

    def _complete(self, run: Run, result: Any) -> None:
        try:
            text = result_text(result)
        except TypeError as error:
            self._settle_error(run, error)
            return
        run.closed = True
        self.completer.complete(run, int((monotonic() - run.started) * 1000), text)

    def _settle(self, run: Run, ending: Ending) -> None:
        """Writes *ending*, unless how this run ended is decided already."""
        if run.closed:
            return
        run.closed = True
        run.ending = ending
        self.completer.settle(run, int((monotonic() - run.started) * 1000) if run.task else None, ending)

    def _settle_error(self, run: Run, error: BaseException) -> None:
        if not run.closed:
            self._settle(run, self._after(run, error))

    def _after(self, run: Run, error: BaseException) -> Ending:
        """What follows from an error, or from a value of the four that was returned or raised."""
        job, handler = run.job, run.handler
        if isinstance(error, StartedLate) or (run.fate is Fate.STOPPING and is_answer(error)):
            return unstarted(run) if isinstance(error, StartedLate) else RELEASED
        if run.fate is Fate.ABORTED:
            return cancelled()
        match error:
            case Outcome():
                return after_outcome(error, job, handler.policy)
            case ChildDied():
                return crashed(job, error.reason, handler.policy, random.random)
            case ChildFailed():
                failure = error.failure
            case asyncio.CancelledError():
                failure = Failure(ErrorCode.CANCELLED, "the function cancelled itself", "")
            case _:
                failure = judged(error, job, handler)
        if failure.aborted:
            return cancelled()
        return after_error(failure, job, handler.policy, random.random)

    def _time_out(self, run: Run, now: float) -> None:
        """Fences the run at once: what it still does has no effect on the job."""
        choice = judged(TimeoutError(), run.job, run.handler).choice
        self._settle(run, timed_out(run.job, run.handler.policy, choice, random.random))
        run.stop(Fate.TIMED_OUT, now)

    def _give_back(self, run: Run) -> None:
        self._settle(run, unstarted(run))
        self.runs.pop(run.job.id, None)

    def _forget(self, run: Run) -> None:
        if run.task is None:
            run.queue.waiting.remove(run)
        if not run.closed:  # else it was counted as written already
            self._close(run, Fate.LOST)

    def _close(self, run: Run, fate: Fate) -> None:
        run.closed = True
        run.lost = True
        run.stop(fate, monotonic())
        run.lease.written(run.job.token)


def is_elsewhere(run: Run) -> bool:
    """Whether the function doesn't run on the event loop but in a child process, or a thread."""
    return run.handler.blocking or run.job.suspect


def unstarted(run: Run) -> Ending:
    """How a run ends whose function was not called: a start that no rate limit was charged for is not given back to any."""
    return UNSTARTED if run.start_by < math.inf else RELEASED


def is_answer(error: BaseException) -> bool:
    """Whether *error* is how a function ends that was told to stop, and not an error of its own."""
    match error:
        case asyncio.CancelledError() | ChildDied():
            return True
        case ChildFailed():
            return error.failure.aborted or error.failure.code is ErrorCode.CANCELLED
    return any(kind.__name__ == "JobAborted" for kind in type(error).__mro__)
