"""What statistics cost the database beside a million jobs and ten million runs of the last 95 days.

The server's processor time of one call, in milliseconds: what a busy machine or a slow disk add is not in it.
`python -m ops.bench.own_statistics` prints a table by itself; a number as argument is how many million runs there are.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from advisorjobs.database.migrate import migrate
from advisorjobs.database.statement import statement
from ops.bench.backlog import Backlog
from ops.bench.measure import Measure
from ops.bench.server import SETTINGS, BenchServer
from tests.fixtures.clusters import throwaway_cluster

if TYPE_CHECKING:
    from ops.bench.measure import Bench

__all__ = ["STATISTICS", "filled", "processor_times"]

Connection = psycopg.Connection[Any]
SQL = Path(__file__).parent / "sql"
JOBS, RUNS, DAYS, ORGANIZATIONS = 1_000_000, 10_000_000, 95, 1_000
CALLS = 9
LARGE, ORDINARY = "org-0", "org-500"
"""An organization with a fifth of all runs, and one like any other."""


def filled(dsn: str, runs: int = RUNS) -> None:
    """Migrates the database and writes jobs and history, folded and vacuumed. Takes a quarter of an hour for ten million."""
    migrate(dsn)
    per_hour = runs // (DAYS * 24)
    begin = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    with psycopg.connect(dsn, autocommit=True, options="-c synchronous_commit=off") as connection:
        partitions(connection, begin)
        Backlog(organizations=ORGANIZATIONS).add(connection, JOBS)
        for hour in range(DAYS * 24):
            values = {"first": hour * per_hour, "since": begin + timedelta(hours=hour), "runs": per_hour}
            connection.execute((SQL / "fill_history.sql").read_bytes(), {**values, "organizations": ORGANIZATIONS})
            connection.execute((SQL / "fold_all.sql").read_bytes())
        connection.execute("VACUUM ANALYZE")


def partitions(connection: Connection, begin: datetime) -> None:
    """A partition for each month that the history has."""
    month = begin.date().replace(day=1)
    while month <= datetime.now(UTC).date():
        after = (month + timedelta(days=32)).replace(day=1)
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS advisorjobs_runs_{month:%Y_%m} PARTITION OF advisorjobs_runs"
            f" FOR VALUES FROM ('{month} 00:00Z') TO ('{after} 00:00Z')".encode()
        )
        month = after


def questions() -> Mapping[str, tuple[str, Mapping[str, Any]]]:
    """What is asked, by the name of its row: a statement and its parameters."""
    now = datetime.now(UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    cut = {"start": today - timedelta(days=30, minutes=-31), "end": today - timedelta(minutes=31)}
    ranges: Mapping[str, Mapping[str, Any]] = {
        "default range": {"start": None, "end": None},
        "90 whole days": {"start": today - timedelta(days=90), "end": today},
        "29 days, both ends cut": cut,
        "3 hours, both ends cut": {"start": cut["end"] - timedelta(hours=3), "end": cut["end"]},
    }
    whose = {"all": None, "a fifth": LARGE, "one of 1 000": ORDINARY}
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {"queue stats": ("get_queue_stats", {"queue": None})}
    for name in ("get_job_statistics", "get_performance_metrics", "get_error_analysis"):
        for range_name, range_ in ranges.items():
            for who, organization in whose.items():
                values = {**range_, "organization_id": organization, "most": 100}
                asked[f"{name.removeprefix('get_')}, {range_name}, {who}"] = (name, values)
    for who, organization in whose.items():
        asked[f"recent failures, {who}"] = ("get_recent_failures", {"organization_id": organization, "most": 50})
        asked[f"slow jobs, {who}"] = (
            "get_slow_jobs",
            {"organization_id": organization, "most": 100, "threshold_ms": 5000},
        )
    asked["worker statistics"] = ("get_worker_statistics", {})
    asked["health"] = ("get_health_status", {})
    return asked


def processor_times(dsn: str) -> dict[str, float]:
    """The median of the server's processor time per call, in ms; the server must run on this machine."""
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
        spent = Path(f"/proc/{connection.info.backend_pid}/schedstat")

        def once(name: str, values: Mapping[str, Any]) -> float:
            before = int(spent.read_text().split()[0])
            connection.execute(statement(name), values).fetchall()
            return (int(spent.read_text().split()[0]) - before) / 1e6

        return {
            question: statistics.median([once(name, values) for _ in range(CALLS + 1)][1:])
            for question, (name, values) in questions().items()
        }


def take(bench: Bench) -> dict[str, float]:
    server = bench.server
    server.fresh()
    bench.say("statistics: writing a million jobs and ten million runs")
    filled(server.dsn())
    figures = processor_times(server.dsn())
    return {**figures, "worst": max(figures.values())}


STATISTICS = Measure("statistics", "Statistics beside 10 million runs", "ms of the server's processor", take, rounds=1)


def main(millions: str = "10") -> None:
    with throwaway_cluster(SETTINGS) as cluster:
        server = BenchServer(cluster.tcp_dsn)
        server.fresh()
        filled(server.dsn(), int(float(millions) * 1e6))
        for question, milliseconds in sorted(processor_times(server.dsn()).items(), key=lambda each: each[1]):
            print(f"{milliseconds:8.1f} ms  {question}")


if __name__ == "__main__":
    main(*sys.argv[1:])
