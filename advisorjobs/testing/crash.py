"""Dying on purpose: a run that ends at a chosen point as if its process had been killed there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Literal, get_args

from advisorjobs.engine.handler import Handler, RetryChoice
from advisorjobs.engine.ports import Ports
from advisorjobs.engine.run import Run
from advisorjobs.outcomes import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from advisorjobs.engine.claimed import Claimed
    from advisorjobs.job_run import JobRun, RunPorts

__all__ = ["CrashPoint", "Killed", "ObservedHandler", "Observer"]

CrashPoint = Literal["before_function", "after_function", "before_commit", "after_commit"]
"""`before_function`: claimed and not begun. `after_function`: it has returned, and nothing of that is written.
`before_commit`, `after_commit`: at the end of its first `job.transaction()`, before and after the commit."""


class Killed(BaseException):
    """Ends the function where a dead process would have stopped. Its `finally` blocks run, which a real kill doesn't let."""


class Observer:
    """Sees every run of a test: what functions raise, and which run dies where. Each job dies once, at its next run.

    `errors`: by job id, what its last run raised. `killed`: job id -> number of the run that died.
    """

    def __init__(self, crash_at: CrashPoint | None) -> None:
        if crash_at is not None and crash_at not in get_args(CrashPoint):
            raise ValueError(f"crash_at must be one of {', '.join(get_args(CrashPoint))}, got {crash_at!r}")
        self.crash_at = crash_at
        self.errors: dict[int, BaseException] = {}
        self.killed: dict[int, int] = {}

    def began(self, run: Run) -> None:
        self.errors.pop(run.job.id, None)
        if self.crash_at in ("before_commit", "after_commit"):
            run.ports = CrashingPorts(run.ports, self)
        self.passes(run, "before_function")

    def failed(self, run: Run, error: BaseException) -> None:
        if not isinstance(error, Outcome):
            self.errors[run.job.id] = error

    def passes(self, run: Run, point: CrashPoint) -> None:
        """Kills the run if it is to die here: whatever it does from now on, nothing of it is written."""
        if point == self.crash_at and run.job.id not in self.killed:
            self.killed[run.job.id] = run.job.run_no
            run.closed = True
            raise Killed(f"job {run.job.id} was killed at {point}")


class ObservedHandler:
    """A handler whose runs are observed. Its functions are called in this process, the blocking ones in a thread."""

    portable = False

    def __init__(self, inner: Handler, observer: Observer) -> None:
        self._inner = inner
        self._observer = observer
        self.name = inner.name
        self.module = inner.module
        self.policy = inner.policy
        self.blocking = inner.blocking

    async def call(self, run: Run) -> Any:
        with self._observed(run):
            result = await self._inner.call(run)
            self._observer.passes(run, "after_function")
        return result

    def call_blocking(self, run: Run) -> Any:
        with self._observed(run):
            result = self._inner.call_blocking(run)
            self._observer.passes(run, "after_function")
        return result

    def wrap(self, run: Run, inner: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        return self._inner.wrap(run, inner)

    def retry_choice(self, error: BaseException, job: Claimed) -> RetryChoice | bool | None:
        return self._inner.retry_choice(error, job)

    @contextmanager
    def _observed(self, run: Run) -> Iterator[None]:
        self._observer.began(run)
        try:
            yield
        except Exception as error:
            self._observer.failed(run, error)
            raise


class CrashingPorts:
    """Ports whose `transaction()` passes the points of its commit."""

    def __init__(self, inner: Ports, observer: Observer) -> None:
        self._inner = inner
        self._observer = observer

    def of(self, run: Run) -> RunPorts:
        ports: Any = self._inner.of(run)
        around = self._around if run.handler.blocking else self._around_awaited
        ports.transaction = around(run, ports.transaction)
        made: RunPorts = ports
        return made

    def _around(self, run: Run, transaction: Callable[[JobRun[Any]], Any]) -> Callable[[JobRun[Any]], Any]:
        @contextmanager
        def observed(job: JobRun[Any]) -> Iterator[Any]:
            with transaction(job) as connection:
                yield connection
                self._observer.passes(run, "before_commit")
            self._observer.passes(run, "after_commit")

        return observed

    def _around_awaited(self, run: Run, transaction: Callable[[JobRun[Any]], Any]) -> Callable[[JobRun[Any]], Any]:
        @asynccontextmanager
        async def observed(job: JobRun[Any]) -> AsyncIterator[Any]:
            async with transaction(job) as connection:
                yield connection
                self._observer.passes(run, "before_commit")
            self._observer.passes(run, "after_commit")

        return observed
