"""Runs what must not run on the event loop: blocking functions and suspects, each alone in a child process.

A child can be killed, and whatever becomes of it is told from here in the words of the dispatcher. Functions that no
other process can find by name run in threads of ours, where nothing can be killed: a time limit fences the run and
leaves the thread to itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import math
import threading
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any, Self

from advisorjobs.engine.child_messages import ChildSpec, claimed_message, failure_from, outcome_from
from advisorjobs.engine.child_pool import ChildPool, PoolLimits
from advisorjobs.engine.child_process import ChildBroken, ChildGone, ChildProcess
from advisorjobs.engine.child_words import ChildWords
from advisorjobs.engine.dispatch import ChildDied, ChildFailed, StartedLate
from advisorjobs.engine.handler import Handler
from advisorjobs.engine.outcome import Failure, judged
from advisorjobs.engine.ports_blocking import BlockingPorts
from advisorjobs.engine.run import Run
from advisorjobs.errors import ErrorCode
from advisorjobs.outcomes import Outcome
from advisorjobs.queues import queue_settings

__all__ = ["ChildExecutor"]

log = logging.getLogger(__name__)

WATCH = 0.1
"""Seconds between two looks at the memory of the children at work."""

TRIES = 3
AGING = 30.0
"""A run that has waited so long (seconds) ranks with newcomers of the next better priority."""


class ChildExecutor:
    """The worker's executor: children by `spec` and `limits`; `memory` (bytes) for jobs that name no limit.

    `threads`: how many functions that aren't portable may run at once. `words`: takes what children say of runs. Must be
    made inside the worker's event loop.
    """

    def __init__(
        self,
        spec: ChildSpec,
        limits: PoolLimits,
        *,
        memory: int = 1 << 30,
        threads: int = 8,
        words: ChildWords | None = None,
    ) -> None:
        self.pool = ChildPool(spec, limits)
        self.memory = memory
        self.words = words
        self._loop = asyncio.get_running_loop()
        self._working: dict[Run, ChildProcess] = {}
        self._grace: dict[Run, asyncio.TimerHandle] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._threads = asyncio.Semaphore(threads)
        self._thread_ports = BlockingPorts(spec.dsn, prepare=spec.prepare, on_written=self._written_in_thread)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def run(self, run: Run) -> Any:
        """The function's result. Raises Outcome, ChildFailed, ChildDied or StartedLate.

        Cancelling it kills the child at once.
        """
        run.deadline = math.inf  # waiting for a child is not the job's time
        try:
            if run.handler.portable:
                return await run.handler.wrap(run, lambda: self._in_child(run))
            if run.handler.blocking:
                return await run.handler.wrap(run, lambda: self._in_thread(run))
            begin_in_time(run)
            return await run.handler.call(run)
        finally:
            timer = self._grace.pop(run, None)
            if timer is not None:
                timer.cancel()

    def ready(self) -> int:
        """How many functions could begin at once; 1 also where none could but a child may be started."""
        return self.pool.ready()

    def children(self) -> int:
        """How many child processes there are."""
        return len(self.pool.children)

    def abort(self, run: Run, grace: float) -> None:
        """Makes the function's `should_abort` true; what goes on for *grace* seconds is ended."""
        child = self._working.get(run)
        if child is not None:
            assert run.fate is not None
            child.tell(abort=run.fate.value, job=run.job.id)
            why = f"did not stop within {grace:g} s of being asked"
            self._grace[run] = self._loop.call_later(grace, child.kill, why)
        elif run.handler.blocking and not run.handler.portable and has_begun(run):
            self._grace[run] = self._loop.call_later(grace, run.task.cancel)  # type: ignore[union-attr]
        elif run.task is not None:
            run.task.cancel()

    def announce(self, handlers: Iterable[Handler]) -> None:
        """Says which functions can't be killed, once, at the worker's start."""
        names = sorted(handler.name for handler in handlers if handler.blocking and not handler.portable)
        if names:
            log.warning(
                "no child process can find the functions of %s (defined in __main__ or inside another function, or"
                " handed things that aren't JSON): they run in threads, which a time limit can't end",
                ", ".join(names),
            )

    async def close(self) -> None:
        """Kills the children; returns once they are dead."""
        if self._watcher is not None:
            self._watcher.cancel()
        await self.pool.close()
        self._thread_ports.close()

    async def _in_child(self, run: Run) -> Any:
        limit = run.handler.policy.memory or self.memory
        rank = monotonic() + AGING * queue_settings(run.job.queue).priority
        for _ in range(TRIES):
            try:
                child = await self.pool.acquire(rank, limit)
            except ChildBroken as error:
                raise ChildFailed(Failure(ErrorCode.INTERNAL, str(error), "")) from None
            try:
                message = await self._perform(child, run)
            except ChildGone as error:
                if has_begun(run):
                    raise ChildDied(f"the child process that ran it {error.why}") from None
                log.info("a child process ended before its job began: trying another")
            except BaseException:  # cancelled, above all: the work ends here and now
                child.kill("was stopped")
                raise
            else:
                return answer_of(message)
            finally:
                self._working.pop(run, None)
                self.pool.release(child)
        raise ChildFailed(Failure(ErrorCode.INTERNAL, f"{TRIES} child processes ended before the job began", ""))

    async def _perform(self, child: ChildProcess, run: Run) -> dict[str, Any]:
        """Has *child* do the work; returns its last word on it."""
        handler = run.handler
        called = run.called
        self._working[run] = child
        child.tell(
            run=claimed_message(run.job),
            module=handler.module,
            timeout=handler.policy.timeout,
            worker=run.lease.worker,
            start_by=None if called or run.start_by == math.inf else run.start_by,
            traceparent=self.words.trace_of(run) if self.words else None,
        )
        own = [run.job.id, run.job.run_no]
        while True:
            message = await child.hear()
            match message:
                case {"of": of} if of != own:  # said by a process that an earlier function left behind
                    if self.words is not None:
                        self.words.losses.note("stray")
                case {"begun": _}:
                    child.jobs += 1
                    run.called = True  # unless the child says otherwise: it may die before it does
                    begin(run)
                    self._watch()
                case {"late": _}:
                    run.called = called
                    return message
                case {"written": _}:
                    run.closed = True
                    run.lease.written(run.job.token)
                case {"line": _} | {"more": _} | {"span": _} | {"errors": _}:
                    if self.words is not None:
                        self.words.hear(run, message)
                case _:
                    return message

    def _watch(self) -> None:
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.ensure_future(self._watch_memory())

    async def _watch_memory(self) -> None:
        """Kills what takes more than it may; ends when no child is at work."""
        while self._working:
            await asyncio.sleep(WATCH)
            for run, child in list(self._working.items()):
                limit = run.handler.policy.memory or self.memory
                if child.resident() > limit:
                    child.kill(f"took more than {limit >> 20} MB of memory")

    async def _in_thread(self, run: Run) -> Any:
        run.ports = self._thread_ports
        async with self._threads:
            begin_in_time(run)
            outcome: asyncio.Future[Callable[[], Any]] = self._loop.create_future()
            context = contextvars.copy_context()
            # a daemon, and of no executor: both would be waited for at the process's end, and this one may never end
            threading.Thread(
                target=context.run, args=(self._call, run, outcome), name=f"advisorjobs {run.job.name}", daemon=True
            ).start()
            return (await outcome)()

    def _call(self, run: Run, outcome: asyncio.Future[Callable[[], Any]]) -> None:
        """In the thread: calls the function and hands the loop what became of it, where that still matters."""
        try:
            result = run.handler.call_blocking(run)
            told = returns(result)
        except BaseException as error:
            told = raises(error if isinstance(error, Outcome) else ChildFailed(judged(error, run.job, run.handler)))
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(hand_over, outcome, told)

    def _written_in_thread(self, run: Run) -> None:
        self._loop.call_soon_threadsafe(run.lease.written, run.job.token)


def begin(run: Run) -> None:
    """The function's own time starts now."""
    run.started = now = monotonic()
    run.deadline = now + run.handler.policy.timeout


def begin_in_time(run: Run) -> None:
    """The same; raises StartedLate where a rate limit's grant is no longer good.

    What a middleware calls again belongs to the start that was counted: it is never late.
    """
    if not run.called and monotonic() >= run.start_by:
        raise StartedLate
    run.called = True
    begin(run)


def has_begun(run: Run) -> bool:
    """Whether the function was called; before, nothing that happens is its doing."""
    return run.deadline != math.inf


def answer_of(message: dict[str, Any]) -> Any:
    """A child's last word on a run, as the dispatcher wants it."""
    match message:
        case {"outcome": outcome}:
            raise outcome_from(outcome)
        case {"failure": failure}:
            raise ChildFailed(failure_from(failure))
        case {"late": _}:
            raise StartedLate
    return message["result"]


def returns(result: Any) -> Callable[[], Any]:
    return lambda: result


def raises(error: BaseException) -> Callable[[], Any]:
    def call() -> Any:
        raise error

    return call


def hand_over(outcome: asyncio.Future[Callable[[], Any]], told: Callable[[], Any]) -> None:
    if not outcome.done():
        outcome.set_result(told)
