"""What the dispatcher does with the runs that it holds, whatever their own rules say."""

from __future__ import annotations

import asyncio
from dataclasses import replace
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


async def test_a_retry_strategy_that_fails_at_a_time_limit_ends_its_job_and_not_the_worker(
    app: App, database: str, desk: Desk
) -> None:
    @app.task(name="test:work", queue="critical", retry=Clumsy())
    async def work() -> None:
        await asyncio.Event().wait()

    desk.enqueue()
    jobs = desk.claim()
    plan = plan_of(app, {"queues": ["critical"]})
    handlers = handlers_of(app, plan, None)  # type: ignore[arg-type]
    handlers["test:work"].policy = replace(handlers["test:work"].policy, timeout=60.0)
    outbox = Completer(Link(database, "test"), on_written=lambda: None)
    dispatcher = Dispatcher(
        slots=Slots({"critical": 1}),
        completer=outbox,
        handlers=handlers,
        executor=None,
        ports=None,
        on_room=lambda: None,
    )  # type: ignore[arg-type]
    dispatcher.take(jobs, Lease(desk.worker, desk.token, 60.0, 0.0), {})
    (run,) = dispatcher.runs.values()

    dispatcher.tick(run.deadline + 1.0)

    (settled,) = outbox.settled
    assert (settled.ending.status, settled.ending.final, settled.ending.error_code) == ("timed_out", True, "timeout")
    assert run.task is not None
    await asyncio.wait([run.task], timeout=5)
    assert run.task.done()
