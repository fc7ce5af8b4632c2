"""Blocking functions and suspects in child processes: what they return, how they are stopped, what their deaths say."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from advisorjobs.engine.dispatch import ChildDied, ChildFailed
from advisorjobs.engine.job_handler import JobHandler
from advisorjobs.engine.plain_handler import PlainHandler, PlainOptions
from advisorjobs.engine.run import Fate
from advisorjobs.errors import ErrorCode
from advisorjobs.outcomes import Fail, Snooze
from advisorjobs.queues import queue_settings
from advisorjobs.task import JobFunction
from tests.engine.child_jobs import Work, application, in_brackets
from tests.fixtures.children import Bench, descriptors, is_gone, numbers_in, told
from tests.fixtures.waiting import wait_for, wait_for_async

MakeBench = Callable[..., Bench]


async def test_a_blocking_function_runs_in_another_process(make_bench: MakeBench) -> None:
    result = await make_bench().do("test:add", number=4)

    assert result["sum"] == 5
    assert result["pid"] != os.getpid()


async def test_a_child_is_used_again(make_bench: MakeBench) -> None:
    bench = make_bench(children=2)

    assert len({(await bench.do("test:add"))["pid"] for _ in range(5)}) == 1


async def test_twenty_jobs_share_two_children(make_bench: MakeBench) -> None:
    bench = make_bench(children=2)

    results = await asyncio.gather(*(bench.do("test:add", number=n) for n in range(20)))

    assert sorted(result["sum"] for result in results) == list(range(1, 21))
    assert len({result["pid"] for result in results}) <= 2
    assert len(bench.pids) <= 2


async def test_a_child_is_renewed_after_its_number_of_jobs(make_bench: MakeBench) -> None:
    bench = make_bench(jobs=2)

    pids = [(await bench.do("test:add"))["pid"] for _ in range(4)]

    assert (len(set(pids[:2])), len(set(pids[2:])), len(set(pids))) == (1, 1, 2)


async def test_an_idle_child_ends(make_bench: MakeBench) -> None:
    bench = make_bench(idle=0.1)
    pid = (await bench.do("test:add"))["pid"]

    async def gone() -> bool:
        return is_gone(pid) and not bench.pids

    assert await wait_for_async(gone)


async def test_a_child_that_died_between_jobs_is_nobodys_fault(make_bench: MakeBench) -> None:
    bench = make_bench()
    pid = (await bench.do("test:add"))["pid"]
    os.kill(pid, signal.SIGKILL)

    assert (await bench.do("test:add"))["pid"] != pid


async def test_what_a_job_prints_does_not_disturb_the_protocol(
    make_bench: MakeBench, capfd: pytest.CaptureFixture[str]
) -> None:
    bench = make_bench()

    assert await bench.do("test:print") == "done"
    assert (await bench.do("test:add"))["sum"] == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "x" * 100_000 in err


@pytest.mark.parametrize("how", ["plain", "deaf", "gil"])
async def test_stopping_a_run_kills_its_process_whatever_it_does(
    make_bench: MakeBench, tmp_path: Path, how: str
) -> None:
    bench = make_bench()
    task = bench.begin(bench.run_of("test:loop", path=str(tmp_path / "begun"), how=how))
    (pid,) = await told(tmp_path / "begun")

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    wait_for(lambda: is_gone(pid), seconds=1)
    assert (await bench.do("test:add"))["pid"] != pid


async def test_stopping_a_run_kills_what_it_started_too(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench()
    task = bench.begin(bench.run_of("test:loop", path=str(tmp_path / "begun"), how="grandchild"))
    pids = await told(tmp_path / "begun")

    task.cancel()
    await asyncio.wait([task])
    wait_for(lambda: all(map(is_gone, pids)), seconds=1)
    assert len(pids) == 2


@pytest.mark.parametrize(
    ("how", "reason"),
    [("exit", "exited with status 7"), ("segfault", "killed by SIGSEGV"), ("killed", "killed by SIGKILL")],
)
async def test_a_childs_death_is_told_with_its_reason(make_bench: MakeBench, how: str, reason: str) -> None:
    bench = make_bench()
    with pytest.raises(ChildDied) as died:
        await bench.do("test:die", how=how)
    assert died.value.reason.endswith(reason)
    assert (await bench.do("test:add"))["sum"] == 1


@pytest.mark.parametrize("name", ["test:eat", "test:feed"])
async def test_a_job_that_takes_more_memory_than_it_may_is_killed(make_bench: MakeBench, name: str) -> None:
    bench = make_bench()
    with pytest.raises(ChildDied, match="took more than 150 MB of memory"):
        await bench.do(name)


async def test_an_error_that_quotes_what_is_no_text_is_an_error_and_not_a_death(make_bench: MakeBench) -> None:
    bench = make_bench()
    with pytest.raises(ChildFailed) as failed:
        await bench.do("test:raise", how="no text")
    with pytest.raises(Fail) as said:
        await bench.do("test:raise", how="no text as outcome")

    assert failed.value.failure.message == "ValueError: \udcff"
    assert (said.value.code, said.value.reason) == (ErrorCode.VALIDATION, "\udcff")


async def test_errors_come_back_as_values(make_bench: MakeBench) -> None:
    bench = make_bench()
    with pytest.raises(ChildFailed) as plain:
        await bench.do("test:raise")
    with pytest.raises(ChildFailed) as coded:
        await bench.do("test:raise", how="job error")
    with pytest.raises(ChildFailed) as exited:
        await bench.do("test:raise", how="exit")

    assert (plain.value.failure.code, plain.value.failure.message) == (ErrorCode.INTERNAL, "ValueError: no")
    assert "child_jobs.py" in plain.value.failure.trace
    assert (coded.value.failure.code, coded.value.failure.retry_after) == (ErrorCode.RATE_LIMITED, 30)
    assert exited.value.failure.message == "SystemExit: 3"
    assert len(bench.pids) == 1


async def test_outcomes_come_back_as_themselves(make_bench: MakeBench) -> None:
    with pytest.raises(Snooze) as snooze:
        await make_bench().do("test:raise", how="snooze")
    assert snooze.value.delay == 5


async def test_a_result_that_is_no_json_is_an_error(make_bench: MakeBench) -> None:
    with pytest.raises(ChildFailed) as failed:
        await make_bench().do("test:circle")
    assert failed.value.failure.message.startswith("TypeError: the result can't be kept as JSON")


async def test_a_payload_that_no_longer_fits_is_an_error_without_retry(make_bench: MakeBench) -> None:
    with pytest.raises(ChildFailed) as failed:
        await make_bench().do("test:add", strange=1)
    assert failed.value.failure.permanent
    assert failed.value.failure.code is ErrorCode.VALIDATION


async def test_a_child_that_can_not_import_the_application_says_why(make_bench: MakeBench) -> None:
    bench = make_bench(application="tests.nowhere:app")
    with pytest.raises(ChildFailed) as failed:
        await bench.do("test:add")
    assert "ModuleNotFoundError" in failed.value.failure.message
    with pytest.raises(ChildFailed):  # and holds nobody up
        await bench.do("test:add")


async def test_a_function_finds_out_that_it_is_to_stop(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench()
    run = bench.run_of("test:obey", path=str(tmp_path / "begun"))
    task = bench.begin(run)
    (pid,) = await told(tmp_path / "begun")

    run.ask(Fate.ABORTED, 0.0)
    bench.executor.abort(run, grace=10.0)
    with pytest.raises(ChildFailed) as failed:
        await task
    assert failed.value.failure.aborted
    assert (await bench.do("test:add"))["pid"] == pid


async def test_a_function_that_does_not_stop_when_asked_is_killed(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench()
    run = bench.run_of("test:loop", path=str(tmp_path / "begun"))
    task = bench.begin(run)
    (pid,) = await told(tmp_path / "begun")

    run.ask(Fate.ABORTED, 0.0)
    bench.executor.abort(run, grace=0.1)
    with pytest.raises(ChildDied, match="did not stop"):
        await task
    assert is_gone(pid)


async def test_waiting_for_a_child_is_not_the_jobs_time(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench()
    first = bench.run_of("test:obey", path=str(tmp_path / "begun"))
    task = bench.begin(first)
    await told(tmp_path / "begun")
    second = bench.run_of("test:add")
    waiting = bench.begin(second)
    await asyncio.sleep(0)  # noqa: TID251 - lets it begin to wait

    assert second.deadline == float("inf")
    first.ask(Fate.ABORTED, 0.0)
    bench.executor.abort(first, grace=10.0)
    await asyncio.wait([task, waiting])
    assert second.deadline - second.started == queue_settings("critical").timeout.total_seconds()


async def test_a_run_that_waits_for_a_child_is_stopped_at_once(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench()
    busy = bench.begin(bench.run_of("test:loop", path=str(tmp_path / "begun")))
    await told(tmp_path / "begun")
    run = bench.run_of("test:add")
    waiting = bench.begin(run)
    await asyncio.sleep(0)  # noqa: TID251 - lets it begin to wait

    run.ask(Fate.ABORTED, 0.0)
    bench.executor.abort(run, grace=10.0)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    busy.cancel()
    assert (await bench.do("test:add"))["sum"] == 1


async def test_a_coroutine_function_that_is_a_suspect_runs_in_a_child(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = make_bench()
    assert await bench.executor.run(bench.run_of("test:alone", suspect=True)) in bench.pids

    run = bench.run_of("test:alone", suspect=True, path=str(tmp_path / "begun"), how="wait")
    task = bench.begin(run)
    await told(tmp_path / "begun")
    run.ask(Fate.ABORTED, 0.0)
    bench.executor.abort(run, grace=10.0)
    with pytest.raises(ChildFailed) as failed:
        await task
    assert failed.value.failure.code is ErrorCode.CANCELLED


async def test_a_plain_task_gets_its_context(make_bench: MakeBench) -> None:
    result = await make_bench().do("plain:context", word="hello")

    assert result == ["hello", 7, 0, {"who": "me"}, "bench"]


async def test_the_retry_strategy_of_a_plain_task_decides_in_the_child(make_bench: MakeBench) -> None:
    with pytest.raises(ChildFailed) as failed:
        await make_bench().do("plain:retry")
    choice = failed.value.failure.choice
    assert choice is not None
    assert not isinstance(choice, bool)


async def test_middleware_of_tasks_runs_in_the_child_and_that_of_workers_on_the_event_loop(
    make_bench: MakeBench,
) -> None:
    async def here(call_next: Any, context: Any, worker: Any) -> list[Any]:
        return [os.getpid(), await call_next()]

    bench = make_bench(task_middleware=("tests.engine.child_jobs:in_brackets",))
    plain = bench.handlers["plain:retry"]
    assert isinstance(plain, PlainHandler)
    task = plain.options.app.tasks["plain:context"]
    options = replace(plain.options, task_middleware=[in_brackets], worker_middleware=[here])
    bench.handlers["plain:context"] = PlainHandler("plain:context", task, queue_settings("critical"), options)

    pid, (opened, (word, *_), closed) = await bench.do("plain:context", word="hello")
    assert (pid, opened, word, closed) == (os.getpid(), "(", "hello", ")")
    assert pid not in bench.pids


def test_what_can_not_reach_a_child_keeps_a_task_out_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISORJOBS_IMPORTS", "tests.engine.child_jobs")
    app = application()
    task, row = app.tasks["plain:context"], queue_settings("critical")
    options = PlainOptions(app=app, worker=None, name="bench", queues=["critical"], additional_context={"who": "me"})

    assert PlainHandler("plain:context", task, row, options).portable
    assert not PlainHandler("plain:context", task, row, replace(options, additional_context={"it": object()})).portable
    closure: Any = lambda call_next, context, worker: call_next()  # noqa: E731
    assert not PlainHandler("plain:context", task, row, replace(options, task_middleware=[closure])).portable


def local_handler(function: Callable[[Any], Any]) -> JobHandler:
    return JobHandler(
        JobFunction(name="test:local", payload=Work, function=function, queue="critical", blocking=True),
        queue_settings("critical"),
    )


async def test_a_function_that_no_child_can_find_runs_in_a_thread_of_its_own(
    make_bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make_bench()
    bench.handlers["test:local"] = local_handler(lambda job: threading.current_thread().name)
    bench.executor.announce(bench.handlers.values())

    assert await bench.do("test:local") == "advisorjobs test:local"
    assert not bench.pids
    assert "functions of test:local " in caplog.text


async def test_a_thread_beyond_its_time_is_left_to_itself(make_bench: MakeBench) -> None:
    bench = make_bench(threads=1)
    go_on, ended = threading.Event(), threading.Event()
    bench.handlers["test:local"] = local_handler(lambda job: (go_on.wait(20), ended.set()))
    task = bench.begin(bench.run_of("test:local"))
    await asyncio.sleep(0)  # noqa: TID251 - lets it begin

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    bench.handlers["test:local"] = local_handler(lambda job: "next")
    assert await bench.do("test:local") == "next"
    go_on.set()
    assert ended.wait(20)


async def test_nothing_is_left_after_many_kills(make_bench: MakeBench, tmp_path: Path) -> None:
    await make_bench().do("test:add")
    bench = make_bench(children=2)
    await bench.executor.close()
    before, pids = descriptors(), []
    for number in range(6):
        path = tmp_path / str(number)
        task = bench.begin(bench.run_of("test:loop", path=str(path), how="grandchild"))
        pids += await told(path)
        task.cancel()
        await asyncio.wait([task])
    await bench.executor.close()

    async def clean() -> bool:
        return all(map(is_gone, pids)) and descriptors() <= before

    assert await wait_for_async(clean)
    assert not bench.pids


@pytest.mark.faults
@pytest.mark.parametrize("how", ["grandchild", "gil"])
def test_children_die_with_a_worker_that_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str) -> None:
    monkeypatch.setenv("ADVISORJOBS_IMPORTS", "tests.engine.child_jobs")
    path = tmp_path / "begun"
    worker = subprocess.Popen([sys.executable, "-m", "tests.engine.orphaned", str(path), how])
    try:
        pids = wait_for(lambda: numbers_in(path))
    finally:
        worker.kill()
        worker.wait()
    assert pids
    wait_for(lambda: all(map(is_gone, pids)), seconds=2)
