"""procrastinate's @app.periodic through our schedules."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from procrastinate import periodic

from advisorjobs.application import App
from advisorjobs.database.link import Link
from advisorjobs.engine.scheduler import Scheduler
from advisorjobs.manager import QueueManager
from advisorjobs.periodic import periodic_keys, put_periodic
from tests.fixtures.waiting import wait_for_async

Connection = psycopg.Connection[Any]
JOBS = "SELECT args ->> 'timestamp', args ->> 'who', queue_name, lock FROM procrastinate_jobs ORDER BY id"
NOON = datetime(2096, 1, 1, 12, tzinfo=UTC)


def declare(app: App, cron: str = "0 12 * * *", **options: Any) -> None:
    @app.periodic(cron=cron, periodic_id="p", task_kwargs={"who": "me"}, lock="l", **options)
    @app.task(name="test:tick", queue="emails")
    def tick(timestamp: int, who: str) -> None:
        """Does nothing."""


async def look(app: App, moment: datetime) -> None:
    link = Link(app.dsn, "test")
    await Scheduler(link, periodic_keys(app)).run_once(moment)
    await link.close()


async def test_a_periodic_task_becomes_a_schedule_and_gets_its_timestamp(app: App, connection: Connection) -> None:
    declare(app)
    await app.run_async(put_periodic(app))
    await app.run_async(put_periodic(app))
    (schedule,) = QueueManager(app).sync.list_repeatable_jobs()
    assert (schedule.key, schedule.cron, schedule.timezone, schedule.periodic_id) == (
        "periodic:test:tick#p", "0 12 * * *", "UTC", "p",
    )  # fmt: skip
    assert schedule.give_up_after == timedelta(minutes=10)
    connection.execute(
        "UPDATE advisorjobs_schedules SET planned_from = %s, look_at = %s", [NOON - timedelta(days=1), NOON]
    )
    await look(app, NOON)

    assert connection.execute(JOBS).fetchall() == [(str(int(NOON.timestamp())), "me", "emails", "l")]


async def test_what_makes_it_the_programs_own_stays_when_somebody_changes_its_times(
    app: App, connection: Connection
) -> None:
    declare(app)
    await app.run_async(put_periodic(app))
    await QueueManager(app).add_repeatable_job(
        "emails", "test:tick", {"who": "me"}, "0 13 * * *", key="periodic:test:tick#p"
    )
    kept = connection.execute("SELECT cron, periodic_id, lock, priority FROM advisorjobs_schedules").fetchall()
    assert kept == [("0 13 * * *", "p", "l", None)]


async def test_a_deferrer_of_procrastinates_own_beside_ours_creates_no_second_job(
    app: App, connection: Connection
) -> None:
    declare(app)
    stamp = int(NOON.timestamp())
    await app.run_async(put_periodic(app))
    stock = periodic.PeriodicDeferrer(registry=app.periodic_registry)
    (task,) = app.periodic_registry.periodic_tasks.values()
    connection.execute(
        "UPDATE advisorjobs_schedules SET planned_from = %s, look_at = %s", [NOON - timedelta(hours=1), NOON]
    )
    await stock.defer_jobs([(task, stamp)])
    await look(app, NOON)
    await stock.defer_jobs([(task, stamp)])
    await look(app, NOON + timedelta(days=1))
    await stock.defer_jobs([(task, stamp), (task, stamp + 86400)])

    assert [row[0] for row in connection.execute(JOBS)] == [str(stamp), str(stamp + 86400)]
    assert [row[0] for row in connection.execute("SELECT outcome::text FROM advisorjobs_schedule_ticks ORDER BY tick")] == [
        "elsewhere", "queued",
    ]  # fmt: skip


async def test_a_tick_that_its_worker_missed_by_less_than_max_delay_is_made_up_for_at_the_first_start(
    app: App, connection: Connection
) -> None:
    just = datetime.now(UTC) - timedelta(minutes=5)
    declare(app, f"{just.minute} {just.hour} * * *")
    await app.run_async(put_periodic(app))
    await look(app, datetime.now(UTC))
    assert [row[0] for row in connection.execute(JOBS)] == [str(int(just.timestamp()) // 60 * 60)]


async def test_while_its_queueing_lock_is_taken_a_tick_is_left_out(app: App, connection: Connection) -> None:
    declare(app, queueing_lock="q")
    await app.run_async(put_periodic(app))
    connection.execute(
        "UPDATE advisorjobs_schedules SET planned_from = %s, look_at = %s", [NOON - timedelta(days=1), NOON]
    )
    await look(app, NOON)
    await look(app, NOON + timedelta(days=1))
    assert len(connection.execute(JOBS).fetchall()) == 1
    assert connection.execute("SELECT runs, skipped, state FROM schedules").fetchall() == [(1, 1, "active")]


async def test_a_program_without_the_task_leaves_it_alone(app: App, connection: Connection) -> None:
    declare(app)
    await app.run_async(put_periodic(app))
    connection.execute(
        "UPDATE advisorjobs_schedules SET planned_from = %s, look_at = %s", [NOON - timedelta(days=1), NOON]
    )
    link = Link(app.dsn, "test")
    assert await Scheduler(link).run_once(NOON) == 0
    await link.close()


async def test_seconds_stand_last_and_it_runs_now(app: App, connection: Connection) -> None:
    declare(app, "0 12 * * * 30", priority=7)
    await app.run_async(put_periodic(app))
    assert QueueManager(app).sync.list_repeatable_jobs()[0].cron == "30 0 12 * * *"
    assert QueueManager(app).sync.run_repeatable_job("periodic:test:tick#p") is not None
    assert connection.execute(
        "SELECT priority, lock, (args ->> 'timestamp')::bigint > 0 FROM procrastinate_jobs"
    ).fetchall() == [(7, "l", True)]
    assert connection.execute("SELECT count(*) FROM procrastinate_periodic_defers").fetchone() == (0,)


async def test_a_worker_runs_periodic_tasks_each_second(app: App) -> None:
    ran: list[int] = []

    @app.periodic(cron="* * * * * */1")
    @app.task(name="test:second", queue="emails")
    async def second(timestamp: int) -> None:
        ran.append(timestamp)

    worker = asyncio.ensure_future(app.run_worker_async(queues=["emails"], install_signal_handlers=False))

    async def three() -> bool:
        return len(ran) >= 3

    try:
        await wait_for_async(three, "three ticks")
    finally:
        worker.cancel()
        await asyncio.wait([worker])
    assert sorted(set(ran)) == sorted(ran)
