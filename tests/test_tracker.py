"""The job tracker: what it says of jobs that ended, against jobs that really did."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.errors import ErrorCode, SettingsError
from advisorjobs.job_execution import RunStatus
from advisorjobs.tracker import JobTracker
from tests.fixtures.desk import Desk

Connection = psycopg.Connection[Any]
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def end_jobs(desk: Desk, organization: str, *, completed: int = 0, failed: int = 0, **ending: Any) -> None:
    desk.enqueue(completed + failed, organization_id=organization, args={"organization_id": organization})
    jobs = desk.claim(free=completed + failed)
    desk.complete(*jobs[:completed])
    how = {"error_code": "network", "error_message": "no route", "fingerprint": "f1", "run_ms": 30, **ending}
    if failed:
        desk.settle(*jobs[completed:], status="failed", final=True, **how)


async def test_statistics_of_an_organization_and_of_all(tracker: JobTracker, desk: Desk) -> None:
    end_jobs(desk, "a", completed=3, failed=1)
    end_jobs(desk, "b", completed=2)

    found = await tracker.get_job_statistics("a")
    assert (found.total, found.completed, found.failed, found.success_rate) == (4, 3, 1, 0.75)
    assert found.organization_id == "a"
    assert found.run.max_ms == 30
    assert found.run.p50_ms == pytest.approx(1, rel=0.048)
    (job,) = found.jobs
    assert (job.queue, job.name, job.completed, job.failed) == ("critical", "test:work", 3, 1)
    assert job.wait == found.wait
    assert tracker.sync.get_job_statistics("a").jobs == found.jobs
    assert tracker.sync.get_job_statistics().completed == 5
    assert tracker.sync.get_job_statistics("nobody").success_rate is None
    assert tracker.sync.get_job_statistics("nobody").wait.p99_ms is None


def test_only_what_ended_in_the_range_counts(tracker: JobTracker, desk: Desk, connection: Connection) -> None:
    end_jobs(desk, "a", completed=2)
    now = connection.execute("SELECT now()").fetchall()[0][0]

    assert tracker.sync.get_job_statistics("a", now - timedelta(minutes=5), now).completed == 2
    assert tracker.sync.get_job_statistics("a", start=now).completed == 0
    assert tracker.sync.get_job_statistics("a", end=now - timedelta(minutes=5)).completed == 0
    assert tracker.sync.get_job_statistics("a", now, now).completed == 0
    default = tracker.sync.get_job_statistics("a")
    assert default.start.time() == EPOCH.time()
    assert timedelta(days=30) <= default.end - default.start < timedelta(days=31, minutes=1)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"start": EPOCH, "end": EPOCH - timedelta(days=1)}, "end='2025-12-31.*must not lie before start"),
        ({"start": EPOCH.replace(tzinfo=None)}, "start='2026-01-01 00:00:00' can't be used: must be a datetime with"),
        ({"end": EPOCH.replace(tzinfo=None)}, "end='2026"),
        ({"start": date(2026, 1, 1)}, "start='2026-01-01' can't be used"),
    ],
)
def test_a_range_that_can_t_be_used_is_refused(tracker: JobTracker, given: dict[str, Any], text: str) -> None:
    for call in (
        tracker.sync.get_job_statistics,
        tracker.sync.get_error_analysis,
        tracker.sync.get_performance_metrics,
    ):
        with pytest.raises(SettingsError, match=text):
            call("a", **given)


def test_numbers_that_can_t_be_used_are_refused(tracker: JobTracker) -> None:
    with pytest.raises(SettingsError, match="limit=0 can't be used: must be 1 or more"):
        tracker.sync.get_recent_failures("a", 0)
    with pytest.raises(SettingsError, match="threshold_ms=-1"):
        tracker.sync.get_slow_jobs(-1)
    with pytest.raises(SettingsError, match="days=0"):
        tracker.sync.cleanup_old_executions(0)


async def test_recent_failures_come_latest_first_and_say_whether_the_job_failed(
    tracker: JobTracker, desk: Desk
) -> None:
    end_jobs(desk, "a", completed=1, failed=1, stack_trace="Traceback …")
    end_jobs(desk, "b", failed=1)
    desk.enqueue(organization_id="a", args={"organization_id": "a"}, tags=["t"])
    again = {"error_code": "timeout", "error_message": "slow", "fingerprint": "f2", "delay": 60}
    desk.settle(*desk.claim(), status="retrying", final=False, **again)

    retried, failed = await tracker.get_recent_failures("a", 50)
    assert (retried.status, retried.final, retried.error_code) == (RunStatus.RETRYING, False, ErrorCode.TIMEOUT)
    assert retried.next_run_at is not None
    assert retried.tags == ("t",)
    assert (failed.status, failed.final, failed.fingerprint) == (RunStatus.FAILED, True, "f1")
    assert (failed.error_message, failed.stack_trace, failed.input) == (
        "no route",
        "Traceback …",
        {"organization_id": "a"},
    )
    assert [each.organization_id for each in tracker.sync.get_recent_failures()] == ["a", "b", "a"]
    assert tracker.sync.get_recent_failures("a", 1) == [retried]


def test_errors_are_grouped_by_what_is_alike(tracker: JobTracker, desk: Desk) -> None:
    end_jobs(desk, "a", failed=2)
    end_jobs(desk, "a", failed=1, fingerprint="f2", error_code="timeout", error_message="late")
    end_jobs(desk, "b", failed=1)
    desk.one("SELECT advisorjobs_fold_tallies(0)")
    end_jobs(desk, "a", failed=1, error_message="no route to mars")

    first, second = tracker.sync.get_error_analysis("a")
    assert (first.fingerprint, first.error_code, first.count) == ("f1", ErrorCode.NETWORK, 3)
    assert first.first_seen < first.last_seen
    assert first.example_message == "no route to mars"
    assert (second.fingerprint, second.error_code, second.count, second.example_message) == (
        "f2",
        ErrorCode.TIMEOUT,
        1,
        "late",
    )
    assert [group.count for group in tracker.sync.get_error_analysis()] == [4, 1]
    assert len(tracker.sync.get_error_analysis(limit=1)) == 1
    assert tracker.sync.get_error_analysis(end=first.first_seen) == []


def test_slow_jobs_come_longest_first(tracker: JobTracker, desk: Desk) -> None:
    for run_ms in (90_000, 200, 120_000, 61_000):
        end_jobs(desk, "a", failed=1, run_ms=run_ms)
    end_jobs(desk, "b", failed=1, run_ms=300_000)

    assert [run.run_ms for run in tracker.sync.get_slow_jobs(60_000, "a")] == [120_000, 90_000, 61_000]
    assert [run.run_ms for run in tracker.sync.get_slow_jobs()] == [300_000, 120_000, 90_000, 61_000]
    assert [run.run_ms for run in tracker.sync.get_slow_jobs(100, "a", 10)] == [120_000, 90_000, 61_000, 200]
    assert len(tracker.sync.get_slow_jobs(60_000, limit=2)) == 2


def test_workers_are_told_by_queue(tracker: JobTracker, desk: Desk) -> None:
    end_jobs(desk, "a", completed=3, failed=1)
    desk.one("SELECT advisorjobs_fold_tallies(0)")
    end_jobs(desk, "a", completed=1)

    critical, emails = tracker.sync.get_worker_statistics()
    assert (critical.worker, critical.queue, critical.slots, critical.is_active) == ("desk", "critical", 10, True)
    assert (critical.runs, critical.completed, critical.failures, critical.success_rate) == (5, 4, 1, 0.8)
    assert critical.run.max_ms == 30
    assert critical.last_run_at is not None
    assert critical.last_run_at >= critical.started_at
    assert (emails.queue, emails.runs, emails.success_rate, emails.last_run_at) == ("emails", 0, None, None)
    desk.die()
    assert [each.is_active for each in tracker.sync.get_worker_statistics()] == [False, False]


def test_throughput_is_cut_by_hours_or_days(tracker: JobTracker, desk: Desk, connection: Connection) -> None:
    end_jobs(desk, "a", completed=3, failed=1)
    now = connection.execute("SELECT now()").fetchall()[0][0]

    recent = tracker.sync.get_performance_metrics("a", now - timedelta(hours=5))
    assert recent.bucket == timedelta(hours=1)
    assert [each.completed for each in recent.throughput] == [0, 0, 0, 0, 0, 3]
    assert recent.throughput[-1].failure_rate == recent.failure_rate == 0.25
    assert recent.throughput[-1].run_max_ms == 30
    assert recent.jobs_per_hour == pytest.approx(3 / 5, rel=0.01)
    assert recent.run.max_ms == 30
    long = tracker.sync.get_performance_metrics(start=now - timedelta(days=40))
    assert long.bucket == timedelta(days=1)
    assert len(long.throughput) == 41
    assert sum(each.runs for each in long.throughput) == long.runs == 4


async def test_everything_can_be_asked_at_once(tracker: JobTracker, desk: Desk) -> None:
    end_jobs(desk, "a", completed=1)
    found = await asyncio.gather(*(tracker.get_job_statistics("a") for _ in range(5)))
    assert {each.completed for each in found} == {1}
