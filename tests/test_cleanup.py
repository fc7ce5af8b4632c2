"""Old history goes: whole months, the rest of the border month, tallies as old; nobody waits."""

from __future__ import annotations

import threading
import time
from typing import Any

import psycopg
import pytest

from advisorjobs.cleanup import Cleanup
from advisorjobs.tracker import JobTracker
from tests.fixtures.desk import Desk

Connection = psycopg.Connection[Any]
MONTHS = """
    DO $$
    DECLARE
        _month timestamp;
    BEGIN
        FOR _back IN 1 .. 6 LOOP
            _month := date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => _back);
            EXECUTE format('CREATE TABLE %I PARTITION OF advisorjobs_runs FOR VALUES FROM (%L) TO (%L)',
                           'advisorjobs_runs_' || to_char(_month, 'YYYY_MM'), _month AT TIME ZONE 'UTC',
                           (_month + interval '1 month') AT TIME ZONE 'UTC');
        END LOOP;
    END $$;
    INSERT INTO advisorjobs_runs (job_id, run_no, attempt, final, status, queued_at, finished_at, queue_name, job_name)
    SELECT 100000 + n, 1, 1, true, 'completed', now(), now() - n * interval '1 hour', 'emails', 'test:old'
      FROM generate_series(1, 24 * 220) n;
    INSERT INTO advisorjobs_tallies
    SELECT '', true, grain, advisorjobs_grain_of(grain, now() - n * interval '24 hours'), 'emails', 'test:old',
           1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
      FROM generate_series(1, 220) n, unnest('{1,24}'::int[]) grain;
"""
OLD = """
    SELECT (SELECT count(*) FROM advisorjobs_runs WHERE finished_at < now() - interval '90 days'),
           (SELECT count(*) FROM advisorjobs_tallies WHERE since + make_interval(hours => grain) < now() - interval '90 days'),
           (SELECT count(*) FROM advisorjobs_runs WHERE finished_at >= now() - interval '90 days')
"""


@pytest.fixture
def years(connection: Connection) -> Connection:
    """A database with seven months of history."""
    connection.execute(MONTHS)
    return connection


def months(connection: Connection) -> int:
    rows = connection.execute("SELECT FROM pg_inherits WHERE inhparent = 'advisorjobs_runs'::regclass").fetchall()
    return len(rows)


def left(connection: Connection) -> tuple[int, int, int]:
    ((runs, tallies, young),) = connection.execute(OLD).fetchall()
    return runs, tallies, young


async def test_whole_months_are_dropped_and_the_border_month_is_cut(tracker: JobTracker, years: Connection) -> None:
    before = months(years)
    done = await tracker.cleanup_old_executions(90)

    assert left(years) == (0, 0, 24 * 90 - 1) or left(years) == (0, 0, 24 * 90)
    assert 2 <= len(done.months) <= 4
    assert months(years) == before - len(done.months)
    assert years.execute("SELECT to_regclass(%s)", [done.months[0]]).fetchall() == [(None,)]
    assert done.rows > 0
    assert (await tracker.cleanup_old_executions(90)).months == ()


def test_a_month_that_somebody_reads_is_emptied_row_by_row(
    tracker: JobTracker, years: Connection, database: str
) -> None:
    with psycopg.connect(database) as reader:
        reader.execute("SELECT count(*) FROM advisorjobs_runs")
        done = tracker.sync.cleanup_old_executions(90)
        assert done.months == ()
        assert left(years)[:2] == (0, 0)
    assert len(tracker.sync.cleanup_old_executions(90).months) >= 2


def test_a_month_that_was_taken_out_by_one_that_died_is_dropped_by_the_next(
    tracker: JobTracker, years: Connection
) -> None:
    assert years.execute("SELECT advisorjobs_forget_month(now() - interval '90 days')").fetchall()[0][0]
    done = tracker.sync.cleanup_old_executions(90)
    assert len(done.months) >= 2
    assert years.execute(
        "SELECT count(*) FROM pg_class WHERE relname ~ '^advisorjobs_runs_2' AND relkind = 'r'"
    ).fetchall() == [(months(years) - 1,)]


def test_lines_of_log_go_as_old_as_their_runs(tracker: JobTracker, years: Connection) -> None:
    years.execute(
        "INSERT INTO advisorjobs_log_lines SELECT n, 1, 1, now() - n * interval '1 day', 'info', repeat('x', 500), 'org-1'"
        " FROM generate_series(1, 200) n"
    )
    tracker.sync.cleanup_old_executions(90)

    kept = years.execute("SELECT count(*), max(job_id) FROM advisorjobs_log_lines").fetchall()
    assert kept in ([(89, 89)], [(90, 90)])


def test_completions_go_on_while_history_is_taken_away(tracker: JobTracker, years: Connection, desk: Desk) -> None:
    found: list[Cleanup] = []
    cleaning = threading.Thread(target=lambda: found.append(tracker.sync.cleanup_old_executions(90)))
    cleaning.start()
    desk.connection.execute("SET lock_timeout = '100ms'")
    ended = 0
    deadline = time.monotonic() + 60
    while cleaning.is_alive() and time.monotonic() < deadline:
        desk.enqueue(5)
        ended += len(desk.complete(*desk.claim(free=5)))
    cleaning.join()
    assert found[0].months
    assert left(years)[0] == 0
    assert tracker.sync.get_job_statistics(start=None).completed >= ended
