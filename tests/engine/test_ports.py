"""What `job` offers against a real database: connections of one organization, completion in the job's own transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest

from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.dispatch import ChildDied, ChildFailed
from advisorjobs.engine.ports_async import AsyncPorts
from advisorjobs.engine.ports_blocking import BlockingPorts
from advisorjobs.engine.run import Run
from advisorjobs.errors import LeaseLost
from tests.fixtures.children import Bench
from tests.fixtures.desk import Desk

MakeBench = Callable[..., Bench]
Connection = psycopg.Connection[Any]
EFFECTS = "SELECT job FROM effects WHERE organization_id = 'org-1'"


@pytest.fixture
async def bench(make_bench: MakeBench, database: str, effects: Connection) -> Bench:
    return make_bench(dsn=database)


@pytest.fixture
async def ports(database: str) -> AsyncIterator[AsyncPorts]:
    async with AsyncPorts(database, size=3) as ports:
        yield ports


def claim(desk: Desk, name: str, **args: Any) -> Claimed:
    desk.names = (name,)
    desk.enqueue(name=name, organization_id="org-1", args={"organization_id": "org-1", **args})
    (job,) = desk.claim()
    return job


def statuses(desk: Desk) -> list[tuple[str, Any]]:
    return [(row["status"], row["result"]) for row in desk.rows("SELECT status, result FROM job_executions")]


async def perform(bench: Bench, ports: AsyncPorts, job: Claimed) -> Run:
    """Runs the job where its kind of function runs."""
    run = bench.run_of(job.name, job)
    run.ports = ports
    await (bench.executor.run(run) if run.handler.blocking else run.handler.call(run))
    return run


both_kinds = pytest.mark.parametrize("name", ["test:effect", "test:effect_async"])


@both_kinds
async def test_a_jobs_transaction_commits_rows_completion_and_result_together(
    bench: Bench, ports: AsyncPorts, desk: Desk, name: str
) -> None:
    job = claim(desk, name)
    run = await perform(bench, ports, job)

    assert run.closed
    assert [row["job"] for row in desk.rows(EFFECTS)] == [job.id]
    assert statuses(desk) == [("completed", {"rows": 1})]
    assert desk.one("SELECT count(*) FROM procrastinate_jobs") == 0


@both_kinds
async def test_an_error_in_a_jobs_transaction_rolls_both_back(
    bench: Bench, ports: AsyncPorts, desk: Desk, name: str
) -> None:
    job = claim(desk, name, how="error")
    with pytest.raises((ValueError, ChildFailed)):
        await perform(bench, ports, job)

    assert desk.rows(EFFECTS) == []
    assert statuses(desk) == [("running", None)]


@both_kinds
async def test_a_run_that_was_taken_away_has_no_effect(bench: Bench, ports: AsyncPorts, desk: Desk, name: str) -> None:
    job = claim(desk, name)
    desk.settle(job, status="released", final=False, attempt_back=True)
    with pytest.raises((LeaseLost, ChildFailed), match=r"no longer ours|internal"):
        await perform(bench, ports, job)

    assert desk.rows(EFFECTS) == []
    assert statuses(desk) == [("released", None)]


@both_kinds
async def test_what_is_written_after_the_jobs_own_completion_changes_nothing(
    bench: Bench, ports: AsyncPorts, desk: Desk, name: str
) -> None:
    job = claim(desk, name)
    await perform(bench, ports, job)

    assert desk.complete(job) == []
    assert desk.settle(job, status="retrying", final=False, delay=0) == []
    assert desk.run("ended_by", worker=desk.worker, ids=[job.id], run_nos=[job.run_no]) == [job.id]


async def test_a_child_that_dies_after_its_commit_has_completed_the_job(bench: Bench, desk: Desk) -> None:
    run = bench.run_of("test:effect", claim(desk, "test:effect", how="die"))
    with pytest.raises(ChildDied):
        await bench.executor.run(run)

    assert run.closed
    assert statuses(desk) == [("completed", {"rows": 1})]


async def test_a_run_that_was_closed_meanwhile_commits_nothing(
    bench: Bench, ports: AsyncPorts, desk: Desk, effects: Connection
) -> None:
    run = bench.run_of("test:effect_async", claim(desk, "test:effect_async"))
    run.ports = ports
    run.closed = True
    with pytest.raises(LeaseLost, match="has ended already"):
        await run.handler.call(run)
    assert desk.rows(EFFECTS) == []


async def test_progress_is_written_and_a_connection_sees_the_organizations_rows_only(bench: Bench, desk: Desk) -> None:
    run = bench.run_of("test:report", claim(desk, "test:report"))

    assert await bench.executor.run(run) == []
    progress = desk.one("SELECT progress FROM procrastinate_jobs")
    assert (progress["done"], progress["total"], progress["note"]) == (0, 10, "reading")


def bound(bench: Bench, ports: Any, desk: Desk, organization: str | None = "org-1") -> Any:
    """A JobRun without a function, its ports at hand."""
    run = bench.run_of("test:add", claim(desk, "test:add"))
    run.ports = ports
    job = bench.handlers["test:add"].job_run(run)  # type: ignore[attr-defined]
    job.organization_id = organization
    return job


async def test_a_run_without_an_organization_sees_no_tenants_rows(bench: Bench, ports: AsyncPorts, desk: Desk) -> None:
    job = bound(bench, ports, desk, organization=None)
    async with job.connection() as connection:
        assert await (await connection.execute("SELECT * FROM effects")).fetchall() == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with job.connection() as connection:
            await connection.execute("SELECT * FROM procrastinate_jobs")


async def test_progress_comes_at_most_a_few_times_a_second_but_the_last_step_always(
    bench: Bench, ports: AsyncPorts, desk: Desk
) -> None:
    job = bound(bench, ports, desk)
    for step in range(1, 11):
        await job.progress(step, 10)

    assert desk.one("SELECT progress ->> 'done' FROM procrastinate_jobs") == "10"


async def test_progress_of_a_run_that_was_taken_away_is_not_written(
    bench: Bench, ports: AsyncPorts, desk: Desk
) -> None:
    job = bound(bench, ports, desk)
    desk.connection.execute("UPDATE procrastinate_jobs SET run_token = gen_random_uuid()")
    await job.progress(1, 2)

    assert desk.one("SELECT progress FROM procrastinate_jobs") is None


async def test_nothing_of_a_session_reaches_the_next_job(bench: Bench, database: str, desk: Desk) -> None:
    async with AsyncPorts(database, size=1) as ports:
        job = bound(bench, ports, desk)
        async with job.connection() as connection:
            first = connection.info.backend_pid
            await connection.execute("CREATE TEMP TABLE leftover (secret text)")
            await connection.execute("SET advisorjobs.organization = 'org-2'")
        async with job.connection() as connection:
            assert connection.info.backend_pid == first
            cursor = await connection.execute("SELECT to_regclass('leftover'), advisorjobs_organization()")
            assert await cursor.fetchone() == (None, "org-1")


async def test_a_pool_gives_a_living_connection_after_all_were_cut(bench: Bench, ports: AsyncPorts, desk: Desk) -> None:
    job = bound(bench, ports, desk)
    async with job.connection() as connection:
        first = connection.info.backend_pid
    desk.connection.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    async with job.connection() as connection:
        assert connection.info.backend_pid != first


async def test_a_blocking_connection_is_replaced_after_it_was_cut(bench: Bench, database: str, desk: Desk) -> None:
    ports = BlockingPorts(database, on_written=lambda run: None)
    job = bound(bench, ports, desk)
    with job.connection() as connection:
        first = connection.info.backend_pid
    with job.connection() as connection:
        assert connection.info.backend_pid == first
    desk.connection.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
    with job.connection() as connection:
        assert connection.info.backend_pid != first
    ports.close()


async def test_more_functions_than_connections_take_turns(bench: Bench, ports: AsyncPorts, desk: Desk) -> None:
    job = bound(bench, ports, desk)

    async def ask() -> None:
        async with job.connection() as connection:
            await connection.execute("SELECT pg_sleep(0.01)")

    await asyncio.gather(*(ask() for _ in range(12)))
    assert desk.one("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'advisorjobs job'") <= 3


async def test_a_job_may_commit_nothing_by_hand(bench: Bench, ports: AsyncPorts, desk: Desk) -> None:
    job = bound(bench, ports, desk)
    with pytest.raises(psycopg.ProgrammingError, match="commit"):
        async with job.connection() as connection:
            await connection.commit()
