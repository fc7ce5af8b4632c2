"""The context in which a job function is called: it knows its run, nothing of the run before it, and goes with it."""

from __future__ import annotations

import asyncio
import gc
import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest

from advisorjobs.application import App
from advisorjobs.engine.assembly import handlers_of, plan_of
from advisorjobs.engine.complete import Completer
from advisorjobs.engine.current import current_run
from advisorjobs.engine.dispatch import Dispatcher, RunTracer
from advisorjobs.engine.harmless_spans import HarmlessSpans
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.run import Run
from advisorjobs.engine.slots import Slots
from advisorjobs.losses import Losses
from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for_async

LEFT: ContextVar[int | None] = ContextVar("left", default=None)


async def run_all(app: App, desk: Desk, said: list[Run], tracer: RunTracer | None = None) -> Dispatcher:
    """Runs ten jobs, one after the other in one slot; forgets them like a worker that has written their ends."""
    desk.enqueue(10)
    handlers = handlers_of(app, plan_of(app, {"queues": ["critical"]}), None)  # type: ignore[arg-type]
    outbox: Any = Completer(None, on_written=lambda: None)  # type: ignore[arg-type]
    ports: Any = None
    dispatcher = Dispatcher(
        slots=Slots({"critical": 1}), completer=outbox, handlers=handlers, executor=ports, ports=ports,
        on_room=lambda: None, on_said=said.append, tracer=tracer,
    )  # fmt: skip
    dispatcher.take(desk.claim(), Lease(desk.worker, desk.token, 60.0, time.monotonic()), {"critical": math.inf})

    async def ended() -> bool:
        return not dispatcher.runs

    await wait_for_async(ended, "the runs")
    outbox.forget()
    return dispatcher


async def test_each_run_knows_itself_and_nothing_of_the_one_before(app: App, desk: Desk) -> None:
    seen: list[tuple[int, int | None]] = []

    @app.task(name="test:work", queue="critical")
    async def work() -> None:
        run = current_run.get()
        assert run is not None
        seen.append((run.job.id, LEFT.get()))
        LEFT.set(run.job.id)
        await asyncio.get_running_loop().run_in_executor(None, int)
        assert current_run.get() is run

    await run_all(app, desk, [])
    assert [left for _, left in seen] == [None] * 10
    assert len({number for number, _ in seen}) == 10
    assert current_run.get() is None


async def test_who_keeps_lines_is_told_of_runs_that_said_something(app: App, desk: Desk) -> None:
    @app.task(name="test:work", queue="critical")
    async def work() -> None:
        run = current_run.get()
        assert run is not None
        run.said = run.job.id % 2

    said: list[Run] = []
    await run_all(app, desk, said)
    assert len(said) == 5
    assert {run.job.id % 2 for run in said} == {1}


class Broken:
    """A tracer that raises at each call."""

    def __getattr__(self, call: str) -> Callable[..., Any]:
        def fail(*_: object) -> None:
            raise RuntimeError(call)

        return fail


async def test_a_tracer_that_raises_touches_no_run(app: App, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Run | None] = []

    @app.task(name="test:work", queue="critical")
    async def work() -> None:
        seen.append(current_run.get())

    losses = Losses()
    spans = HarmlessSpans(Broken(), losses)  # type: ignore[arg-type]
    dispatcher = await run_all(app, desk, [], spans)
    (queue,) = dispatcher.slots.queues.values()

    assert [run.outcome for run in seen if run] == ["completed"] * 10
    assert (queue.running, queue.ended, queue.finished["completed"]) == (0, 10, 10)
    assert (spans.name_of(seen[0]), spans.from_child([])) == (None, None)  # type: ignore[arg-type]
    assert losses.counts["error"] == 22
    told = [line.getMessage().partition(" failed (")[0] for line in caplog.records if "failed" in line.getMessage()]
    assert told == [  # once each
        "the beginning of a run's span", "the end of a run's span", "the name of a run's span",
        "passing on a child process's spans",
    ]  # fmt: skip
    assert "RuntimeError at " in caplog.text


async def test_a_run_that_has_ended_is_no_work_for_the_garbage_collector(app: App, desk: Desk) -> None:
    @app.task(name="test:work", queue="critical")
    async def work() -> None:
        """Does nothing."""

    await run_all(app, desk, [])  # whatever is made at first use
    gc.collect()
    gc.disable()
    try:
        await run_all(app, desk, [])
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        assert [kept for kept in gc.garbage if isinstance(kept, Run)] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
