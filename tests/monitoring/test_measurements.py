"""What the queues' metrics are made of: each figure against a database in which it is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.database.statement import statement
from advisorjobs.manager import QueueManager
from advisorjobs.monitoring.exposition import exposed
from advisorjobs.monitoring.measurements import Measurements, QueueState, read_measurements
from advisorjobs.monitoring.queue_metrics import queue_metrics
from advisorjobs.queues import RateLimit
from ops.bench.backlog import Backlog
from tests.fixtures.desk import Desk
from tests.fixtures.plans import cost_of

HISTORY = """
    INSERT INTO advisorjobs_tallies
    SELECT 'org-' || n, false, 1, now(), 'emails', 'email:send', 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0
      FROM generate_series(%(first)s, 2 * %(first)s) n
"""


def state(app: App, queue: str = "critical") -> QueueState:
    (found,) = [each for each in app.run(read_measurements()).queues if each.queue == queue]
    return found


def samples(found: Measurements) -> dict[str, float]:
    text, _ = exposed(queue_metrics(found, 0.001), "")
    lines = [line.rpartition(" ") for line in text.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_a_queue_says_how_it_stands(app: App, desk: Desk) -> None:
    desk.enqueue(5)
    desk.enqueue(2, scheduled_at="2999-01-01T00:00:00Z")
    desk.claim(free=3)
    desk.connection.execute("UPDATE procrastinate_jobs SET queued_at = now() - interval '90 s' WHERE status = 'todo'")
    found = state(app)

    assert (found.waiting, found.active, found.delayed, found.failed) == (2, 3, 2, 0)
    assert 90 <= found.oldest < 150
    assert (found.workers, found.slots, found.paused, found.closed) == (1, 10, False, False)
    empty = state(app, "reports")
    assert (empty.waiting, empty.oldest, empty.workers, empty.slots) == (0, 0.0, 0, 0)


async def test_limits_in_force_and_what_is_left_of_them(app: App, desk: Desk, manager: QueueManager) -> None:
    assert state(app).rate is None
    await manager.set_queue_limit("critical", rate=RateLimit(20, timedelta(minutes=1)), running=7)
    desk.enqueue(6)
    desk.claim(free=6)
    found = state(app)

    assert (found.rate, found.rate_window, found.rate_left, found.running_limit) == (20, 60.0, 14, 7)
    desk.connection.execute("UPDATE advisorjobs_grants SET at = ARRAY(SELECT a - 62 FROM unnest(at) a)")
    assert state(app).rate_left == 20


async def test_pauses_and_closures_are_told(app: App, manager: QueueManager, desk: Desk) -> None:
    await manager.pause_queue("critical")
    desk.connection.execute(
        "UPDATE advisorjobs_queues SET closed_until = now() + interval '1 min' WHERE name = 'emails'"
    )

    assert (state(app).paused, state(app).closed) == (True, False)
    assert (state(app, "emails").paused, state(app, "emails").closed) == (False, True)


def test_workers_that_live_and_that_fell_silent(app: App, desk: Desk, other_desk: Desk) -> None:
    desk.connection.execute(
        "UPDATE advisorjobs_workers SET beat_at = now() - interval '7 s' WHERE id = %s", [desk.worker]
    )
    found = app.run(read_measurements())
    assert (found.workers_alive, found.workers_silent) == (2, 0)
    assert found.heartbeat_age == pytest.approx(7, abs=5)

    desk.die()
    found = app.run(read_measurements())
    assert (found.workers_alive, found.workers_silent) == (1, 1)
    other_desk.run("leave", worker=other_desk.worker, token=other_desk.token)
    found = app.run(read_measurements())
    assert (found.workers_alive, found.heartbeat_age) == (0, None)


async def test_schedules_that_are_late_or_broken(
    app: App, manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    payload = {"organization_id": "o"}
    for key in ("late", "broken", "paused", "well"):
        await manager.add_repeatable_job("scheduled", "scheduled:data_sync", payload, "0 9 * * *", key=key)
    connection.execute("UPDATE advisorjobs_schedules SET look_at = now() - interval '5 min' WHERE key = 'late'")
    connection.execute(
        "UPDATE advisorjobs_schedules SET broken = 'why', look_at = NULL WHERE key IN ('broken', 'paused')"
    )
    connection.execute("UPDATE advisorjobs_schedules SET paused_at = now() WHERE key = 'paused'")
    found = app.run(read_measurements())

    assert (found.schedules_late, found.schedules_broken) == (1, 1)
    assert 300 <= found.schedule_lateness < 360


def test_tables_with_their_dead_rows_and_who_keeps_them(app: App, desk: Desk, database: str) -> None:
    desk.enqueue(3)
    with psycopg.connect(database) as holder:
        holder.execute("SELECT txid_current()")
        desk.connection.execute("DELETE FROM procrastinate_jobs")
        desk.connection.execute(
            "SELECT pg_stat_force_next_flush()" if desk.connection.info.server_version >= 150000 else "SELECT"
        )
        found = app.run(read_measurements())
        assert found.held_back > 0
    tables = {table.name: table for table in found.tables}

    assert tables["procrastinate_jobs"].bytes > 0
    assert {"advisorjobs_runs", "advisorjobs_ended", "advisorjobs_grants"} <= set(tables)
    assert all(table.dead >= 0 and table.living >= 0 for table in tables.values())


def test_no_series_names_an_organization_or_a_job(app: App, desk: Desk) -> None:
    before = set(samples(app.run(read_measurements())))
    for number in range(5):
        desk.enqueue(1, organization_id=f"org-{number}", args={"organization_id": f"org-{number}", "canary": "secret"})
    desk.complete(*desk.claim())
    desk.one("SELECT advisorjobs_fold_tallies(0)")
    once = set(samples(app.run(read_measurements())))
    for number in range(5, 20):
        desk.enqueue(1, organization_id=f"org-{number}")
    desk.complete(*desk.claim(free=20))
    desk.one("SELECT advisorjobs_fold_tallies(0)")

    after = samples(app.run(read_measurements()))
    assert set(after) == once > before
    assert not any("org-" in name or "secret" in name for name in after)
    assert after['advisorjobs_runs_finished_total{job_name="test:work",outcome="completed",queue="critical"}'] == 20
    assert after['advisorjobs_job_run_seconds_count{job_name="test:work",queue="critical"}'] == 20
    assert after['advisorjobs_job_run_seconds_bucket{job_name="test:work",le="+Inf",queue="critical"}'] == 20
    assert after['advisorjobs_job_run_seconds_sum{job_name="test:work",queue="critical"}'] == pytest.approx(0.02)


def test_a_scrape_reads_as_much_of_a_full_database_as_of_an_empty_one(app: App, desk: Desk) -> None:
    """Each queue's line is probed at a hundred places at most; nothing is counted by reading it."""
    connection = desk.connection

    def pages() -> int:
        with connection.transaction():
            connection.execute(statement("read_measurements")).fetchall()
            return cost_of(connection, statement("read_measurements")).pages

    def fill(jobs: int) -> None:
        Backlog(queue="critical", organizations=500).add(connection, jobs)
        Backlog(queue="emails", delay=3600).add(connection, jobs)
        connection.execute(HISTORY, {"first": jobs})
        connection.execute("SELECT advisorjobs_recount(); SELECT advisorjobs_fold_counts()")
        connection.execute("VACUUM ANALYZE")

    fill(2_000)
    few = pages()
    fill(20_000)
    assert pages() < 1.3 * few + 200
