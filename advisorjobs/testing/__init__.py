"""Tests of your own jobs: run them here and now by the real engine, look at what was enqueued, let time pass, die on purpose.

`JobKit` is all there is to learn; with `pytest_plugins = ["advisorjobs.testing.plugin"]` the fixture `job_kit` is one, on a
migrated database that only this test has. Jobs must be committed to be run, as for any worker; what is asserted may also
be uncommitted (`connection=`).
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import pydantic

from advisorjobs.calls import Awaiting, Blocking, call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.operation import only as sole
from advisorjobs.database.statement import statement
from advisorjobs.enqueue import refuse_unknown_option
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import UnknownJob
from advisorjobs.job import Job, read_jobs
from advisorjobs.payloads import Payload
from advisorjobs.periodic import put_periodic
from advisorjobs.testing.clock import Clock
from advisorjobs.testing.crash import CrashPoint
from advisorjobs.testing.expectation import Expectation, as_span, failure_text, sorted_out
from advisorjobs.testing.inline import inline
from advisorjobs.testing.ran import Ran

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.testing.worker import InlineWorker

__all__ = ["BlockingJobKit", "CrashPoint", "Expected", "JobKit", "Ran"]

MOST = 1000
"""A test that runs more jobs than this probably never ends."""

A_MOMENT = 0.001

PATIENCE = 100
"""So many moments in a row at which nothing starts after all, and nothing will."""


class Expected(TypedDict, total=False):
    """What may be expected of an enqueued job; what is left out may be anything.

    `payload`: these fields (at any depth) with these values, defaults of the payload's model counted; others may be there.
    `priority`: 1 (first) to 9, known of living jobs only. `scheduled_at`: due at this moment, `scheduled_in`: due so long
    from now (a timedelta or seconds), both within 5 s. `tags`: all of these.
    """

    queue: str | None
    organization_id: str | None
    payload: Mapping[str, Any] | Payload | None
    priority: int | None
    tags: Sequence[str] | None
    unique_key: str | None
    scheduled_at: datetime | None
    scheduled_in: timedelta | float | None


class KitCalls:
    """The calls of both kits. Times are the test's: the database's, and what the test let pass."""

    app: App
    clock: Clock

    @inline
    async def run_next(
        self, *, queue: str | None = None, crash_at: CrashPoint | None = None, raising: bool = True
    ) -> Ran | None:
        """Runs the job that a worker would take next (of *queue*, or of all); None when nothing is due.

        It goes the whole way: claim with its limits, handler, time limit, outcome, completion. Blocking functions run in a
        thread of this process. Other queues' jobs come by the priority of their queue. With *crash_at* the run dies there,
        is taken back as from a dead worker (status `crashed`), and its next run is another call's. What the function
        raises is raised here too, once it is written, unless *raising* is False; `Ran.error` has it then.
        """
        ran = await self._run(queue, most=1, crash_at=crash_at, raising=raising, later=False)
        return ran[0] if ran else None

    @inline
    async def run_due(
        self, *, queue: str | None = None, crash_at: CrashPoint | None = None, raising: bool = True
    ) -> list[Ran]:
        """Runs jobs until none is due any more, those included that the jobs enqueue meanwhile; as `run_next`.

        With *crash_at* each job dies there once and is run again. Raises AssertionError after 1000 runs.
        """
        return await self._run(queue, most=None, crash_at=crash_at, raising=raising, later=False)

    @inline
    async def drain(
        self,
        *,
        until: datetime | timedelta | float | None = None,
        queue: str | None = None,
        crash_at: CrashPoint | None = None,
        raising: bool = True,
    ) -> list[Ran]:
        """As `run_due`, and lets time pass whenever nothing is due: to the last delayed job and the last retry.

        Schedules never end; so their ticks are run to only with *until*, a moment (with its time zone) or a span from now (a
        timedelta or seconds), at which the test's time stands afterwards: as if a worker had worked all the while.
        With `raising=False` it shows how a job that fails ends: all its runs, in order.
        """
        if isinstance(until, datetime) or until is None:
            end = until
        else:
            end = self.clock.reads(await self._database_now()) + forward(as_span(until))
        return await self._run(queue, most=None, crash_at=crash_at, raising=raising, later=True, until=end)

    @call
    def enqueued(
        self, name: str | None = None, *, connection: Any = None, **expected: Unpack[Expected]
    ) -> Operation[list[Job]]:
        """The jobs that were enqueued as *expected*, in order: alive or ended. Raises UnknownJob for a *name* that no job has.

        With *connection*: as that connection sees it, what its open transaction has enqueued included.
        """
        return self._compared("enqueued", name, expected, lambda wanted, matching, others: matching, connection)

    @call
    def assert_enqueued(
        self,
        name: str | None = None,
        *,
        count: int | None = None,
        only: bool = False,
        connection: Any = None,
        **expected: Unpack[Expected],
    ) -> Operation[list[Job]]:
        """The same; raises AssertionError, with the nearest, unless there are *count* of them (None: one or more).

        `count=0`: none may be. *only*: and nothing else may have been enqueued.
        """

        def judge(wanted: Expectation, matching: list[Job], others: list[tuple[Job, list[str]]]) -> list[Job]:
            right = bool(matching) if count is None else len(matching) == count
            if not right or (only and others):
                raise AssertionError(failure_text(wanted, count, matching, others))
            return matching

        return self._compared("assert_enqueued", name, expected, judge, connection)

    @call
    def now(self) -> Operation[datetime]:
        """The test's time: the database's, and what the test let pass."""
        return operation("now", statement("clock"), {}, lambda rows: self.clock.reads(sole(rows)))

    @call
    def freeze(self) -> Operation[None]:
        """From now on nothing falls due by the time that the test itself takes; `travel` still lets time pass."""

        def stand(rows: list[Row]) -> None:
            self.clock.frozen_at = self.clock.frozen_at or sole(rows)

        return operation("freeze", statement("clock"), {}, stand)

    @call
    def travel(self, span: timedelta | float) -> Operation[None]:
        """Lets *span* (a timedelta or seconds) pass at once, for delays, retries, schedules, limits, pauses and unique keys.

        No clock is changed: all that waits for a time becomes so much older, in one transaction. What the tracker
        tallied stays at the database's time. Raises ValueError for less than nothing.
        """
        return self._shift(forward(as_span(span)))

    @inline
    async def travel_to(self, moment: datetime) -> None:
        """Lets time pass until *moment* (with its time zone). Raises ValueError for one that has passed."""
        here = self.clock.reads(await self._database_now())
        await self.app.run_async(self._shift(forward(moment - here)))

    async def _run(
        self,
        queue: str | None,
        *,
        most: int | None,
        crash_at: CrashPoint | None,
        raising: bool,
        later: bool,
        until: datetime | None = None,
    ) -> list[Ran]:
        self.app.perform_import_paths()
        if self.app.periodic_registry.periodic_tasks:
            await self.app.run_async(put_periodic(self.app))
        await self._stand_still()
        async with self._worker(queue, crash_at) as worker:
            ran: list[Ran] = []
            async for each in self._runs(worker, later=later, until=until):
                ran.append(replace(each, next_run_at=self._shown(each.next_run_at)))
                if raising and each.error is not None:
                    each.error.add_note(
                        f"raised by job {each.job_id} ({each.name}), run {each.run}, which ended {each.status}"
                    )
                    raise each.error
                if len(ran) == most:
                    break
                if len(ran) == MOST:
                    raise AssertionError(
                        f"{MOST} runs, and there is more to do: the last was {each.name}, {each.status}"
                    )
            if crash_at and ran and not worker.observer.killed:
                raise AssertionError(f"no run passed {crash_at!r}: the last was {ran[-1].name}, {ran[-1].status}")
        return ran

    async def _runs(self, worker: InlineWorker, *, later: bool, until: datetime | None) -> AsyncIterator[Ran]:
        """Runs until nothing is due; with *later* until nothing is left, or until then, letting time pass."""
        idle = 0
        while idle < PATIENCE:
            ran = await worker.run_next()
            if ran is not None:
                idle = 0
                yield ran
                continue
            idle += 1
            seconds = await self._next_step(worker, until) if later else None
            if seconds is None:
                return
            await self.app.run_async(self._shift(timedelta(seconds=seconds)))

    async def _next_step(self, worker: InlineWorker, until: datetime | None) -> float | None:
        """Seconds to let pass until something may be due, at most until then; None where there is nothing to wait for."""
        moments = [await worker.next_moment()]
        if until is None:
            return None if moments[0] is None else moments[0] + A_MOMENT
        moments.append(await worker.next_tick())
        left = (until - self.clock.reads(await self._database_now())).total_seconds()
        seconds = min([left, *(moment + A_MOMENT for moment in moments if moment is not None)])
        return seconds if left > 0 else None

    def _worker(self, queue: str | None, crash_at: CrashPoint | None) -> InlineWorker:
        from advisorjobs.testing.worker import InlineWorker

        return InlineWorker(self.app, self.clock, [self.app.known_queue(queue)] if queue else None, crash_at)

    def _shift(self, span: timedelta) -> Operation[None]:
        def passed(rows: list[Row]) -> None:
            self.clock.ahead += span

        return operation("travel", statement("shift_times"), {"seconds": span.total_seconds()}, passed)

    async def _stand_still(self) -> None:
        """While time is frozen: makes all that waits as young again as it was when it was frozen."""
        if self.clock.frozen_at is not None:
            lag = self.clock.lag(await self._database_now())
            values = {"seconds": -lag.total_seconds()}
            await self.app.run_async(operation("freeze", statement("shift_times"), values, sole))

    async def _database_now(self) -> datetime:
        now: datetime = await self.app.run_async(operation("now", statement("clock"), {}, sole))
        return now

    def _shown(self, moment: datetime | None) -> datetime | None:
        return None if moment is None else moment + self.clock.ahead

    def _compared(
        self,
        asked_by: str,
        name: str | None,
        expected: Expected,
        answer: Callable[[Expectation, list[Job], list[tuple[Job, list[str]]]], list[Job]],
        connection: Any,
    ) -> Operation[list[Job]]:
        for option in expected:
            refuse_unknown_option(f"{asked_by}()", option, Expected.__annotations__)
        if name is not None:
            self._known(name)
        wanted = Expectation(name=name, **expected)

        def read(rows: list[Row]) -> list[Job]:
            now = max((row["now"] for row in rows), default=None)
            jobs = [self._in_test_time(job) for job in read_jobs([without_now(row) for row in rows])]
            shown = self._shown(now) if now else None
            return answer(wanted, *sorted_out(wanted, jobs, self._fields_of, shown))

        return operation(asked_by, statement("all_jobs"), {}, read, connection)

    def _known(self, name: str) -> None:
        """Raises UnknownJob with the nearest name: an assertion that finds nothing of a misspelt job would prove nothing."""
        self.app.perform_import_paths()
        known = {*self.app.catalogue, *self.app.tasks}
        if name not in known:
            raise UnknownJob(f"there is no job {name!r}{did_you_mean(name, sorted(known))}")

    def _fields_of(self, job: Job) -> Mapping[str, Any]:
        """The payload with the defaults of its model; as it is, where the model can't read it."""
        job_type = self.app.catalogue.find(job.name)
        if job_type is None:
            return job.payload
        try:
            fields: dict[str, Any] = job_type.payload.model_validate(job.payload).model_dump(mode="json")
        except pydantic.ValidationError:
            return job.payload
        return fields

    def _in_test_time(self, job: Job) -> Job:
        return replace(
            job,
            queued_at=job.queued_at + self.clock.ahead,
            scheduled_at=self._shown(job.scheduled_at),
            started_at=self._shown(job.started_at),
            finished_at=self._shown(job.finished_at),
        )


class BlockingJobKit(Blocking, KitCalls):
    """The kit's calls for blocking tests."""

    def __init__(self, app: App, clock: Clock) -> None:
        super().__init__(app)
        self.clock = clock


class JobKit(Awaiting, KitCalls):
    """The kit's calls, awaited; `.sync` has the same ones for blocking tests. *app*: the process's own by default."""

    def __init__(self, app: App | None = None) -> None:
        if app is None:
            from advisorjobs.application import the_app

            app = the_app()
        super().__init__(app)
        self.clock = Clock()

    @functools.cached_property
    def sync(self) -> BlockingJobKit:
        """The same calls, blocking, on the same time."""
        return BlockingJobKit(self.app, self.clock)


def forward(span: timedelta) -> timedelta:
    """*span*; raises ValueError for a negative one."""
    if span < timedelta(0):
        raise ValueError(f"time only goes on: travel by 0 s or more, got {span.total_seconds():g} s")
    return span


def without_now(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "now"}
