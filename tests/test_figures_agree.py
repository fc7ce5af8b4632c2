"""SQL, Python and the command line answer the same question with the same figure, while jobs come, run, fail and end."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from advisorjobs.application import App
from advisorjobs.manager import QueueManager
from advisorjobs.tracker import JobTracker
from tests.fixtures.waiting import wait_for

Connection = psycopg.Connection[Any]
Rows = list[dict[str, Any]]
JOBS = """
import asyncio
from advisorjobs import Fail, JobRun, Payload
from advisorjobs.task import task

class Work(Payload):
    number: int

@task("figures:work", payload=Work, queue="webhooks")
async def work(job: JobRun[Work]) -> None:
    await asyncio.sleep(0.002)
    if job.payload.number % 10 == 0:
        raise Fail("not_found", "there is no such thing")
    if job.payload.number % 10 == 1 and job.attempt == 1:
        raise ConnectionError("refused")

@task("figures:report", payload=Work, queue="reports")
async def report(job: JobRun[Work]) -> None:
    await asyncio.sleep(0.005)
"""
BY_STATUS = """
    SELECT queue_name::text AS queue, count(*) FILTER (WHERE status = 'todo' AND scheduled_at IS NULL) AS waiting,
           count(*) FILTER (WHERE status = 'doing') AS active, count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'todo' AND scheduled_at IS NOT NULL) AS delayed
      FROM procrastinate_jobs GROUP BY 1
"""
ENDED = "SELECT queue, status, final, organization_id FROM job_executions WHERE status <> 'running'"
SCHEDULE = """
    SELECT schedule_job('tick', 'figures:work', '{"number": 5}', every => '1 second', organization_id => 'o1')
"""
COUNTED = ("waiting", "active", "completed", "failed", "delayed", "paused", "cancelled")


@contextmanager
def worker(database: str, folder: Path) -> Iterator[None]:
    """A real worker process that serves two queues."""
    (folder / "figures_jobs.py").write_text(JOBS)
    env = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database,
        "ADVISORJOBS_IMPORTS": "figures_jobs",
        "ADVISORJOBS_DATA_DIR": str(folder),
        "PYTHONPATH": str(folder),
    }
    command = [sys.executable, "-m", "advisorjobs", "worker", "--queues", "webhooks,reports"]
    process = subprocess.Popen(command, env=env, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(40)


@contextmanager
def load(database: str) -> Iterator[None]:
    """Enqueues by SQL, in batches, until the end: for three organizations, some for later, some with a key."""
    stop = threading.Event()

    def feed() -> None:
        with psycopg.connect(database, autocommit=True) as connection:
            for number in itertools.count(step=30):
                if stop.is_set():
                    return
                jobs = [job(number + n) for n in range(30)]
                connection.execute("SELECT count(*) FROM enqueue_jobs(%s)", [json.dumps(jobs)])
                stop.wait(0.05)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def job(number: int) -> dict[str, Any]:
    name = "figures:report" if number % 3 == 0 else "figures:work"
    later = {"scheduleIn": 0.3} if number % 7 == 0 else {}
    return {"name": name, "payload": {"number": number}, "organizationId": f"o{number % 3}", **later}


def rows(connection: Connection, statement: str) -> Rows:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode()).fetchall()


class Figures:
    """All that can be asked, by all ways, in one transaction of *connection*: one snapshot."""

    def __init__(self, app: App, connection: Connection) -> None:
        self.manager = QueueManager(app).sync
        self.tracker = JobTracker(app).sync
        self.connection = connection

    def compare(self) -> int:
        """Asserts that the answers agree; returns how many runs had ended."""
        with self.connection.transaction():
            ended = rows(self.connection, ENDED)
            self.queues(ended)
            self.statistics(ended)
            self.failures()
            self.workers()
            self.schedules()
        return len(ended)

    def queues(self, ended: Rows) -> None:
        view = {row["queue"]: row for row in rows(self.connection, "SELECT * FROM queue_stats")}
        counted = {row["queue"]: row for row in rows(self.connection, BY_STATUS)}
        done = Counter(row["queue"] for row in ended if row["final"] and row["status"] == "completed")
        for stats in self.manager.get_all_queue_stats(connection=self.connection):
            seen = view[stats.queue]
            assert {name: getattr(stats, name) for name in COUNTED} == {name: seen[name] for name in COUNTED}
            assert (stats.oldest_waiting_at, stats.workers) == (seen["oldest_waiting_at"], seen["workers"])
            for name in ("waiting", "active", "failed", "delayed"):
                assert seen[name] == counted.get(stats.queue, {}).get(name, 0), (stats.queue, name)
            assert seen["completed"] == done[stats.queue]
            assert stats == self.manager.get_queue_stats(stats.queue, connection=self.connection)

    def statistics(self, ended: Rows) -> None:
        view = {row["organization_id"]: row for row in rows(self.connection, "SELECT * FROM organization_stats")}
        whole = self.tracker.get_job_statistics(connection=self.connection)
        counted = Counter(row["status"] for row in ended if row["final"])
        assert (whole.completed, whole.failed) == (counted["completed"], counted["failed"])
        assert whole.runs == len(ended) - sum(row["status"] in {"snoozed", "released"} for row in ended)
        for organization, seen in view.items():
            stats = self.tracker.get_job_statistics(organization, connection=self.connection)
            names = ("completed", "failed", "cancelled", "success_rate", "runs", "retried", "timed_out", "crashed")
            assert {name: getattr(stats, name) for name in names} == {name: seen[name] for name in names}
            assert (stats.run.p95_ms, stats.wait.max_ms) == (seen["run_p95_ms"], seen["wait_max_ms"])
        assert sum(row["runs"] for row in view.values()) == whole.runs
        latency = rows(self.connection, "SELECT queue, runs FROM queue_latency WHERE runs > 0")
        by_queue: Counter[str] = Counter()
        for each in whole.jobs:
            by_queue[each.queue] += each.runs
        assert {row["queue"]: row["runs"] for row in latency} == dict(by_queue)

    def failures(self) -> None:
        groups = self.tracker.get_error_analysis(connection=self.connection)
        view = rows(self.connection, "SELECT * FROM error_analysis")
        latest = rows(self.connection, "SELECT job_id, run_number FROM recent_failures")
        assert sum(group.count for group in groups) == sum(row["failures"] for row in view) == len(latest)
        assert {group.fingerprint for group in groups} == {row["fingerprint"] for row in view}
        found = self.tracker.get_recent_failures(limit=20, connection=self.connection)
        assert [(run.job_id, run.run_number) for run in found] == [
            (row["job_id"], row["run_number"]) for row in latest[:20]
        ]

    def workers(self) -> None:
        found = self.tracker.get_worker_statistics(connection=self.connection)
        view = rows(self.connection, "SELECT worker, queue, runs, completed, failures FROM worker_stats")
        assert [(each.worker, each.queue, each.runs, each.completed, each.failures) for each in found] == [
            tuple(row.values()) for row in view
        ]

    def schedules(self) -> None:
        found = self.manager.list_repeatable_jobs(connection=self.connection)
        view = rows(self.connection, "SELECT key, runs, next_run_at FROM schedules")
        planned = {row["key"] for row in view if row["next_run_at"]}  # until a worker has, Python plans by itself
        assert {each.key: each.runs for each in found} == {row["key"]: row["runs"] for row in view}
        assert {(each.key, each.next_run_at) for each in found if each.key in planned} == {
            (row["key"], row["next_run_at"]) for row in view if row["next_run_at"]
        }


@pytest.mark.slow
def test_all_ways_agree_in_one_snapshot_under_load_and_the_command_line_when_it_is_quiet(
    app: App,
    database: str,
    connection: Connection,
    tmp_path: Path,
    run_python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    with worker(database, tmp_path), psycopg.connect(database) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        figures = Figures(app, reader)
        wait_for(lambda: rows(connection, "SELECT 1 FROM job_types WHERE name = 'figures:work'"), "the worker")
        connection.execute(SCHEDULE.encode())
        with load(database):
            ended = [0]
            while len(ended) < 12:
                wait_for(lambda: ran(connection) > ended[-1] + 20, "jobs that end")
                ended.append(figures.compare())
        connection.execute("SELECT unschedule_job('tick')")
        wait_for(lambda: idle(connection), "the end of all jobs", seconds=60)
        assert figures.compare() >= ended[-1] > 200

    done = run_python("-m", "advisorjobs", "stats", "--json", ADVISORJOBS_DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    said = {row["queue"]: row for row in map(json.loads, done.stdout.splitlines())}
    view = {row["queue"]: row for row in rows(connection, "SELECT * FROM queue_stats")}
    assert {queue: {name: row[name] for name in COUNTED} for queue, row in said.items()} == {
        queue: {name: view[queue][name] for name in COUNTED} for queue in said
    }
    assert view["webhooks"]["failed"] > 0


def ran(connection: Connection) -> int:
    return int(rows(connection, "SELECT count(*) AS n FROM job_executions WHERE status <> 'running'")[0]["n"])


def idle(connection: Connection) -> bool:
    left = rows(connection, "SELECT count(*) AS n FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
    return bool(left[0]["n"] == 0)
