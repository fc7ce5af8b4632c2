"""SQL and Python give the same figures at the same moment, while a worker completes jobs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from advisorjobs.tracker import JobTracker
from tests.fixtures.desk import Desk

Connection = psycopg.Connection[Any]
ERROR = {"error_code": "network", "error_message": "x", "run_ms": 1500}


@pytest.fixture
def load(database: str) -> Iterator[None]:
    """A worker that has jobs of two organizations end, and folds, until the test is over."""
    over = threading.Event()

    def work() -> None:
        desk = Desk(database)
        turn = 0
        while not over.is_set():
            turn += 1
            organization = "ab"[turn % 2]
            desk.enqueue(6, organization_id=organization, args={"organization_id": organization})
            jobs = desk.claim(free=6)
            desk.complete(*jobs[:4])
            desk.settle(*jobs[4:5], status="failed", final=True, fingerprint="f1", **ERROR)
            desk.settle(*jobs[5:], status="timed_out", final=False, delay=900, fingerprint=f"f{turn % 3}", **ERROR)
            if turn % 3 == 0:
                desk.one("SELECT advisorjobs_fold_tallies(0)")
        desk.close()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    over.set()
    worker.join()


@pytest.fixture
def base(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


def asked(connection: Connection, view: str) -> list[dict[str, Any]]:
    return connection.execute(f"SELECT * FROM {view}".encode()).fetchall()


@pytest.mark.usefixtures("load")
def test_views_and_calls_agree_under_load(tracker: JobTracker, base: Connection) -> None:
    calls, seen = tracker.sync, set[int]()
    yesterday = datetime.combine(datetime.now(UTC).date() - timedelta(days=1), time(), UTC)
    for _ in range(12):
        with base.transaction():
            for row in asked(base, "organization_stats"):
                found = calls.get_job_statistics(row["organization_id"], yesterday, connection=base)
                assert (found.completed, found.failed, found.runs, found.retried, found.timed_out) == tuple(
                    row[name] for name in ("completed", "failed", "runs", "retried", "timed_out")
                )
                spread = (found.success_rate, found.wait.p95_ms, found.wait.max_ms, found.run.p99_ms, found.run.mean_ms)
                assert spread == tuple(
                    row[name] for name in ("success_rate", "wait_p95_ms", "wait_max_ms", "run_p99_ms", "run_mean_ms")
                )
                own = f"job_executions WHERE organization_id = '{row['organization_id']}' AND status <> 'running'"
                (runs,) = asked(base, f"(SELECT count(*) AS n FROM {own}) r")
                assert runs["n"] == found.runs
            failures = asked(base, "recent_failures LIMIT 20")
            assert [(run.job_id, run.run_number) for run in calls.get_recent_failures(limit=20, connection=base)] == [
                (row["job_id"], row["run_number"]) for row in failures
            ]
            slow = asked(base, "slow_jobs LIMIT 20")
            assert [run.job_id for run in calls.get_slow_jobs(1000, limit=20, connection=base)] == [
                row["job_id"] for row in slow
            ]
            for organization in ("a", "b"):
                rows = asked(base, f"error_analysis WHERE organization_id = '{organization}'")
                groups = calls.get_error_analysis(organization, connection=base)
                assert {(g.fingerprint, g.count, g.first_seen, g.last_seen, g.example_job_id) for g in groups} == {
                    (r["fingerprint"], r["failures"], r["first_seen"], r["last_seen"], r["example_job_id"])
                    for r in rows
                }
            workers = asked(base, "worker_stats")
            told = calls.get_worker_statistics(connection=base)
            assert [(w.worker_id, w.queue, w.runs, w.failures, w.run.p50_ms) for w in told] == [
                (r["worker_id"], r["queue"], r["runs"], r["failures"], r["run_p50_ms"]) for r in workers
            ]
            total = calls.get_job_statistics(start=yesterday, connection=base)
            series = calls.get_performance_metrics(start=yesterday, connection=base)
            assert sum(each.runs for each in series.throughput) == series.runs == total.runs
            seen.add(total.runs)
    assert len(seen) > 1, "nothing ended meanwhile"


def test_latency_tells_of_what_waits_and_what_started(tracker: JobTracker, desk: Desk, base: Connection) -> None:
    desk.enqueue(2)
    desk.complete(*desk.claim(free=1))
    desk.connection.execute("UPDATE procrastinate_jobs SET queued_at = now() - interval '90 s'")
    (row,) = asked(base, "queue_latency WHERE queue = 'critical'")
    assert 90_000 <= row["oldest_wait_ms"] < 600_000
    assert row["runs"] == 1
    found = tracker.sync.get_job_statistics(connection=base)
    assert (row["wait_p50_ms"], row["wait_max_ms"]) == (found.wait.p50_ms, found.wait.max_ms)
    (idle,) = asked(base, "queue_latency WHERE queue = 'emails'")
    assert (idle["oldest_wait_ms"], idle["runs"], idle["wait_p50_ms"]) == (None, 0, None)
