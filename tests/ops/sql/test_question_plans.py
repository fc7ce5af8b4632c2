"""What the operator's questions read of a deep table and a long history: by indexes, whatever the statistics say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from ops.bench.backlog import Backlog
from tests.fixtures.plans import cost_of, index_tables, plans_of, relation_names
from tests.ops.sql.question import QUESTIONS

Connection = psycopg.Connection[Any]
DEEP = ("procrastinate_jobs", "advisorjobs_runs")
HISTORY = """
    INSERT INTO advisorjobs_runs (
        job_id, run_no, attempt, final, status, error_code, error_message, queued_at, started_at, finished_at, run_ms,
        queue_name, job_name, organization_id)
    SELECT 1000000 + n, 1, 1, true, (CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'completed' END)::advisorjobs_run_status,
           CASE WHEN n % 100 = 0 THEN 'network' END::advisorjobs_error_code, CASE WHEN n % 100 = 0 THEN 'refused' END,
           at - interval '2 s', at - interval '1 s', at, CASE WHEN n % 200 = 0 THEN 60000 ELSE 20 END, 'critical', 'test:work',
           'org-' || n % 50
      FROM (SELECT n, now() - make_interval(secs => n * 10) AS at FROM generate_series(1, 30000) AS n) h;
    UPDATE procrastinate_jobs SET status = 'doing', started_at = now() - interval '1 hour'
     WHERE id IN (SELECT id FROM procrastinate_jobs WHERE parked IS NULL AND scheduled_at IS NULL LIMIT 20);
"""
FILLED = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND pg_relation_size(oid) > 65536"
"""Months of the future are empty tables, and no harm to read whole."""


def fill(connection: Connection) -> None:
    for kind in (Backlog(), Backlog(priorities=3), Backlog(parked="unknown_job"), Backlog(delay=86_400)):
        kind.add(connection, 10_000)
    connection.execute(HISTORY.encode())


def never_analyzed(connection: Connection) -> None:
    fill(connection)


def analyzed_empty(connection: Connection) -> None:
    connection.execute("ANALYZE")
    fill(connection)


def analyzed_full(connection: Connection) -> None:
    fill(connection)
    connection.execute("ANALYZE")


@pytest.mark.parametrize("statistics", [never_analyzed, analyzed_empty, analyzed_full])
def test_no_question_reads_a_table_of_jobs_or_of_history_whole(
    statistics: Callable[[Connection], None], app: App, database: str, connection: Connection
) -> None:
    statistics(connection)
    names, tables = relation_names(connection), index_tables(connection)
    deep = {name for (name,) in connection.execute(FILLED).fetchall() if name.startswith(DEEP)}
    whole = {}
    for question in QUESTIONS.values():
        with psycopg.connect(database, autocommit=True) as own, plans_of(own) as plans:
            question.ask(own)
        scans = {(kind, tables.get(name, name)) for plan in plans for kind, name in plan.scans(names)}
        whole[question.path.stem] = {table for kind, table in scans if kind == "SEQSCAN" and table in deep}

    assert whole == {name: set() for name in QUESTIONS}


def test_what_a_question_reads_is_bounded(app: App, connection: Connection) -> None:
    analyzed_full(connection)
    read = {}
    for question in QUESTIONS.values():
        with connection.transaction():
            question.ask(connection)
            cost = cost_of(connection, question.sql())
        read[question.path.stem] = sum(
            n for name, n in cost.entries.items() if name.startswith((*DEEP, "advisorjobs_"))
        )

    assert {name: entries for name, entries in read.items() if entries > 10_500} == {}, read
