"""What the dispatcher does with the runs that it holds, whatever their own rules say."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import monotonic
from typing import Any

import procrastinate

from advisorjobs.application import App
from advisorjobs.database.link import Link
from advisorjobs.engine.assembly import handlers_of, plan_of
from advisorjobs.engine.complete import Completer
from advisorjobs.engine.dispatch import Dispatcher
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.slots import Slots
from tests.fixtures.desk import Desk


class Clumsy(procrastinate.BaseRetryStrategy):
    """Takes every error for an answer of a web service, which a time limit is not."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> Any:
        return exception.response.status_code == 429  # type: ignore[attr-defined]


def dispatcher_of(app: App, database: str) -> Dispatcher:
    """A dispatcher with one slot in "critical", for the handlers of *app*, which writes nothing by itself."""
    handlers = handlers_of(app, plan_of(app, {"queues": ["critical"]}), None)  # type: ignore[arg-type]
    handlers["test:work"].policy = replace(handlers["test:work"].policy, timeout=60.0)
    return Dispatcher(
        slots=Slots({"critical": 1}),
        completer=Completer(Link(database, "test"), on_written=lambda: None),
        handlers=handlers,
        executor=None,  # type: ignore[arg-type]
        ports=None,  # type: ignore[arg-type]
        on_room=lambda: None,
    )


async def test_a_retry_strategy_that_fails_at_a_time_limit_ends_its_job_and_not_the_worker(
    app: App, database: str, desk: Desk
) -> None:
    @app.task(name="test:work", queue="critical", retry=Clumsy())
    async def work() -> None:
        await asyncio.Event().wait()

    desk.enqueue()
    jobs = desk.claim()
    dispatcher = dispatcher_of(app, database)
    dispatcher.take(jobs, Lease(desk.worker, desk.token, 60.0, 0.0), {})
    (run,) = dispatcher.runs.values()

    dispatcher.tick(run.deadline + 1.0)

    (settled,) = dispatcher.completer.settled
    assert (settled.ending.status, settled.ending.final, settled.ending.error_code) == ("timed_out", True, "timeout")
    assert run.task is not None
    await asyncio.wait([run.task], timeout=5)
    assert run.task.done()


async def test_a_queue_whose_job_starts_late_is_left_alone_for_a_while(app: App, database: str, desk: Desk) -> None:
    @app.task(name="test:work", queue="critical")
    async def work() -> None: ...

    dispatcher = dispatcher_of(app, database)
    queue = dispatcher.slots.queues["critical"]
    queue.start_within = 0.025
    desk.enqueue(2)
    late, timely = desk.claim()

    async def run(job: Any, start_by: float) -> None:
        dispatcher.take([job], Lease(desk.worker, desk.token, 60.0, 0.0), {"critical": start_by})
        (run,) = dispatcher.runs.values()
        assert run.task is not None
        await asyncio.wait([run.task], timeout=5)

    await run(late, 0.0)
    (settled,) = dispatcher.completer.settled
    assert (settled.ending.status, settled.ending.start_back) == ("released", True)
    assert queue.brake == 0.025
    assert not queue.open(queue.braked_until - 0.001)

    await run(timely, monotonic() + 60)
    assert queue.brake == 0.0


async def test_only_a_start_that_a_rate_limit_was_charged_for_is_given_back(
    app: App, database: str, desk: Desk
) -> None:
    @app.task(name="test:work", queue="critical")
    async def work() -> None: ...

    dispatcher = dispatcher_of(app, database)
    dispatcher.stopping = True
    desk.enqueue(2)
    lease = Lease(desk.worker, desk.token, 60.0, 0.0)
    free, charged = desk.claim()

    dispatcher.take([free], lease, {})
    dispatcher.take([charged], lease, {"critical": monotonic() + 60})

    assert [each.ending.start_back for each in dispatcher.completer.settled] == [False, True]
