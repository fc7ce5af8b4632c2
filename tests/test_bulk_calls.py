"""Whole queues by the manager: how they stand, and many jobs retried, cancelled and cleaned in steps."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.errors import SettingsError, UnknownJob
from advisorjobs.manager import QueueManager
from advisorjobs.queue_stats import QueueStats
from advisorjobs.queues import QUEUES, RateLimit
from advisorjobs.tracker import JobTracker
from tests.fixtures.counted import COUNTS, counted, kept
from tests.fixtures.desk import Desk

FAILED = {"status": "failed", "final": True, "error_code": "network"}
Connection = psycopg.Connection[Any]


def test_a_queue_tells_how_it_stands(manager: QueueManager, desk: Desk) -> None:
    desk.enqueue(5)
    desk.enqueue(2, delay=60)
    done, failed, cancelled, _ = desk.claim(free=4)
    desk.complete(done)
    desk.settle(failed, **FAILED)
    desk.settle(cancelled, status="cancelled", final=True)
    manager.sync.pause_queue("critical", reason="the bank is down")
    found = manager.sync.get_queue_stats("critical")
    assert [getattr(found, name) for name in COUNTS] == [1, 1, 1, 1, 2, 1]
    assert (found.queue, found.paused, found.is_paused, found.workers) == ("critical", 1, True, 1)
    assert found.pause is not None
    assert found.pause.reason == "the bank is down"
    assert found.oldest_waiting_at == desk.one("SELECT queued_at FROM procrastinate_jobs WHERE status = 'todo' LIMIT 1")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.waiting = 0  # type: ignore[misc]


def test_the_limits_in_force_stand_beside_the_numbers(manager: QueueManager) -> None:
    manager.sync.set_queue_limit("emails", rate="7/min", running=3)
    found = manager.sync.get_queue_stats("emails")
    assert (found.rate, found.running) == (RateLimit(7, timedelta(minutes=1)), 3)


async def test_all_queues_are_told_of_awaited_too(manager: QueueManager, desk: Desk) -> None:
    desk.enqueue(2, queue="reports")
    desk.enqueue(queue="of-another-program")
    found = await manager.get_all_queue_stats()
    assert [each.queue for each in found if each.queue in QUEUES] == list(QUEUES)
    assert {each.queue: each.waiting for each in found if each.waiting} == {"reports": 2, "of-another-program": 1}
    assert await manager.get_queue_stats("reports") == next(each for each in found if each.queue == "reports")


def test_a_queue_without_any_job_stands_at_nothing(manager: QueueManager) -> None:
    assert manager.sync.get_queue_stats("builtin") == QueueStats(queue="builtin")


def test_the_oldest_is_found_among_all_organizations_and_priorities(manager: QueueManager, desk: Desk) -> None:
    for number in range(30):
        desk.enqueue(organization_id=f"org-{number}", priority=-1 - number % 3)
    desk.one(
        "UPDATE procrastinate_jobs SET queued_at = now() - interval '2 h' WHERE organization_id = 'org-17' RETURNING 1"
    )
    found = manager.sync.get_queue_stats("critical")
    assert found.oldest_waiting_at == desk.one("SELECT min(queued_at) FROM procrastinate_jobs")


def test_more_jobs_than_a_step_takes_are_retried_with_progress(
    manager: QueueManager, desk: Desk, connection: Connection
) -> None:
    fill(connection, 1200, "failed")
    said: list[int] = []
    assert manager.sync.retry_failed_jobs("critical", on_progress=said.append) == 1200
    assert said == [500, 1000, 1200]
    assert kept(connection) == counted(connection) == {"critical": {"waiting": 1200}}


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled", "delayed", "waiting"])
def test_jobs_of_each_status_are_cleaned_once_they_are_old_enough(
    manager: QueueManager, connection: Connection, status: str
) -> None:
    fill(connection, 600, "failed", "todo", "succeeded", "aborted")
    fill(connection, 600, "todo", delayed=True)
    connection.execute(
        "UPDATE procrastinate_jobs SET queued_at = now() - interval '1 h', delayed_since = now() - interval '1 h'"
    )
    history = connection.execute("SELECT count(*) FROM job_executions").fetchone()
    assert manager.sync.clean_queue("critical", 2 * 3_600_000, status) == 0
    said: list[int] = []
    assert manager.sync.clean_queue("critical", 60_000, status, on_progress=said.append) == 600
    assert said[-1] == 600
    assert getattr(manager.sync.get_queue_stats("critical"), status) == 0
    assert kept(connection) == counted(connection)
    assert connection.execute("SELECT count(*) FROM job_executions").fetchone() == history


async def test_jobs_are_cancelled_by_queue_name_organization_and_tag(
    manager: QueueManager, desk: Desk, connection: Connection
) -> None:
    desk.enqueue(3, organization_id="a", tags=["x"])
    desk.enqueue(2, organization_id="b", tags=["x", "y"])
    desk.enqueue(2, organization_id="a", delay=60)
    desk.enqueue(1, organization_id="a", queue="emails", name="test:other")
    assert await manager.cancel_jobs(organization_id="a", tag="x") == 3
    assert await manager.cancel_jobs(tag="y") == 2
    assert await manager.cancel_jobs(name="test:other", queue="critical") == 0
    assert await manager.cancel_jobs(queue="critical") == 2
    assert kept(connection) == counted(connection) == {"critical": {"cancelled": 7}, "emails": {"waiting": 1}}


def test_running_jobs_are_told_to_stop(manager: QueueManager, desk: Desk) -> None:
    desk.enqueue(3)
    running = desk.claim(free=2)
    assert manager.sync.cancel_jobs(queue="critical") == 3
    assert sorted(desk.run("aborts", worker=desk.worker)) == [job.id for job in running]


def test_with_a_connection_it_all_happens_in_its_transaction(manager: QueueManager, connection: Connection) -> None:
    fill(connection, 1200, "failed")
    with connection.transaction(force_rollback=True):
        assert manager.sync.retry_failed_jobs("critical", connection=connection) == 1200
        assert manager.sync.clean_queue("critical", 0, "waiting", connection=connection) == 1200
    assert kept(connection) == counted(connection) == {"critical": {"failed": 1200}}


async def test_old_jobs_that_stock_procrastinate_deletes_leave_the_figures(
    manager: QueueManager, desk: Desk, connection: Connection
) -> None:
    desk.enqueue(3)
    desk.complete(*desk.claim(free=2))
    desk.settle(*desk.claim(), **FAILED)
    connection.execute("UPDATE advisorjobs_runs SET finished_at = finished_at - interval '2 hours'")
    await manager.app.job_manager.delete_old_jobs(1, include_failed=True)
    assert kept(connection) == counted(connection) == {}


def test_jobs_whose_history_is_taken_away_leave_the_figures(
    app: App, manager: QueueManager, desk: Desk, connection: Connection
) -> None:
    desk.enqueue(5)
    done = desk.claim(free=3)
    desk.complete(*done)
    manager.sync.cancel_jobs(queue="critical")
    old = [done[0].id, desk.one("SELECT max(job_id) FROM advisorjobs_runs")]
    connection.execute(
        "UPDATE advisorjobs_runs SET finished_at = now() - interval '91 d' WHERE job_id = ANY (%s)", [old]
    )
    JobTracker(app).sync.cleanup_old_executions(90)
    assert kept(connection) == counted(connection) == {"critical": {"completed": 2, "cancelled": 1}}


def test_mass_cancellations_are_in_the_statistics_too(app: App, manager: QueueManager, desk: Desk) -> None:
    desk.enqueue(3, organization_id="org-1")
    manager.sync.cancel_jobs(organization_id="org-1")
    assert JobTracker(app).sync.get_job_statistics("org-1").cancelled == 3


def test_what_can_not_be_cleaned_is_refused_before_anything_is_sent(manager: QueueManager) -> None:
    with pytest.raises(
        SettingsError, match="status='complete' can't be used: is no status to clean: did you mean completed"
    ):
        manager.sync.clean_queue("critical", 0, "complete")
    with pytest.raises(SettingsError, match="grace_ms=-1 can't be used: must be 0 milliseconds or more"):
        manager.sync.clean_queue("critical", -1)
    with pytest.raises(UnknownJob, match="did you mean 'critical'"):
        manager.sync.clean_queue("critcal", 0)
    with pytest.raises(SettingsError, match="needs a queue, a name"):
        manager.sync.cancel_jobs()


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        ("clean_queue('emails', 0, 'complete')", "status: can't be cleaned: 'complete': did you mean 'completed'?"),
        ("clean_queue('emails', -1, 'failed')", "grace_ms: must be 0 milliseconds or more, got -1"),
        ("clean_queue('emials', 0, 'failed')", "queue: there is no queue 'emials': did you mean 'emails'?"),
        ("cancel_jobs()", "queue: name a queue, a job's name, an organization_id or a tag"),
    ],
)
def test_sql_refuses_the_same(manager: QueueManager, connection: Connection, call: str, rule: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
        connection.execute(f"SELECT {call}".encode())
    assert refused.value.diag.message_primary == rule


def fill(connection: Connection, count: int, *statuses: str, delayed: bool = False) -> None:
    """So many jobs of each status, as stock procrastinate or a hand may have left them, and the figures of them."""
    at = "now() + interval '1 day'" if delayed else "NULL"
    for status in statuses:
        connection.execute(
            f"""INSERT INTO procrastinate_jobs (queue_name, task_name, priority, status, scheduled_at)
                SELECT 'critical', 'test:work', -1, '{status}', {at} FROM generate_series(1, {count})""".encode()
        )
    connection.execute("SELECT advisorjobs_recount()")
