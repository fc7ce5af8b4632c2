"""Blocking jobs through a whole worker: what is written when a child is killed, dies, is told to stop, or completes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs.engine.ports_async import AsyncPorts
from advisorjobs.engine.worker import Worker, WorkerSpec
from tests.fixtures.children import Bench, is_gone, told
from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for_async

Connection = psycopg.Connection[Any]


@asynccontextmanager
async def working(bench: Bench, dsn: str, grace: float = 5.0) -> AsyncIterator[Worker]:
    """A worker with the bench's executor."""
    async with AsyncPorts(dsn, size=2) as ports:
        spec = WorkerSpec(dsn=dsn, direct_dsn=dsn, name="tests", slots={"critical": 10}, grace=grace)
        worker = Worker(spec, bench.handlers, bench.executor, ports)
        task = asyncio.ensure_future(worker.run())
        try:
            yield worker
        finally:
            worker.stop()
            await task


def enqueue(desk: Desk, name: str, count: int = 1, **args: Any) -> list[int]:
    return desk.enqueue(count, name=name, organization_id="org-1", args={"organization_id": "org-1", **args})


def ends(desk: Desk, job: int) -> list[tuple[str, str | None]]:
    """How its runs ended; without those that were claimed ahead and given back before they began."""
    sql = "SELECT status, error_code, run_ms FROM job_executions WHERE job_id = %s AND status <> 'running'"
    rows = desk.rows(sql + " ORDER BY run_number", job)
    return [
        (row["status"], row["error_code"]) for row in rows if row["status"] != "released" or row["run_ms"] is not None
    ]


async def ended(desk: Desk, job: int, runs: int = 1) -> list[tuple[str, str | None]]:
    async def written() -> bool:
        return len(ends(desk, job)) >= runs

    await wait_for_async(written, f"{runs} runs of job {job}")
    return ends(desk, job)


@pytest.mark.parametrize("how", ["plain", "deaf", "gil", "grandchild"])
async def test_the_time_limit_ends_whatever_a_function_does(
    make_bench: Callable[..., Bench], database: str, desk: Desk, tmp_path: Path, how: str
) -> None:
    bench = make_bench(dsn=database)
    async with working(bench, database):
        (job,) = enqueue(desk, "test:loop", path=str(tmp_path / "begun"), how=how)
        pids = await told(tmp_path / "begun")
        assert await ended(desk, job) == [("timed_out", "timeout")]

        async def dead() -> bool:
            return all(map(is_gone, pids))

        assert await wait_for_async(dead, seconds=1)


@pytest.mark.parametrize("how", ["exit", "segfault", "killed"])
async def test_a_poisonous_job_ends_with_its_third_death_and_takes_nobody_along(
    make_bench: Callable[..., Bench], database: str, desk: Desk, how: str
) -> None:
    bench = make_bench(dsn=database, children=2)
    async with working(bench, database):
        (pill,) = enqueue(desk, "test:die", how=how)
        good = enqueue(desk, "test:add", 20)

        assert await ended(desk, pill, 3) == [("crashed", "crashed")] * 3
        assert [await ended(desk, job) for job in good] == [[("completed", None)]] * 20
    assert desk.one("SELECT status FROM procrastinate_jobs WHERE id = %s", pill) == "failed"


async def test_a_function_that_stops_when_asked_ends_as_cancelled(
    make_bench: Callable[..., Bench], database: str, desk: Desk, tmp_path: Path
) -> None:
    bench = make_bench(dsn=database)
    async with working(bench, database):
        (job,) = enqueue(desk, "test:obey", path=str(tmp_path / "begun"))
        (pid,) = await told(tmp_path / "begun")
        desk.connection.execute("UPDATE procrastinate_jobs SET abort_requested = true WHERE id = %s", [job])

        assert await ended(desk, job) == [("cancelled", "cancelled")]
        assert not is_gone(pid)


async def test_a_stopping_worker_gives_back_what_its_children_do(
    make_bench: Callable[..., Bench], database: str, desk: Desk, tmp_path: Path
) -> None:
    bench = make_bench(dsn=database, children=2)
    async with working(bench, database, grace=0.0):
        (obeying,) = enqueue(desk, "test:obey", path=str(tmp_path / "obeying"))
        await told(tmp_path / "obeying")
        (deaf,) = enqueue(desk, "test:feed")

        async def both() -> bool:
            return bool(desk.one("SELECT count(*) = 2 FROM procrastinate_jobs WHERE status = 'doing'"))

        await wait_for_async(both)

    assert ends(desk, obeying) == [("released", None)]
    assert ends(desk, deaf)[0][0] in ("released", "crashed")
    assert desk.one("SELECT attempts FROM procrastinate_jobs WHERE id = %s", obeying) == 0


async def test_a_jobs_own_completion_is_the_only_one(
    make_bench: Callable[..., Bench], database: str, desk: Desk, effects: Connection
) -> None:
    bench = make_bench(dsn=database)
    async with working(bench, database) as worker:
        jobs = [*enqueue(desk, "test:effect", 3), *enqueue(desk, "test:effect_async", 3)]
        (dying,) = enqueue(desk, "test:effect", how="die")

        for job in [*jobs, dying]:
            assert await ended(desk, job) == [("completed", None)]

        async def settled() -> bool:
            return not worker.dispatcher.runs and not len(worker.completer)

        await wait_for_async(settled)
        assert worker.lease
        assert worker.lease.claims == {}
    assert desk.one("SELECT count(*) FROM effects WHERE organization_id = 'org-1'") == 7
    assert desk.one("SELECT count(*) FROM procrastinate_jobs") == 0


async def test_a_suspect_runs_alone_in_a_child_even_if_it_is_a_coroutine_function(
    make_bench: Callable[..., Bench], database: str, desk: Desk
) -> None:
    bench = make_bench(dsn=database)
    (job,) = enqueue(desk, "test:alone")
    desk.connection.execute("UPDATE procrastinate_jobs SET rescues = 1 WHERE id = %s", [job])
    async with working(bench, database):
        assert await ended(desk, job) == [("completed", None)]

    assert desk.one("SELECT result FROM job_executions WHERE job_id = %s", job) != os.getpid()
