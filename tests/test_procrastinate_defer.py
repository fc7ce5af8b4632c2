"""Deferring by procrastinate's own Python interface, on our app."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
import psycopg
import pytest
from procrastinate import exceptions, jobs, periodic, testing

from advisorjobs.application import App
from advisorjobs.errors import PayloadError
from tests.fixtures.awaited_tills import AWAITED, awaited_till
from tests.fixtures.tills import BLOCKING, till

Connection = psycopg.Connection[Any]


@pytest.fixture
def task(app: App) -> Any:
    @app.task(name="test:work", queue="emails", aliases=["test:old"])
    async def work(**_: Any) -> None:
        """Does nothing."""

    return work


def rows(connection: Connection) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT id, queue_name, priority, args, lock, organization_id FROM procrastinate_jobs ORDER BY id"
    ).fetchall()


async def test_a_plain_task_is_deferred_without_opening_the_app(app: App, task: Any, connection: Connection) -> None:
    first = await task.defer_async(a=1, organization_id="o")
    second = await asyncio.to_thread(task.configure(lock="l", priority=4).defer, a=2)
    assert rows(connection) == [
        (first, "emails", -3, {"a": 1, "organization_id": "o"}, None, "o"),
        (second, "emails", 4, {"a": 2}, "l", None),
    ]


async def test_a_batch_comes_back_in_order(task: Any, connection: Connection) -> None:
    ids = await task.batch_defer_async(*({"n": n} for n in range(3000)))
    assert ids == [row[0] for row in rows(connection)]
    assert [row[3]["n"] for row in rows(connection)] == list(range(3000))
    assert task.batch_defer({"n": 1}, {"n": 2})[0] > ids[-1]


async def test_the_callers_transaction_decides(
    task: Any, aconnection: psycopg.AsyncConnection[Any], connection: Connection
) -> None:
    async with aconnection.transaction(force_rollback=True):
        await task.configure(connection=aconnection).defer_async(a=1)
        await task.configure(connection=aconnection).batch_defer_async({"a": 1}, {"a": 2})
    with connection.transaction(force_rollback=True):
        task.configure(connection=connection).defer(a=1)
    assert rows(connection) == []
    with pytest.raises(TypeError, match="defer was called in its blocking form with an async connection"):
        task.configure(connection=aconnection).defer(a=1)


async def test_a_queueing_lock_that_is_taken_raises_already_enqueued(task: Any, connection: Connection) -> None:
    deferrer = task.configure(queueing_lock="q")
    await deferrer.defer_async()
    for again in (deferrer.defer_async(), deferrer.batch_defer_async({})):
        with pytest.raises(exceptions.AlreadyEnqueued, match="queueing lock q"):
            await again
    with pytest.raises(exceptions.AlreadyEnqueued):
        deferrer.defer()
    assert len(rows(connection)) == 1


@pytest.mark.parametrize("kind", BLOCKING)
def test_a_queueing_lock_that_is_taken_is_already_enqueued_on_every_connection(
    task: Any, database: str, kind: str
) -> None:
    task.configure(queueing_lock="q").defer()
    with till(kind, database) as mine:
        mine.run("SELECT 1")
        with pytest.raises(exceptions.AlreadyEnqueued, match="queueing lock q"):
            task.configure(queueing_lock="q", connection=mine.connection).defer()
        mine.rollback()


@pytest.mark.parametrize("kind", AWAITED)
async def test_a_queueing_lock_that_is_taken_is_already_enqueued_where_it_is_awaited(
    task: Any, database: str, kind: str
) -> None:
    await task.configure(queueing_lock="q").defer_async()
    async with awaited_till(kind, database) as mine:
        await mine.run("SELECT 1")
        with pytest.raises(exceptions.AlreadyEnqueued, match="queueing lock q"):
            await task.configure(queueing_lock="q", connection=mine.connection).defer_async()
        await mine.rollback()


def test_our_job_types_are_tasks_whose_payload_is_checked(app: App, connection: Connection) -> None:
    app.perform_import_paths()
    task = app.tasks["document:ocr"]
    job_id = task.defer(documentId="d", organizationId="o")
    args = {"document_id": "d", "organization_id": "o"}
    assert rows(connection) == [(job_id, "document-processing", -2, args, None, "o")]
    with pytest.raises(PayloadError) as caught:
        task.defer(document_id="d", organization_id="o", pages=3)
    assert set(caught.value.fields) == {"pages"}


def test_a_task_is_found_by_name_or_refused_with_the_nearest(app: App, task: Any, connection: Connection) -> None:
    app.configure_task("test:old").defer()
    app.configure_task("never:heard", queue="emails").defer()
    with pytest.raises(exceptions.TaskNotFound, match="did you mean document:ocr"):
        app.configure_task("document:orc", allow_unknown=False)
    assert len(rows(connection)) == 2


def test_a_blueprints_tasks_defer_as_ours_do(app: App, connection: Connection) -> None:
    blueprint = procrastinate.Blueprint()

    @blueprint.task(queue="emails", name="send")
    def send(**_: Any) -> None:
        """Does nothing."""

    app.add_tasks_from(blueprint, namespace="mail")
    ids = app.tasks["mail:send"].batch_defer({"a": 1}, {"a": 2})
    assert [row[0] for row in rows(connection)] == ids


def test_what_json_cannot_hold_is_refused_with_its_place(task: Any, connection: Connection) -> None:
    for value in ("\0", float("nan"), datetime.now(UTC)):
        with pytest.raises(PayloadError) as caught:
            task.defer(deep=[{"value": value}])
        assert set(caught.value.fields) == {"deep[0].value"}
    assert rows(connection) == []


def test_times_are_kept(task: Any, connection: Connection) -> None:
    at = datetime.now(UTC) + timedelta(days=1)
    task.configure(schedule_at=at).defer()
    task.configure(schedule_in={"hours": 1}).defer()
    found = connection.execute("SELECT scheduled_at FROM procrastinate_jobs ORDER BY id").fetchall()
    assert found[0] == (at,)
    assert timedelta(minutes=59) < found[1][0] - datetime.now(UTC) < timedelta(minutes=61)


async def test_a_periodic_task_is_deferred_once_a_tick(app: App, connection: Connection) -> None:
    @app.periodic(cron="* * * * *", periodic_id="p")
    @app.task(name="test:tick", queue="emails")
    def tick(timestamp: int) -> None:
        """Does nothing."""

    for _ in range(2):
        deferrer = periodic.PeriodicDeferrer(registry=app.periodic_registry)
        await deferrer.defer_jobs([(*app.periodic_registry.periodic_tasks.values(), 1_900_000_020)])
    assert [row[3] for row in rows(connection)] == [{"timestamp": 1_900_000_020}]


def test_deferring_works_from_threads_at_once(task: Any, connection: Connection) -> None:
    threads = [threading.Thread(target=task.defer, kwargs={"n": n}) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(row[3]["n"] for row in rows(connection)) == list(range(12))


def test_cancel_retry_and_status_need_no_opening_either(app: App, task: Any) -> None:
    job_id = task.defer()
    assert app.job_manager.cancel_job_by_id(job_id)
    assert app.job_manager.get_job_status(job_id) is jobs.Status.CANCELLED
    assert app.check_connection()
    with pytest.raises(exceptions.NoResult):
        app.job_manager.get_job_status(job_id + 1)


async def test_procrastinates_in_memory_connector_takes_the_databases_place_in_tests(
    app: App, task: Any, connection: Connection
) -> None:
    memory = testing.InMemoryConnector()
    with app.replace_connector(memory):
        await task.defer_async(a=1)
        await task.batch_defer_async({"a": 2})
        await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
    assert [job["status"] for job in memory.jobs.values()] == ["succeeded", "succeeded"]
    assert rows(connection) == []


async def test_a_pool_of_the_callers_is_refused(app: App) -> None:
    with pytest.raises(exceptions.ConnectorException, match="without a pool"):
        await app.open_async(object())  # type: ignore[arg-type]
