"""Running jobs in a test: the real engine, one job at a time."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import psycopg
import pytest

from advisorjobs import get_queue_manager
from advisorjobs.errors import JobError
from advisorjobs.testing import JobKit
from tests.fixtures.waiting import wait_for, wait_for_async
from tests.testing.bookkeeping import CALLS
from tests.testing.conftest import Connection, add, entered


async def test_what_is_due_is_run_in_the_engine_s_order_and_written_to_history(
    job_kit: JobKit, entries: Connection
) -> None:
    ids = [await add("books:enter", number=number, priority=priority) for number, priority in ((1, 5), (2, 1), (3, 5))]
    ran = await job_kit.run_due()

    assert [each.job_id for each in ran] == [ids[1], ids[0], ids[2]]
    assert {each.status for each in ran} == {"completed"}
    assert ran[0].result == {"entered": 2}
    assert entered(entries) == [1, 2, 3]
    assert entries.execute("SELECT count(*) FROM job_executions WHERE status = 'completed'").fetchone() == (3,)


async def test_nothing_due_is_nothing_run(job_kit: JobKit, entries: Connection) -> None:
    await add("books:enter", number=1, schedule_in=timedelta(hours=1))

    assert await job_kit.run_next() is None
    assert await job_kit.run_due() == []


async def test_one_queue_can_be_run_alone(job_kit: JobKit, entries: Connection) -> None:
    await add("books:enter", number=1)
    await add("books:call_bank", "integrations")
    ran = await job_kit.run_next(queue="integrations", raising=False)

    assert ran is not None
    assert ran.name == "books:call_bank"
    assert [job.name for job in await job_kit.enqueued("books:enter") if job.status == "waiting"] == ["books:enter"]


async def test_what_a_function_raises_is_raised_in_the_test_after_it_was_written(
    job_kit: JobKit, entries: Connection
) -> None:
    job = await add("books:never", "integrations")
    with pytest.raises(ZeroDivisionError) as caught:
        await job_kit.run_due()

    assert caught.value.__notes__ == [f"raised by job {job} (books:never), run 1, which ended retrying"]
    assert entries.execute("SELECT status FROM job_executions").fetchall() == [("retrying",)]


async def test_draining_shows_every_run_of_a_job_that_fails_in_the_end(job_kit: JobKit, entries: Connection) -> None:
    await add("books:never", "integrations")
    ran = await job_kit.drain(raising=False)

    assert [(each.run, each.status) for each in ran] == [(1, "retrying"), (2, "retrying"), (3, "failed")]
    assert all(isinstance(each.error, ZeroDivisionError) for each in ran)
    assert ran[1].next_run_at is not None
    assert ran[2].next_run_at is None


async def test_draining_goes_through_retries_snoozes_and_delays(job_kit: JobKit, entries: Connection) -> None:
    await add("books:call_bank", "integrations", schedule_in=timedelta(days=2))
    await add("books:wait", "integrations")
    before = await job_kit.now()
    ran = await job_kit.drain(raising=False)

    assert [each.status for each in ran if each.name == "books:wait"] == ["snoozed", "snoozed", "completed"]
    assert [each.status for each in ran if each.name == "books:call_bank"] == ["retrying", "retrying", "completed"]
    assert [type(each.error) for each in ran if each.error] == [JobError, JobError]
    assert await job_kit.now() - before > timedelta(days=2)


async def test_a_job_without_an_end_ends_the_test(
    job_kit: JobKit, entries: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advisorjobs.testing.MOST", 7)
    await add("books:for_ever", "integrations")
    with pytest.raises(AssertionError, match="7 runs, and there is more to do: the last was books:for_ever, snoozed"):
        await job_kit.run_due()


async def test_a_rate_limit_holds_and_time_opens_it(job_kit: JobKit, entries: Connection) -> None:
    await get_queue_manager().set_queue_limit("integrations", rate="2/min")
    for _ in range(5):
        await add("books:wait", "integrations")

    assert len(await job_kit.run_due()) == 2
    assert [each.status for each in await job_kit.drain()].count("completed") == 5


async def test_a_blocking_function_runs_in_a_thread_that_is_gone_afterwards(
    job_kit: JobKit, entries: Connection
) -> None:
    before = threading.active_count()
    await add("books:enter_blocking", number=1)
    ran = await job_kit.run_next()

    assert ran is not None
    assert ran.result == "entered"
    assert CALLS == ["advisorjobs books:enter_blocking"]
    assert threading.active_count() == before


def test_blocking_tests_have_the_same_calls(job_kit: JobKit, entries: Connection) -> None:
    before = threading.active_count()
    kit = job_kit.sync
    get_queue_manager().sync.add_job("critical", "books:enter", {"organization_id": "org-1", "number": 1})
    get_queue_manager().sync.add_job("critical", "books:enter_blocking", {"organization_id": "org-1", "number": 2})
    kit.assert_enqueued("books:enter", count=1)

    assert [each.status for each in kit.run_due()] == ["completed", "completed"]
    assert entered(entries) == [1, 2]
    assert kit.drain() == []
    assert threading.active_count() == before


async def test_a_blocking_call_inside_an_event_loop_is_refused_by_name(job_kit: JobKit) -> None:
    with pytest.raises(
        RuntimeError, match=r"sync\.run_due\(\) was called inside a running event loop: await run_due\(\)"
    ):
        job_kit.sync.run_due()


async def test_a_job_of_an_open_transaction_is_not_run_before_it_commits(
    job_kit: JobKit, entries: Connection, database: str
) -> None:
    async with await psycopg.AsyncConnection.connect(database) as own:
        await add("books:enter", number=1, connection=own)
        assert await job_kit.run_due() == []
        await own.commit()
        assert len(await job_kit.run_due()) == 1


async def test_a_job_from_sql_runs_like_any_other(job_kit: JobKit, entries: Connection) -> None:
    entries.execute("SELECT enqueue_job('books:enter', '{\"number\": 4}', organization_id => 'org-1')")

    assert [each.result for each in await job_kit.run_due()] == [{"entered": 4}]


async def test_no_worker_stays_registered(job_kit: JobKit, entries: Connection) -> None:
    await job_kit.run_due()

    assert entries.execute("SELECT count(*) FROM advisorjobs_workers WHERE stopped_at IS NULL").fetchone() == (0,)


async def test_a_time_limit_ends_a_run_and_is_raised(job_kit: JobKit, entries: Connection) -> None:
    await add("books:slow", "integrations")
    with pytest.raises(TimeoutError, match=r"books:slow\): the time limit of 0.2 s passed"):
        await job_kit.run_due()

    assert entries.execute("SELECT status, error_code FROM job_executions").fetchall() == [("timed_out", "timeout")]


async def test_a_test_that_is_given_up_gives_its_job_back(job_kit: JobKit, entries: Connection) -> None:
    await add("books:slower", "integrations")
    running = asyncio.ensure_future(job_kit.run_due())  # type: ignore[arg-type]

    async def begun() -> bool:
        return CALLS == ["slower"]

    await wait_for_async(begun, "the job's beginning")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert entries.execute("SELECT status, attempts FROM procrastinate_jobs").fetchall() == [("todo", 0)]
    assert entries.execute("SELECT count(*) FROM advisorjobs_workers WHERE stopped_at IS NULL").fetchone() == (0,)


async def test_procrastinate_s_tasks_and_their_periods_run_too(job_kit: JobKit, entries: Connection) -> None:
    done = []

    @job_kit.app.periodic(cron="0 3 * * *")
    @job_kit.app.task(name="test:nightly", queue="maintenance")
    async def nightly(timestamp: int) -> None:
        done.append(timestamp)

    @job_kit.app.task(name="test:plain", queue="maintenance")
    async def plain(number: int) -> int:
        return number

    await plain.defer_async(number=3)
    await job_kit.assert_enqueued("test:plain", payload={"number": 3})
    ran = await job_kit.drain(until=timedelta(days=2))

    assert [each.result for each in ran if each.name == "test:plain"] == [3]
    assert {second % 86400 for second in done} == {3 * 3600}
    assert len(done) >= 2


def test_a_kit_without_fixtures_works_on_the_process_s_database(job_kit: JobKit, entries: Connection) -> None:
    get_queue_manager().sync.add_job("critical", "books:enter", {"organization_id": "org-1", "number": 1})

    assert [each.status for each in JobKit().sync.run_due()] == ["completed"]


async def test_no_connection_stays_open(job_kit: JobKit, entries: Connection) -> None:
    await add("books:enter", number=1)
    await add("books:enter_blocking", number=2)
    await job_kit.run_due()

    def gone() -> bool:
        used = entries.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name ~ 'test|advisorjobs job'"
        )
        return used.fetchone() == (0,)

    assert wait_for(gone, "the end of the kit's connections")
