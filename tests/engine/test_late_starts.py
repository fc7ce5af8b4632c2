"""Functions that would start after their grant has lapsed, and what middlewares make of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from advisorjobs.engine.dispatch import ChildDied, ChildFailed, StartedLate
from advisorjobs.engine.plain_handler import PlainHandler
from advisorjobs.engine.run import Run
from advisorjobs.queues import queue_settings
from tests.fixtures.children import Bench, told

MakeBench = Callable[..., Bench]


def run_around(bench: Bench, middleware: Any, portable: bool) -> Run:
    """A run of plain:retry, which fails, inside a worker *middleware*; in a child process or (not *portable*) in a thread."""
    plain = bench.handlers["plain:retry"]
    assert isinstance(plain, PlainHandler)
    closure: Any = lambda call_next, context, worker: call_next()  # noqa: E731
    options = replace(plain.options, worker_middleware=[middleware], task_middleware=[] if portable else [closure])
    bench.handlers["plain:retry"] = handler = PlainHandler(
        "plain:retry", plain.task, queue_settings("critical"), options
    )
    assert handler.portable is portable
    return bench.run_of("plain:retry")


@pytest.mark.parametrize("portable", [True, False])
async def test_a_function_that_a_middleware_calls_again_is_not_late(make_bench: MakeBench, portable: bool) -> None:
    async def again(call_next: Any, context: Any, worker: Any) -> Any:
        try:
            return await call_next()
        except ChildFailed:
            run.start_by = 0.0  # meanwhile the grant has lapsed
            return await call_next()

    bench = make_bench()
    run = run_around(bench, again, portable)
    run.start_by = monotonic() + 60.0

    with pytest.raises(ChildFailed):
        await bench.executor.run(run)
    assert run.called


@pytest.mark.parametrize("portable", [True, False])
async def test_what_starts_late_is_not_called_whatever_a_middleware_makes_of_errors(
    make_bench: MakeBench, portable: bool
) -> None:
    async def unmoved(call_next: Any, context: Any, worker: Any) -> Any:
        try:
            return await call_next()
        except Exception:
            return "well"

    bench = make_bench()
    run = run_around(bench, unmoved, portable)
    run.start_by = 0.0

    with pytest.raises(StartedLate):
        await bench.executor.run(run)
    assert not run.called


async def test_a_child_that_dies_may_have_called_its_function(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench()
    run = bench.run_of("test:loop", path=str(tmp_path / "begun"), how="plain")
    task = bench.begin(run)
    (pid,) = await told(tmp_path / "begun")
    os.kill(pid, signal.SIGKILL)

    with pytest.raises(ChildDied):
        await task
    assert run.called
