"""Schedules become jobs: exactly one for each tick, whoever races, stalls or dies; policies; the two changes of the clock."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.database.link import Link
from advisorjobs.database.statement import statement
from advisorjobs.engine.scheduler import Scheduler
from advisorjobs.manager import QueueManager
from tests.fixtures.plans import plans_of, relation_names
from tests.fixtures.waiting import wait_for_async

pytestmark = pytest.mark.postgres
Connection = psycopg.Connection[Any]
TICKS = "SELECT tick FROM advisorjobs_schedule_ticks ORDER BY schedule_id, tick"


@pytest.fixture
def plain(app: App) -> App:
    """The app with a task that a schedule may run."""
    app.task(name="test:tick", queue="critical")(lambda **_: None)
    app.task(name="test:tock", queue="critical")(lambda **_: None)
    return app


@pytest.fixture
async def make_scheduler(database: str) -> AsyncIterator[Callable[[], Scheduler]]:
    """Makes schedulers, each with a connection of its own, as workers have them."""
    links: list[Link] = []

    def make() -> Scheduler:
        links.append(Link(database, "test"))
        return Scheduler(links[-1])

    yield make
    for link in links:
        await link.close()


@pytest.fixture
def scheduler(make_scheduler: Callable[[], Scheduler]) -> Scheduler:
    return make_scheduler()


def put(app: App, cron: str | None = "* * * * *", key: str = "k", **options: Any) -> str:
    return QueueManager(app).sync.add_repeatable_job("critical", "test:tick", {}, cron, key=key, **options)


def born(connection: Connection, moment: datetime, key: str = "k") -> None:
    """Makes a schedule old: it was created at *moment*."""
    connection.execute(
        "UPDATE advisorjobs_schedules SET planned_from = %s, look_at = %s, next_at = NULL WHERE key = %s", [moment, moment, key]
    )  # fmt: skip


def ticks(connection: Connection) -> list[datetime]:
    return [tick for (tick,) in connection.execute(TICKS)]


def jobs(connection: Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()[0])  # type: ignore[index]


def row(connection: Connection, columns: str, key: str = "k") -> tuple[Any, ...]:
    found = connection.execute(f"SELECT {columns} FROM schedules WHERE key = %s", [key]).fetchone()
    assert found is not None
    return tuple(found)


async def play(schedulers: list[Scheduler], begin: datetime, end: datetime, step: timedelta) -> None:
    """Lets time go from *begin* to *end*, all schedulers looking at each step at once."""
    moment = begin
    while moment <= end:
        await asyncio.gather(*(scheduler.run_once(moment) for scheduler in schedulers))
        moment += step


CHANGES = {
    "America/New_York": (datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 10, 3, 13, 30, tzinfo=UTC), datetime(2026, 4, 4, 13, tzinfo=UTC)),
}
EXPECTED = {
    ("America/New_York", 0): {"night": ["03:00-0400"], "early": ["01:30-0500"], "quarter": 92},
    ("America/New_York", 1): {"night": ["02:15-0500"], "early": ["01:30-0400"], "quarter": 100},
    ("Australia/Lord_Howe", 0): {"night": ["02:30+1100"], "early": ["01:30+1030"], "quarter": 94},
    ("Australia/Lord_Howe", 1): {"night": ["02:15+1030"], "early": ["01:30+1100"], "quarter": 98},
}


@pytest.mark.parametrize(("zone", "change"), list(EXPECTED))
async def test_across_a_change_of_the_clock_each_tick_is_one_job_though_five_workers_race(
    plain: App, connection: Connection, make_scheduler: Callable[[], Scheduler], zone: str, change: int
) -> None:
    begin, expected = CHANGES[zone][change], EXPECTED[zone, change]
    for key, cron in {"night": "15 2 * * *", "early": "30 1 * * *", "quarter": "*/15 * * * *"}.items():
        put(plain, cron, key, timezone=zone)
        born(connection, begin - timedelta(microseconds=1), key)
    local = ZoneInfo(zone)
    midnight = datetime.combine(begin.astimezone(local).date() + timedelta(days=1), datetime.min.time(), local)
    end = midnight.astimezone(UTC) - timedelta(seconds=1)
    await play([make_scheduler() for _ in range(5)], begin, end, timedelta(minutes=5))

    found: dict[str, list[str]] = {"night": [], "early": [], "quarter": []}
    query = "SELECT s.key, t.tick FROM advisorjobs_schedule_ticks t JOIN schedules s ON s.id = t.schedule_id ORDER BY 2"
    for key, tick in connection.execute(query):
        found[key].append(tick.astimezone(local).strftime("%H:%M%z"))
    assert {"night": found["night"], "early": found["early"], "quarter": len(found["quarter"])} == expected
    assert jobs(connection) == sum(len(each) for each in found.values())


async def test_a_year_of_daily_ticks_is_played_through(
    plain: App, connection: Connection, scheduler: Scheduler
) -> None:
    put(plain, "30 2 * * *", timezone="America/New_York")
    born(connection, datetime(2026, 1, 1, 5, tzinfo=UTC))
    for day in range(365):
        await scheduler.run_once(datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(days=day))

    assert row(connection, "runs, skipped") == (365, 0)
    assert jobs(connection) == 365
    kept = ticks(connection)
    assert len(kept) == 100
    assert kept[-1] == datetime(2026, 12, 31, 7, 30, tzinfo=UTC)


async def test_of_five_that_race_for_five_hundred_schedules_each_tick_makes_one_job(
    plain: App, connection: Connection, make_scheduler: Callable[[], Scheduler]
) -> None:
    plain.publish()
    connection.execute("SELECT schedule_job('k' || n, 'test:tick', '{}', '0 0 * * *') FROM generate_series(1, 500) n")
    schedulers, midnight = [make_scheduler() for _ in range(5)], datetime(2096, 1, 1, tzinfo=UTC)
    for day in range(2):
        while any(await asyncio.gather(*(each.run_once(midnight + timedelta(days=day)) for each in schedulers))):
            continue

    assert connection.execute(
        "SELECT min(runs), max(runs), count(*) FROM advisorjobs_schedules WHERE last_tick = %s", [midnight + timedelta(days=1)]
    ).fetchone() == (2, 2, 500)  # fmt: skip
    assert len(ticks(connection)) == jobs(connection) == 1000


async def test_what_is_due_is_found_by_indexes_among_many(
    plain: App, connection: Connection, database: str, make_scheduler: Callable[[], Scheduler]
) -> None:
    """Never analyzed, as after a restore, and with ticks and jobs that a scan would have to pass."""
    put(plain, overlap="replace")
    connection.execute(
        "INSERT INTO advisorjobs_schedules (key, job_name, queue_name, args, cron, look_at, next_at) "
        "SELECT 'other' || n, 'test:tick', 'critical', '{}', '@yearly', '2096-01-01', '2096-01-01' "
        "FROM generate_series(1, 20000) n"
    )
    scheduler = make_scheduler()
    await scheduler.run_once()
    with psycopg.connect(database, autocommit=True) as other, plans_of(other) as plans:
        due = other.execute(
            statement("due_schedules"), {"now": datetime(2095, 1, 1, tzinfo=UTC), "periodic": [], "most": 50}
        )
        other.execute(statement("advance_schedules"), {"steps": _step(due.fetchall()[0])})
        other.execute(statement("next_schedule"), {"periodic": []})
        other.execute("SELECT pause_schedule('k'), resume_schedule('k'), unschedule_job('k')")
    names = relation_names(connection)
    scanned = {name for plan in plans for _, name in plan.scans(names)}
    assert "advisorjobs_schedules_look_idx" in scanned
    assert not {"advisorjobs_schedules", "advisorjobs_schedule_ticks", "procrastinate_jobs"} & scanned


async def test_a_worker_that_stalls_between_reading_and_writing_does_nothing_and_holds_up_nobody(
    plain: App, connection: Connection, make_scheduler: Callable[[], Scheduler], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(plain)
    born(connection, datetime(2026, 1, 1, tzinfo=UTC))
    now = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    stalled, other = make_scheduler(), make_scheduler()
    frozen, go_on = asyncio.Event(), asyncio.Event()
    send = stalled._send

    async def late(steps: Any) -> None:
        frozen.set()
        await go_on.wait()
        await send(steps)

    monkeypatch.setattr(stalled, "_send", late)
    waking = asyncio.ensure_future(stalled.run_once(now))
    await frozen.wait()
    assert await other.run_once(now) == 1
    assert jobs(connection) == 1
    go_on.set()
    await waking

    assert jobs(connection) == 1
    assert ticks(connection) == [now]


async def test_a_schedule_that_somebody_is_changing_waits_for_the_commit_and_keeps_nobody_busy(
    plain: App, connection: Connection, database: str, scheduler: Scheduler
) -> None:
    put(plain)
    born(connection, datetime(2026, 1, 1, tzinfo=UTC))
    now = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    with psycopg.connect(database) as changing:
        changing.execute("SELECT 1 FROM advisorjobs_schedules FOR UPDATE")
        assert [await scheduler.run_once(now) for _ in range(3)] == [1, 0, 0]
        assert jobs(connection) == 0
        changing.commit()
        assert await scheduler.run_once(now) == 0

    assert jobs(connection) == 1


async def test_a_clock_that_is_put_back_runs_no_tick_again(
    plain: App, connection: Connection, scheduler: Scheduler
) -> None:
    put(plain)
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    born(connection, noon)
    await scheduler.run_once(noon + timedelta(hours=24))
    for minute in range(10):
        await scheduler.run_once(noon + timedelta(minutes=minute))
    assert ticks(connection) == [noon + timedelta(hours=24)]
    QueueManager(plain).sync.pause_repeatable_job("k")
    QueueManager(plain).sync.resume_repeatable_job("k")
    connection.execute("UPDATE advisorjobs_schedules SET look_at = %s", [noon])
    await scheduler.run_once(noon + timedelta(minutes=30))
    assert ticks(connection) == [noon + timedelta(hours=24)]
    assert (await scheduler.run_once(datetime(2126, 1, 1, tzinfo=UTC))) == 1
    assert jobs(connection) == 2


async def test_a_rolled_back_transaction_leaves_no_schedule_and_a_lost_answer_no_second_job(
    plain: App, connection: Connection, database: str, scheduler: Scheduler
) -> None:
    with psycopg.connect(database) as mine:
        QueueManager(plain).sync.add_repeatable_job("critical", "test:tick", {}, "* * * * *", key="x", connection=mine)
        mine.rollback()
    assert QueueManager(plain).sync.list_repeatable_jobs() == []
    put(plain)
    born(connection, datetime(2026, 1, 1, tzinfo=UTC))
    rows = await scheduler.link.fetch(
        "due_schedules", {"now": datetime(2026, 1, 1, 0, 1, tzinfo=UTC), "periodic": [], "most": 9}
    )
    assert len(rows) == 1
    for _ in range(3):  # the same step, as if each answer had been lost
        await scheduler.link.fetch("advance_schedules", {"steps": _step(rows[0])})
    assert jobs(connection) == 1


def _step(due: tuple[Any, ...]) -> str:
    tick = '{"at": "2026-01-01T00:01:00Z", "delay": 0}'
    return f'[{{"id": {due[0]}, "version": {due[1]}, "ticks": [{tick}], "next_at": "2026-01-01T00:02:00Z"}}]'


async def test_a_limit_and_an_end_end_it(plain: App, connection: Connection, scheduler: Scheduler) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    put(plain, key="limited", limit=3)
    put(plain, key="ends", start=noon + timedelta(minutes=2), end=noon + timedelta(minutes=4))
    for key in ("limited", "ends"):
        born(connection, noon, key)
    await play([scheduler], noon, noon + timedelta(minutes=10), timedelta(seconds=20))

    for key in ("limited", "ends"):
        assert row(connection, "state, runs, next_run_at", key) == ("ended", 3, None)
    put(plain, key="limited", limit=4)
    assert row(connection, "state", "limited") == ("active",)


@pytest.mark.parametrize(
    ("overlap", "statuses", "skipped"),
    [("allow", ["todo", "todo", "todo"], 0), ("skip", ["todo"], 2), ("replace", ["todo"], 0)],
)
async def test_while_the_job_before_lives_the_overlap_policy_holds(
    plain: App, connection: Connection, scheduler: Scheduler, overlap: str, statuses: list[str], skipped: int
) -> None:
    put(plain, overlap=overlap)
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    born(connection, noon)
    await play([scheduler], noon, noon + timedelta(minutes=3), timedelta(minutes=1))

    found = connection.execute("SELECT status, id FROM procrastinate_jobs ORDER BY id").fetchall()
    assert [status for status, _ in found] == statuses
    assert row(connection, "skipped, last_job_id") == (skipped, found[-1][1])
    if overlap == "replace":
        assert connection.execute("SELECT count(*) FROM job_executions WHERE status = 'cancelled'").fetchone() == (2,)
    connection.execute("DELETE FROM procrastinate_jobs")
    await scheduler.run_once(noon + timedelta(minutes=4))
    assert jobs(connection) == 1


async def test_a_running_job_is_asked_to_stop_when_it_is_replaced(
    plain: App, connection: Connection, scheduler: Scheduler
) -> None:
    put(plain, overlap="replace")
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    born(connection, noon)
    await scheduler.run_once(noon + timedelta(minutes=1))
    connection.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    await scheduler.run_once(noon + timedelta(minutes=2))
    rows = connection.execute("SELECT status, abort_requested FROM procrastinate_jobs ORDER BY id").fetchall()
    assert rows == [("doing", True), ("todo", False)]


async def test_a_schedule_that_no_worker_can_read_is_broken_until_it_is_put_right(
    plain: App, connection: Connection, scheduler: Scheduler, caplog: pytest.LogCaptureFixture
) -> None:
    connection.execute("SELECT schedule_job('k', 'maintenance:none', '{}', '99 * * * *', allow_unknown => true)")
    put(plain, key="fine")
    await scheduler.run_once()

    state, why, next_at = row(connection, "state, broken, next_run_at")
    assert (state, next_at) == ("broken", None)
    assert "the minute field '99' can't be read" in why
    assert "is broken: `advisorjobs schedules list` says why" in caplog.text
    assert row(connection, "state", "fine") == ("active",)
    connection.execute("SELECT schedule_job('k', 'maintenance:none', '{}', '9 * * * *', allow_unknown => true)")
    assert row(connection, "state, broken") == ("active", None)


async def test_one_schedule_whose_job_the_database_refuses_does_not_hold_up_the_others(
    plain: App, connection: Connection, scheduler: Scheduler
) -> None:
    put(plain, key="good")
    put(plain, key="bad")
    connection.execute(
        "UPDATE advisorjobs_schedules SET priority = NULL, stock_priority = 2147483647 WHERE key = 'bad'"
    )
    connection.execute("ALTER TABLE procrastinate_jobs ADD CONSTRAINT refused CHECK (priority < 1000)")
    await scheduler.run_once(datetime.now(UTC) + timedelta(minutes=2))

    assert row(connection, "state, runs", "good")[0] == "active"
    assert row(connection, "state, broken", "bad") == ("broken", "the database refused its job (sqlstate 23514)")


async def test_jitter_delays_the_job_and_not_the_tick(plain: App, connection: Connection, scheduler: Scheduler) -> None:
    for n in range(50):
        put(plain, "0 0 * * *", f"k{n}", jitter=3600)
        born(connection, datetime(2026, 1, 1, 23, tzinfo=UTC), f"k{n}")
    await scheduler.run_once(datetime(2026, 1, 2, tzinfo=UTC))
    delays = [
        seconds
        for (seconds,) in connection.execute("SELECT extract(epoch FROM scheduled_at - now())::float FROM procrastinate_jobs")
    ]  # fmt: skip
    assert len(delays) == 50
    assert max(delays) - min(delays) > 1800
    assert set(ticks(connection)) == {datetime(2026, 1, 2, tzinfo=UTC)}


async def test_the_loop_sleeps_until_the_tick_and_wakes_when_a_schedule_is_put(
    plain: App, connection: Connection, make_scheduler: Callable[[], Scheduler]
) -> None:
    schedulers = [make_scheduler() for _ in range(3)]
    loops = [asyncio.ensure_future(scheduler.loop()) for scheduler in schedulers]
    put(plain, "* * * * * *")
    for scheduler in schedulers:
        scheduler.wake()

    async def two() -> bool:
        return jobs(connection) >= 2

    await wait_for_async(two, "two ticks")
    for loop in loops:
        loop.cancel()
    await asyncio.wait(loops)
    found = ticks(connection)
    assert len(found) == jobs(connection)
    assert {late - early for early, late in itertools.pairwise(found)} == {timedelta(seconds=1)}
