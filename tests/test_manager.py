from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.errors import ErrorCode, UnknownJob
from advisorjobs.job import JobStatus
from advisorjobs.manager import QueueManager
from tests.fixtures.desk import Desk

FAILED = {"status": "failed", "final": True, "error_code": "network", "error_message": "no answer"}


def runs(connection: psycopg.Connection[Any], job_id: int) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT run_number, status FROM job_executions WHERE job_id = %s ORDER BY run_number", [job_id]
    ).fetchall()


def test_a_job_is_seen_from_waiting_to_its_end(manager: QueueManager, desk: Desk) -> None:
    (job_id,) = desk.enqueue(args={"a": 1, "organization_id": "o"}, organization_id="o", tags=["t"], priority=-4)
    waiting = manager.sync.get_job(job_id)
    assert waiting is not None
    assert (waiting.status, waiting.priority, waiting.tags, waiting.attempts) == (JobStatus.WAITING, 4, ("t",), 0)
    (run,) = desk.claim()
    active = manager.sync.get_job(job_id)
    assert active is not None
    assert (active.status, active.attempts) == (JobStatus.ACTIVE, 1)
    desk.complete(run)
    done = manager.sync.get_job(job_id)
    assert done is not None
    assert (done.status, done.payload, done.organization_id) == (JobStatus.COMPLETED, waiting.payload, "o")
    assert done.finished_at is not None


def test_a_job_that_never_was_is_none(manager: QueueManager) -> None:
    assert manager.sync.get_job(1) is None
    assert not manager.sync.cancel_job(1)
    assert not manager.sync.retry_job("critical", 1)


async def test_both_views_answer_alike(manager: QueueManager, desk: Desk) -> None:
    (job_id,) = desk.enqueue()
    assert await manager.get_job(job_id) == manager.sync.get_job(job_id)


def test_a_waiting_job_that_is_cancelled_leaves_with_a_history_row(
    manager: QueueManager, desk: Desk, connection: psycopg.Connection[Any]
) -> None:
    (job_id,) = desk.enqueue(unique_key="k")
    assert manager.sync.cancel_job(job_id)
    assert runs(connection, job_id) == [(0, "cancelled")]
    assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)
    assert desk.enqueue(unique_key="k") != [job_id]
    job = manager.sync.get_job(job_id)
    assert job is not None
    assert job.status == JobStatus.CANCELLED
    assert not manager.sync.cancel_job(job_id)


def test_the_end_of_a_job_that_waits_for_a_retry_is_a_row_of_its_own(
    manager: QueueManager, desk: Desk, connection: psycopg.Connection[Any]
) -> None:
    (job_id,) = desk.enqueue()
    desk.settle(*desk.claim(), status="retrying", final=False, delay=60)
    assert manager.sync.cancel_job(job_id)
    assert runs(connection, job_id) == [(1, "retrying"), (2, "cancelled")]


def test_a_job_cancelled_in_the_middle_of_a_line_keeps_the_order_of_the_others(
    manager: QueueManager, desk: Desk
) -> None:
    first, second, third = desk.enqueue(3, lock="client-1")
    (run,) = desk.claim()
    assert manager.sync.cancel_job(second)
    assert desk.claim() == []
    desk.complete(run)
    assert (run.id, [job.id for job in desk.claim()]) == (first, [third])


def test_a_waiting_head_that_is_cancelled_frees_the_line_behind_it(manager: QueueManager, desk: Desk) -> None:
    first, second = desk.enqueue(2, lock="client-1")
    (run,) = desk.claim()
    desk.settle(run, status="retrying", final=False, delay=0)
    assert run.id == first
    desk.one("UPDATE procrastinate_jobs SET parked = 'lock' WHERE id = %s RETURNING id", second)
    assert manager.sync.cancel_job(first)
    assert [job.id for job in desk.claim()] == [second]


def test_a_running_job_is_asked_to_stop_and_its_worker_told(
    manager: QueueManager, desk: Desk, connection: psycopg.Connection[Any]
) -> None:
    (job_id,) = desk.enqueue()
    desk.claim()
    connection.execute("LISTEN advisorjobs")
    assert manager.sync.cancel_job(job_id)
    assert [each.payload for each in connection.notifies(timeout=5, stop_after=1)] == ["cancel"]
    assert desk.run("aborts", worker=desk.worker) == [job_id]


def test_a_failed_job_runs_again_under_its_id_with_all_its_attempts(
    manager: QueueManager, desk: Desk, connection: psycopg.Connection[Any]
) -> None:
    (job_id,) = desk.enqueue()
    desk.settle(*desk.claim(), **FAILED)
    (failed,) = manager.sync.get_failed_jobs("critical")
    assert (failed.id, failed.status, failed.error_code) == (job_id, JobStatus.FAILED, ErrorCode.NETWORK)
    assert failed.error_message == "no answer"
    assert not manager.sync.retry_job("emails", job_id)
    assert manager.sync.retry_job("critical", job_id)
    (run,) = desk.claim()
    assert (run.id, run.attempt, run.run_no) == (job_id, 1, 2)
    desk.complete(run)
    assert runs(connection, job_id) == [(1, "failed"), (2, "completed")]
    assert manager.sync.get_failed_jobs("critical") == []


def test_all_failed_jobs_of_a_queue_run_again(manager: QueueManager, desk: Desk) -> None:
    ids = desk.enqueue(5)
    (other,) = desk.enqueue(queue="emails")
    desk.settle(*desk.claim(), *desk.claim("emails"), **FAILED)
    assert manager.sync.retry_failed_jobs("critical") == 5
    assert [job.id for job in desk.claim()] == ids
    assert [job.id for job in manager.sync.get_failed_jobs("emails")] == [other]


def test_a_failed_job_whose_key_has_gone_to_another_stays_failed(manager: QueueManager, desk: Desk) -> None:
    (first,) = desk.enqueue(unique_key="k")
    desk.settle(*desk.claim(), **FAILED)
    (second,) = desk.enqueue(unique_key="k")
    assert second != first
    assert not manager.sync.retry_job("critical", first)
    manager.sync.cancel_job(second)
    assert manager.sync.retry_job("critical", first)
    assert desk.enqueue(unique_key="k") == [first]


def test_a_key_with_unique_for_outlasts_its_job(manager: QueueManager, desk: Desk) -> None:
    (first,) = desk.enqueue(unique_key="k", unique_for=3600)
    desk.complete(*desk.claim())
    assert desk.enqueue(unique_key="k") == [first]
    desk.one("UPDATE advisorjobs_unique_keys SET free_at = now() - interval '1 second' RETURNING job_id")
    assert desk.enqueue(unique_key="k") != [first]


def test_two_failed_jobs_with_one_queueing_lock_come_back_together(manager: QueueManager, desk: Desk) -> None:
    for _ in range(2):
        desk.enqueue(queueing_lock="q")
        desk.settle(*desk.claim(), **FAILED)
    assert manager.sync.retry_failed_jobs("critical") == 2
    assert len(desk.claim()) == 2


def test_an_unknown_queue_is_refused(manager: QueueManager) -> None:
    with pytest.raises(UnknownJob, match="did you mean 'critical'"):
        manager.sync.get_failed_jobs("critcal")


def test_the_manager_needs_no_database_until_it_is_used(app: App) -> None:
    assert QueueManager(app).sync.app is app
