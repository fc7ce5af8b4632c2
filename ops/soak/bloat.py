"""Bloat: jobs at a steady rate, and in the middle third a transaction that has written and stays open."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from advisorjobs.database.migrate import migrate
from advisorjobs.database.statement import statement
from tests.fixtures.clusters import throwaway_cluster

__all__ = ["Soak", "SoakFailed", "soak"]

SQL = Path(__file__).parent / "sql"
ROOT = Path(__file__).parents[2]
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
AT_ONCE = 5
SAMPLES = 180
"""Of the tables, over the whole run."""


class SoakFailed(Exception):
    """The worker ended before the run did."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The hot tables together at a moment (seconds since the start): dead rows, and bytes without and with indexes."""

    at: float
    dead: float
    heap: float
    indexes: float


@dataclass(slots=True)
class Soak:
    """What a run of `minutes` recorded. `claims`: seconds since the start and milliseconds, in order."""

    minutes: float
    rate: int
    claims: list[tuple[float, float]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    left: int = 0
    queued: int = 0

    @property
    def third(self) -> float:
        """Seconds of each phase: before, held, after."""
        return self.minutes * 20

    def claim_times(self, begin: float, end: float) -> list[float]:
        """Milliseconds, sorted, of the claims between two moments."""
        first, last = (bisect_left(self.claims, (moment, 0.0)) for moment in (begin, end))
        return sorted(ms for _, ms in self.claims[first:last])

    def sample(self, at: float) -> Sample:
        """The first one at or after a moment."""
        return next((each for each in self.samples if each.at >= at), self.samples[-1])

    def cleaned_after(self) -> float:
        """Seconds from the end of the held transaction until fewer than 10 000 dead rows were left; infinite if never."""
        return next(
            (each.at - 2 * self.third for each in self.samples if each.at >= 2 * self.third and each.dead < 10_000),
            float("inf"),
        )

    def figures(self) -> dict[str, float]:
        """The bars' three figures, and the rate that was kept while the transaction was open."""
        before = self.claim_times(self.third / 5, self.third)
        held = self.claim_times(self.third, 2 * self.third)
        early, last = self.sample(self.third / 2), self.samples[-1]
        return {
            "claim p99 while held, over before": percentile(held, 99) / percentile(before, 99),
            "claim p50 while held, over before": percentile(held, 50) / percentile(before, 50),
            "seconds until under 10 000 dead rows": self.cleaned_after(),
            "hot tables at the end, over early": last.heap / early.heap,
            "with their indexes": (last.heap + last.indexes) / (early.heap + early.indexes),
            "jobs not done at the end": float(self.left),
        }


def soak(minutes: float, rate: int, organizations: int, say: Callable[[str], None] = print) -> Soak:
    """Runs it on a server of its own. In a run of less than thirty minutes all times are shorter by the same factor, also
    autovacuum's pause between its rounds (a minute by default)."""
    naptime = max(1, round(minutes * 2))
    record = Soak(minutes, rate)
    with throwaway_cluster({**SETTINGS, "autovacuum_naptime": f"{naptime}s"}) as cluster:
        migrate(cluster.dsn)
        with psycopg.connect(cluster.dsn, autocommit=True) as connection, worker(cluster.tcp_dsn) as process:
            connection.execute(text("business_table"))
            run(record, cluster.dsn, connection, organizations, process, say)
            record.left = only(connection, "unfinished")["count"]
    return record


def run(
    record: Soak,
    dsn: str,
    connection: psycopg.Connection[Any],
    organizations: int,
    process: subprocess.Popen[str],
    say: Callable[[str], None],
) -> None:
    begun = time.monotonic()
    stop = threading.Event()
    feeding = threading.Thread(target=feed, args=(record, dsn, organizations, stop), daemon=True)
    reading = threading.Thread(target=read_claims, args=(record, process, begun), daemon=True)
    for thread in (feeding, reading):
        thread.start()
    holder = psycopg.connect(dsn)
    try:
        for number in range(1, SAMPLES + 1):
            at = number * record.minutes * 60 / SAMPLES
            stop.wait(max(0.0, begun + at - time.monotonic()))
            if process.poll() is not None or not feeding.is_alive():
                raise SoakFailed("the worker, or what feeds it, ended early")
            record.samples.append(Sample(at, **only(connection, "hot_tables")))
            if number == SAMPLES // 3:
                holder.execute(text("business_write"))
            if number == 2 * SAMPLES // 3:
                holder.commit()
            if number % (SAMPLES // 30) == 0:
                say(line(record, at))
    finally:
        stop.set()
        feeding.join()
        holder.close()


def feed(record: Soak, dsn: str, organizations: int, stop: threading.Event) -> None:
    """Queues a few jobs at a time, each in a transaction of its own, so that `rate` a second come in."""
    begun = time.monotonic()
    with psycopg.connect(dsn, autocommit=True) as connection:
        while not stop.wait(max(0.0, begun + record.queued / record.rate - time.monotonic())):
            numbers = range(record.queued, record.queued + AT_ONCE)
            connection.execute(
                statement("enqueue_jobs"), {"jobs": json.dumps([job(n, organizations) for n in numbers])}
            )
            record.queued += AT_ONCE


def job(number: int, organizations: int) -> dict[str, Any]:
    owner = {"organization_id": f"firm-{number % organizations}"} if organizations else {}
    return {"name": "soak:empty", "queue": "critical", "args": {"number": number}, **owner}


@contextmanager
def worker(dsn: str) -> Iterator[subprocess.Popen[str]]:
    """A worker process as installed, whose claims are timed."""
    command = [sys.executable, "-m", "ops.soak.work"]
    environment = {**os.environ, "DATABASE_URL": dsn}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def read_claims(record: Soak, process: subprocess.Popen[str], begun: float) -> None:
    for words in map(str.split, process.stdout or ()):
        if len(words) == 2:
            record.claims.append((float(words[0]) - begun, float(words[1])))


def line(record: Soak, at: float) -> str:
    """A thirtieth of the run in one line."""
    times = record.claim_times(at - record.minutes * 2, at)
    last = record.samples[-1]
    phase = ("before", "held", "after")[min(2, int((at - 0.01) // record.third))]
    return (
        f"{at / 60:6.1f} min  {phase:6}  claim p50 {percentile(times, 50):6.2f} ms  p99 {percentile(times, 99):7.2f} ms  "
        f"{len(times):6} claims  {last.dead:9,.0f} dead  {last.heap / 1e6:7.1f} MB + {last.indexes / 1e6:6.1f} MB of indexes"
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("nan")


def text(name: str) -> bytes:
    return (SQL / f"{name}.sql").read_bytes()


def only(connection: psycopg.Connection[Any], name: str) -> dict[str, Any]:
    cursor = connection.execute(text(name))
    (row,) = cursor.fetchall()
    return dict(zip([column.name for column in cursor.description or ()], row, strict=True))
