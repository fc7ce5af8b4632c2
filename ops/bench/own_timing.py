"""How punctual AdvisorJobs is: jobs for later, retries, jobs found by polling, cancellations and time limits."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from pathlib import Path

from advisorjobs.database.statement import statement
from ops.bench.measure import Bench, Measure
from ops.bench.own_jobs import TIME_LIMIT
from ops.bench.own_worker import OwnWorker, own_worker
from ops.bench.pickup import percentile

__all__ = ["DUE", "POLLING", "STOPPING"]

JOBS = 100
POLLED_JOBS = 40
STOPPED_JOBS = 30
AT_ONCE = 2
"""Fewer than a fresh install has child processes would be idle ones; more would wait."""
POLLING_COMMAND = ("procrastinate", "worker", "-q", "critical", "--no-listen-notify")
SQL = Path(__file__).parent / "sql"


def due(bench: Bench) -> dict[str, float]:
    """Milliseconds from the moment for which a job was planned to its start."""
    with own_worker(bench.server) as worker:
        planned = {n: add(worker, "own:mark", n, schedule_in=0.5 + n * 0.053) for n in range(JOBS)}
        scheduled = lateness(worker.wait("begun", JOBS), moments(worker, "planned_moments", planned))
    with own_worker(bench.server) as worker:
        retried: dict[int, int] = {}
        for n in range(JOBS):
            retried[n] = add(worker, "own:retry", n)
            time.sleep(0.053)
        again = lateness(worker.wait("begun", JOBS), moments(worker, "retry_moments", retried))
    return {**summary("scheduled", scheduled), **summary("retried", again)}


def polling(bench: Bench) -> dict[str, float]:
    """Milliseconds from an enqueue's return to the start, on an idle worker that hears no notification."""
    with own_worker(bench.server, POLLING_COMMAND) as worker:
        returned: dict[int, float] = {}
        for n in range(POLLED_JOBS):
            add(worker, "own:mark", n)
            returned[n] = time.time()
            time.sleep(0.21 + 0.037 * (n % 8))
        return summary("polling", lateness(worker.wait("begun", POLLED_JOBS), returned))


def stopping(bench: Bench) -> dict[str, float]:
    """Milliseconds from a cancellation, or from the end of the time allowed, until the function has stopped."""
    figures: dict[str, float] = {}
    with own_worker(bench.server) as worker:
        for kind in ("coroutine", "blocking"):
            figures.update(summary(f"cancelled {kind}", cancelled(worker, f"own:{kind}", len(figures) * 1000)))
        for kind in ("coroutine", "blocking"):
            late = overdue(worker, f"own:limited-{kind}", len(figures) * 1000)
            figures.update(summary(f"over time {kind}", late))
    return figures


def cancelled(worker: OwnWorker, name: str, first: int) -> list[float]:
    found: list[float] = []
    for start in range(first, first + STOPPED_JOBS, AT_ONCE):
        numbers = range(start, start + AT_ONCE)
        jobs = {n: add(worker, name, n) for n in numbers}
        wait_for(worker, "begun", numbers)
        asked: dict[int, float] = {}
        for n, job in jobs.items():
            asked[n] = time.time()
            worker.connection.execute(statement("cancel_job"), {"job_id": job})
        found += lateness(wait_for(worker, "stopped", numbers), asked)
    return found


def overdue(worker: OwnWorker, name: str, first: int) -> list[float]:
    """The last sign of life of each function is awaited until it can't have another."""
    found: list[float] = []
    for start in range(first, first + STOPPED_JOBS // 2, AT_ONCE):
        numbers = range(start, start + AT_ONCE)
        for n in numbers:
            add(worker, name, n)
        begun = wait_for(worker, "begun", numbers)
        time.sleep(TIME_LIMIT + 1.5)
        found += lateness(wait_for(worker, "stopped", numbers), {n: at + TIME_LIMIT for n, at in begun.items()})
    return found


def add(worker: OwnWorker, name: str, number: int, schedule_in: float | None = None) -> int:
    values = {"name": name, "number": number, "seconds": schedule_in}
    row = worker.connection.execute((SQL / "add_own_job.sql").read_bytes(), values).fetchone()
    return int(str(row[0])) if row else 0


def moments(worker: OwnWorker, name: str, jobs: Mapping[int, int]) -> dict[int, float]:
    """Number of a job -> when it was to start, as the database has it."""
    rows = dict(worker.connection.execute((SQL / f"{name}.sql").read_bytes(), {"ids": list(jobs.values())}).fetchall())
    return {n: float(str(rows[job])) for n, job in jobs.items()}


def wait_for(worker: OwnWorker, word: str, numbers: range) -> dict[int, float]:
    give_up = time.monotonic() + 30
    while not set(numbers) <= (found := worker.noted(word)).keys() and time.monotonic() < give_up:
        time.sleep(0.005)
    return {n: found[n] for n in numbers}


def lateness(happened: Mapping[int, float], expected: Mapping[int, float]) -> list[float]:
    return [max(0.0, (happened[n] - at) * 1e3) for n, at in expected.items()]


def summary(what: str, values: list[float]) -> dict[str, float]:
    return {f"{what}: p50": statistics.median(values), f"{what}: p99": percentile(values, 99)}


DUE = Measure("due", "Jobs for later and retries, start after their moment", "ms", due)
POLLING = Measure("polling", "Pick-up without LISTEN", "ms", polling)
STOPPING = Measure("stopping", "A cancellation or a time limit reaches the function", "ms", stopping)
