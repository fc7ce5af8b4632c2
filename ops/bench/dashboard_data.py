"""What the dashboard is measured beside: a million living jobs and history of 95 days, with the tallies that go with it.

Tallies are made of history day by day in bulk, which takes minutes where folding run by run would take hours. Of organizations
those of OWN have tallies of their own: a database with those of all thousand is larger, and none of it is read.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from advisorjobs.application import App
from advisorjobs.database.migrate import migrate
from advisorjobs.settings import Settings
from ops.bench.backlog import Backlog
from ops.bench.own_statistics import DAYS, JOBS, LARGE, ORGANIZATIONS, partitions

__all__ = ["LARGE", "ORDINARY", "fill", "tally"]

Connection = psycopg.Connection[Any]
SQL = Path(__file__).parent / "sql"
OWN = [f"org-{number}" for number in range(61)]
ORDINARY = "org-50"
MIXED, ENTRIES = 50_000, 300_000
"""Living jobs of all kinds beside the backlog; entries of the audit log."""
FIRST_RUN = 10_000_000
"""The number of the first job in history: those before it are living jobs'."""
OPTIONS = "-c synchronous_commit=off -c work_mem=256MB -c jit=off"


def fill(dsn: str, runs: int, say: Callable[[str], None] = print) -> None:
    """Migrates the database and writes all of it, vacuumed. A quarter of an hour for ten million runs."""
    migrate(dsn)
    now = datetime.now(UTC)
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    hours = int((now - begin) / timedelta(hours=1))
    per_hour = max(runs // hours, 1)
    with psycopg.connect(dsn, autocommit=True, options=OPTIONS) as connection:
        partitions(connection, begin)
        Backlog(organizations=ORGANIZATIONS).add(connection, JOBS)
        for hour in range(0, hours, 24):
            length = min(24, hours - hour)
            past_runs(connection, FIRST_RUN + hour * per_hour, begin + timedelta(hours=hour), length, length * per_hour)
            say(f"history: {hour + length} of {hours} hours")
        connection.execute("ANALYZE")
    tally(dsn, begin, say)
    fill_rest(dsn)


def past_runs(connection: Connection, first: int, since: datetime, hours: int, runs: int) -> None:
    run(connection, "fill_past_runs", first=first, since=since, hours=hours, runs=runs, organizations=ORGANIZATIONS)


def tally(dsn: str, begin: datetime, say: Callable[[str], None] = print) -> None:
    """Makes the tallies of all history from *begin* on, in a database that has none of them."""
    with psycopg.connect(dsn, autocommit=True, options=OPTIONS) as connection:
        run(connection, "begin_rolling", since=begin)
        since = begin
        while since < datetime.now(UTC):
            span = {"since": since, "until": since + timedelta(days=1), "organizations": OWN}
            for name in ("tally_past_runs", "share_past_runs", "tally_past_failures"):
                run(connection, name, **span)
            run(connection, "roll_all")
            say(f"tallied: {since:%Y-%m-%d}")
            since += timedelta(days=1)
        run(connection, "total_tallies")


def fill_rest(dsn: str) -> None:
    """Living jobs of all kinds, workers, people, limits, schedules, the audit log; the figures that are kept of all of it."""
    App(Settings(database_url=dsn, data_dir=Path(tempfile.gettempdir()))).publish()
    with psycopg.connect(dsn, autocommit=True, options=OPTIONS) as connection:
        run(connection, "fill_workers")
        run(connection, "fill_living", count=MIXED, organizations=ORGANIZATIONS)
        run(connection, "fill_running")
        run(connection, "fill_failed_runs")
        run(connection, "fill_rules", organizations=ORGANIZATIONS)
        run(connection, "fill_schedules")
        run(connection, "fill_audit", count=ENTRIES)
        run(connection, "fill_actions")
        run(connection, "fill_people")
        run(connection, "fill_minutes")
        run(connection, "count_all")
        connection.execute("VACUUM ANALYZE")


def run(connection: Connection, name: str, **values: Any) -> None:
    connection.execute((SQL / f"{name}.sql").read_bytes(), values)
