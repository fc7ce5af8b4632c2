"""procrastinate's own SQL functions and bare rows, as a stock app elsewhere or a person at psql uses them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
import psycopg
import pytest
from procrastinate import exceptions, jobs

from advisorjobs.application import App
from tests.fixtures.desk import Desk

Connection = psycopg.Connection[Any]


@pytest.fixture
def stock(app: App) -> Iterator[procrastinate.App]:
    """A plain procrastinate app on the same database, of another program."""
    connector = procrastinate.SyncPsycopgConnector(conninfo=app.dsn, min_size=1, max_size=1)
    stock = procrastinate.App(connector=connector)
    stock.task(name="test:work", queue="critical")(lambda **_: None)
    with stock.open():
        yield stock


def runs(connection: Connection, job_id: int) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT run_number, status, error_code FROM job_executions WHERE job_id = %s ORDER BY run_number", [job_id]
    ).fetchall()


def test_a_job_that_a_stock_app_defers_runs(stock: procrastinate.App, desk: Desk) -> None:
    ids = stock.tasks["test:work"].batch_defer({"n": 1, "organization_id": "o"}, {"n": 2})
    claimed = desk.claim()
    assert [job.id for job in claimed] == ids
    assert [(job.organization_id, job.priority) for job in claimed] == [("o", -1), (None, -1)]


def test_a_stock_apps_priority_stands_where_it_names_one(stock: procrastinate.App, desk: Desk) -> None:
    low = stock.tasks["test:work"].configure(priority=-5).defer()
    high = stock.tasks["test:work"].configure(priority=5).defer()
    assert [job.id for job in desk.claim()] == [high, low]


def test_a_queueing_lock_keeps_its_meaning_for_a_stock_app(stock: procrastinate.App) -> None:
    deferrer = stock.tasks["test:work"].configure(queueing_lock="q")
    deferrer.defer()
    with pytest.raises(exceptions.AlreadyEnqueued):
        deferrer.defer()


def test_a_row_that_is_written_by_hand_runs_with_its_queues_priority(app: App, desk: Desk) -> None:
    assert app.dsn
    desk.connection.execute(
        """INSERT INTO procrastinate_jobs (queue_name, task_name, args)
           VALUES ('critical', 'test:work', '{"organization_id": "o"}')"""
    )
    desk.connection.execute(
        """INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)
           VALUES ('critical', 'test:work', '{}', now() - interval '1 hour')"""
    )
    desk.connection.execute(
        """INSERT INTO procrastinate_jobs (queue_name, task_name, args, priority)
           VALUES ('critical', 'test:work', '{"organization_id": "p"}', -9)"""
    )
    claimed = desk.claim()
    assert [(job.priority, job.organization_id) for job in claimed] == [(-1, "o"), (-1, None), (-9, "p")]


def test_a_stock_worker_gets_nothing_and_is_told_why(stock: procrastinate.App, desk: Desk) -> None:
    desk.enqueue()
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="belongs to AdvisorJobs"):
        desk.connection.execute("SELECT * FROM procrastinate_fetch_job_v2(NULL, 1)")
    assert len(desk.claim()) == 1


def test_a_stock_workers_number_is_never_one_of_ours(stock: procrastinate.App, desk: Desk) -> None:
    number = desk.one("SELECT * FROM procrastinate_register_worker_v1()")
    desk.one("SELECT procrastinate_update_heartbeat_v1(%s)", number)
    assert number < 0
    assert desk.one("SELECT * FROM procrastinate_prune_stalled_workers_v1(0)") == number
    desk.one("SELECT procrastinate_unregister_worker_v1(%s)", number)


def test_a_stock_app_cancels_with_a_history_row(stock: procrastinate.App, desk: Desk, connection: Connection) -> None:
    job_id, kept = desk.enqueue(2, lock="l")
    assert stock.job_manager.cancel_job_by_id(job_id, delete_job=True)
    assert runs(connection, job_id) == [(0, "cancelled", "cancelled")]
    assert [job.id for job in desk.claim()] == [kept]
    assert not stock.job_manager.cancel_job_by_id(kept)
    assert stock.job_manager.cancel_job_by_id(kept, abort=True)
    assert desk.run("aborts", worker=desk.worker) == [kept]


@pytest.mark.parametrize(
    ("status", "history", "left"),
    [
        ("succeeded", ("completed", None), None),
        ("failed", ("failed", "internal"), "failed"),
        ("aborted", ("cancelled", "cancelled"), None),
    ],
)
def test_a_run_that_is_finished_from_outside_is_history_and_its_worker_writes_nothing_more(
    desk: Desk, connection: Connection, status: str, history: tuple[str, str], left: str | None
) -> None:
    (job_id,) = desk.enqueue(unique_key="k")
    (run,) = desk.claim()
    desk.one("SELECT procrastinate_finish_job_v1(%s, %s, false)", job_id, status)
    assert runs(connection, job_id) == [(1, *history)]
    assert desk.one("SELECT status::text FROM procrastinate_jobs") == left
    assert desk.complete(run) == []
    assert desk.one("SELECT count(*) FROM advisorjobs_unique_keys") == 0


def test_what_cannot_be_finished_is_refused_as_procrastinate_does(desk: Desk) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="Job was not found"):
        desk.one("SELECT procrastinate_finish_job_v1(1, 'succeeded', false)")
    with pytest.raises(psycopg.errors.RaiseException, match="End status should be"):
        desk.one("SELECT procrastinate_finish_job_v1(1, 'todo', false)")
    with pytest.raises(psycopg.errors.RaiseException, match="Job was not found"):
        desk.one("SELECT procrastinate_retry_job_v1(1, now(), NULL, NULL, NULL)")
    with pytest.raises(psycopg.errors.RaiseException, match="Job was not found"):
        desk.one("SELECT procrastinate_retry_job_v2(1, now(), NULL, NULL, NULL)")


def test_a_running_job_that_is_retried_from_outside_goes_back(desk: Desk, connection: Connection) -> None:
    (job_id, behind) = desk.enqueue(2, lock="l")
    (run,) = desk.claim()
    desk.one("SELECT procrastinate_retry_job_v2(%s, now() + interval '1 hour', 7, 'emails', NULL)", job_id)
    assert runs(connection, job_id) == [(1, "retrying", None)]
    assert desk.complete(run) == []
    assert [job.id for job in desk.claim()] == [behind]
    row = connection.execute(
        "SELECT queue_name, priority, attempts, scheduled_at > now() FROM procrastinate_jobs WHERE id = %s", [job_id]
    ).fetchone()
    assert row == ("emails", 7, 1, True)


def test_a_running_job_whose_abortion_was_asked_for_fails_when_it_is_retried(
    desk: Desk, connection: Connection
) -> None:
    (job_id,) = desk.enqueue()
    desk.claim()
    desk.one("SELECT procrastinate_cancel_job_v1(%s, true, false)", job_id)
    desk.one("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", job_id)
    assert runs(connection, job_id) == [(1, "failed", "cancelled")]
    assert desk.one("SELECT status::text FROM procrastinate_jobs") == "failed"


def test_a_failed_job_that_is_retried_from_outside_counts_on(desk: Desk) -> None:
    (job_id,) = desk.enqueue()
    desk.settle(*desk.claim(), status="failed", final=True)
    desk.one("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", job_id)
    (run,) = desk.claim()
    assert (run.id, run.attempt) == (job_id, 2)


def test_a_tick_is_deferred_once_and_never_after_a_later_one(desk: Desk) -> None:
    def defer(timestamp: int) -> int | None:
        row: int | None = desk.one(
            "SELECT procrastinate_defer_periodic_job_v2('critical', NULL, NULL, 'test:work', 0, 'p', %s, %s)",
            timestamp,
            f'{{"timestamp": {timestamp}}}',
        )
        return row

    assert defer(100) is not None
    assert defer(100) is None
    assert defer(160) is not None
    assert defer(100) is None
    assert len(desk.claim()) == 2


def test_a_stock_app_sees_no_job_of_a_living_worker_as_stalled(stock: procrastinate.App, desk: Desk) -> None:
    desk.enqueue()
    desk.claim()
    query = procrastinate.sql.queries["select_stalled_jobs_by_heartbeat"]
    desk.one("SELECT * FROM procrastinate_register_worker_v1()")
    desk.connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 day'")
    values = {"queue": None, "task_name": None, "seconds_since_heartbeat": 1}
    assert desk.connection.execute(query, values).fetchall() == []


async def test_our_job_manager_answers_for_finished_jobs_too(app: App, desk: Desk) -> None:
    done, failed, cancelled, aborted, waiting = desk.enqueue(5)
    first, second, _, fourth, _ = desk.claim()
    desk.complete(first)
    desk.settle(second, status="failed", final=True)
    desk.settle(fourth, status="cancelled", final=True)
    desk.one("SELECT procrastinate_retry_job_v1(%s, now() + interval '1 hour', NULL, NULL, NULL)", waiting)
    desk.one("SELECT procrastinate_finish_job_v1(%s, 'aborted', true)", cancelled)
    manager = app.job_manager
    assert manager.get_job_status(done) is jobs.Status.SUCCEEDED
    assert await manager.get_job_status_async(failed) is jobs.Status.FAILED
    listed = {job.id: job.status for job in await manager.list_jobs_async()}
    assert listed == {
        done: "succeeded", failed: "failed", cancelled: "aborted", aborted: "aborted", waiting: "todo",
    }  # fmt: skip
    assert [job.id for job in manager.list_jobs(status="failed", queue="critical")] == [failed]
    (queue,) = await manager.list_queues_async()
    assert (queue["jobs_count"], queue["succeeded"], queue["aborted"]) == (5, 1, 2)
    (task,) = manager.list_tasks()
    assert (task["name"], task["todo"]) == ("test:work", 1)


async def test_old_jobs_are_cleaned_out_of_the_lists_and_stay_in_the_history(
    app: App, desk: Desk, connection: Connection
) -> None:
    ids = desk.enqueue(3)
    first, second, third = desk.claim()
    desk.complete(first)
    desk.settle(second, status="failed", final=True)
    desk.complete(third)
    old = datetime.now(UTC) - timedelta(hours=30)
    connection.execute("UPDATE advisorjobs_runs SET finished_at = %s WHERE job_id <> %s", [old, third.id])
    await app.job_manager.delete_old_jobs(24)
    assert [job.id for job in await app.job_manager.list_jobs_async()] == ids[1:]
    await app.job_manager.delete_old_jobs(24, include_failed=True)
    assert [job.id for job in await app.job_manager.list_jobs_async()] == ids[2:]
    assert connection.execute("SELECT count(*) FROM job_executions").fetchone() == (3,)
    assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)


async def test_stalled_jobs_are_those_of_silent_workers(app: App, desk: Desk, connection: Connection) -> None:
    (job_id,) = desk.enqueue()
    desk.claim()
    assert list(await app.job_manager.get_stalled_jobs()) == []
    connection.execute("UPDATE advisorjobs_workers SET beat_at = now() - interval '5 minutes'")
    assert [job.id for job in await app.job_manager.get_stalled_jobs()] == [job_id]
