"""The tallies of ended runs: what is folded and what is not yet are one exact figure together."""

from __future__ import annotations

import math
import random
from typing import Any

import psycopg
import pytest

from advisorjobs.database.migrate import migrate
from tests.fixtures.apps import ROOT
from tests.fixtures.desk import Desk

MIGRATIONS = ROOT / "migrations"
WEEKS = """
    INSERT INTO advisorjobs_runs (
        job_id, run_no, attempt, final, status, error_code, fingerprint, queued_at, started_at, finished_at, run_ms, queue_name,
        job_name, organization_id)
    SELECT n, 1, 1, true, CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'completed' END::advisorjobs_run_status,
           CASE WHEN n % 10 = 0 THEN 'network' END::advisorjobs_error_code, CASE WHEN n % 10 = 0 THEN 'f' || n % 3 END,
           at - interval '1 s', at - interval '500 ms', at, n % 977, 'emails', 'job:' || n % 4, 'org-' || n % 7
      FROM (SELECT n, timestamptz '2026-02-20 03:17Z' + n * interval '37 minutes' AS at FROM generate_series(1, 1500) n) r;
    INSERT INTO advisorjobs_ended (
        finished_at, runs, queue_name, job_name, organizations, queued_at, started_at, run_ms, statuses, finals, error_codes,
        fingerprints, job_ids, run_nos)
    SELECT finished_at, 1, queue_name, job_name, ARRAY[organization_id], ARRAY[queued_at], ARRAY[started_at], ARRAY[run_ms],
           ARRAY[status], '{true}', ARRAY[error_code], ARRAY[fingerprint], ARRAY[job_id], '{1}'
      FROM advisorjobs_runs;
    UPDATE advisorjobs_tally_state SET rolled_until = '2026-02-16 00:00Z';
"""
"""Forty days with an end every 37 minutes."""


def end_jobs(desk: Desk, *, completed: int = 0, failed: int = 0, organization: str = "a") -> list[int]:
    """Has jobs end; returns the numbers of the failed ones."""
    desk.enqueue(completed + failed, organization_id=organization, args={"organization_id": organization})
    jobs = desk.claim(free=completed + failed)
    desk.complete(*jobs[:completed])
    if failed:
        ending = {"error_code": "network", "error_message": "no route", "run_ms": 20}
        desk.settle(*jobs[completed:], status="failed", final=True, **ending)
    return [job.id for job in jobs[completed:]]


def fold(desk: Desk) -> int:
    count: int = desk.one("SELECT advisorjobs_fold_tallies(0)")
    return count


def statistics(desk: Desk, organization: str | None = None, start: str = "now() - interval '1 hour'") -> dict[str, Any]:
    (total,) = desk.rows(
        f"SELECT * FROM advisorjobs_job_statistics(%s, {start}, NULL) WHERE queue IS NULL".encode(), organization
    )
    return total


def test_the_figures_are_the_same_before_and_after_folding_and_in_between(desk: Desk) -> None:
    end_jobs(desk, completed=7, failed=2)
    before = statistics(desk, start="date_trunc('hour', now())")
    assert (before["completed"], before["failed"], before["runs"]) == (7, 2, 9)
    assert before["success_rate"] == pytest.approx(7 / 9)

    assert fold(desk) == 9
    assert statistics(desk, start="date_trunc('hour', now())") == before
    end_jobs(desk, completed=1, organization="b")
    assert statistics(desk, start="date_trunc('hour', now())")["completed"] == 8
    assert statistics(desk, "a", start="date_trunc('hour', now())")["completed"] == 7
    assert fold(desk) == 1
    assert statistics(desk, start="date_trunc('hour', now())")["completed"] == 8
    assert fold(desk) == 0
    assert desk.one("SELECT count(*) FROM advisorjobs_ended") == 0


def test_a_reader_sees_each_run_once_whatever_is_folded_after_its_snapshot(desk: Desk, other_desk: Desk) -> None:
    end_jobs(desk, completed=5)
    reader = other_desk.connection
    with reader.transaction():
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        assert statistics(other_desk)["completed"] == 5
        end_jobs(desk, completed=3)
        fold(desk)
        assert statistics(other_desk)["completed"] == 5
    assert statistics(other_desk)["completed"] == 8


def test_what_a_transaction_ends_that_was_open_while_others_were_folded_is_folded_later(
    desk: Desk, other_desk: Desk
) -> None:
    end_jobs(desk, completed=1)
    slow = other_desk.connection
    other_desk.enqueue(2)
    with slow.transaction():
        other_desk.complete(*other_desk.claim(free=2))
        end_jobs(desk, completed=4)
        assert fold(desk) == 5
        assert statistics(desk)["completed"] == 5
    assert statistics(desk)["completed"] == 7
    assert fold(desk) == 2
    assert statistics(desk)["completed"] == 7


def test_one_folds_at_a_time_and_only_when_there_is_enough_or_it_has_waited(desk: Desk, other_desk: Desk) -> None:
    end_jobs(desk, completed=3)
    assert desk.one("SELECT advisorjobs_fold_tallies(4)") == 0
    with desk.connection.transaction(force_rollback=True):
        assert fold(desk) == 3
        assert fold(other_desk) == 0
    desk.connection.execute("UPDATE advisorjobs_ended SET finished_at = now() - interval '11 s'")
    assert desk.one("SELECT advisorjobs_fold_tallies(4)") == 3


def test_a_failed_job_that_is_brought_back_no_longer_counts_as_failed(desk: Desk) -> None:
    first, second = end_jobs(desk, completed=1, failed=2)
    assert desk.one("SELECT retry_job(%s)", first)
    assert statistics(desk)["failed"] == 1
    fold(desk)
    assert desk.one("SELECT retry_job(%s)", second)
    assert statistics(desk)["failed"] == 0
    fold(desk)

    found = statistics(desk)
    assert (found["completed"], found["failed"], found["runs"], found["success_rate"]) == (1, 0, 3, 1.0)
    desk.complete(*desk.claim(free=2))
    assert statistics(desk)["completed"] == 3


def test_every_way_a_run_can_end_is_counted(desk: Desk) -> None:
    desk.enqueue(7)
    jobs = desk.claim(free=7)
    desk.settle(jobs[0], status="retrying", final=False, delay=60, error_code="network", error_message="x")
    desk.settle(jobs[1], status="timed_out", final=True, error_code="timeout", error_message="x", run_ms=9)
    desk.settle(jobs[2], status="crashed", final=False, attempt_back=True, error_code="crashed", error_message="x")
    desk.settle(jobs[3], status="snoozed", final=False, delay=60, attempt_back=True)
    desk.settle(jobs[4], status="released", final=False, delay=60, attempt_back=True)
    desk.settle(jobs[5], status="cancelled", final=True, error_code="cancelled")
    (waiting,) = desk.enqueue()
    assert desk.one("SELECT cancel_job(%s)", waiting)

    for _ in range(2):
        found = statistics(desk)
        counts = {name: found[name] for name in ("retried", "timed_out", "crashed", "snoozed", "released", "cancelled")}
        assert counts == {"retried": 2, "timed_out": 1, "crashed": 1, "snoozed": 1, "released": 1, "cancelled": 2}
        assert (found["completed"], found["failed"], found["runs"]) == (0, 1, 5)
        fold(desk)


@pytest.mark.parametrize("steps", [1, 50])
def test_any_range_of_weeks_agrees_with_the_history_whatever_is_rolled_up(desk: Desk, steps: int) -> None:
    desk.connection.execute(WEEKS)
    for _ in range(steps):
        fold(desk)
    ranges = random.Random(7)
    for _ in range(25):
        start, length = ranges.randrange(40 * 1440), ranges.choice((13, 59, 60, 1440, 9000, 40 * 1440))
        for organization in (None, "org-3"):
            given = {"organization": organization, "start": start, "end": start + length}
            (kept,) = desk.connection.execute(KEPT, given).fetchall()
            (counted,) = desk.connection.execute(COUNTED, given).fetchall()
            assert kept == counted, given
            (failures,) = desk.connection.execute(FAILURES, given).fetchall()
            assert (failures[0] or 0) == counted[1], given


FROM = "timestamptz '2026-02-20 03:00Z' + %(start)s * interval '1 minute'"
UPTO = FROM.replace("start", "end")
KEPT = f"""
    SELECT completed, failed, runs, run_max_ms, round(run_mean_ms::numeric, 6)
      FROM advisorjobs_job_statistics(%(organization)s, {FROM}, {UPTO}) WHERE queue IS NULL"""
FAILURES = f"SELECT sum(failures) FROM advisorjobs_error_analysis(%(organization)s, {FROM}, {UPTO}, 100)"
COUNTED = f"""
    SELECT count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'), count(*), max(run_ms),
           round(avg(run_ms)::numeric, 6)
      FROM advisorjobs_runs
     WHERE finished_at >= {FROM} AND finished_at < {UPTO}
       AND (%(organization)s::text IS NULL OR organization_id = %(organization)s)"""


def test_weeks_and_days_are_a_few_rows_each(desk: Desk) -> None:
    desk.connection.execute(WEEKS)
    for _ in range(50):
        fold(desk)
    read = desk.one(
        "SELECT count(*) FROM advisorjobs_tallied_between('org-3', '2026-02-20 00:00Z', '2026-03-31 00:00Z', 168)"
    )
    assert read <= 4 * (4 + 6 + 6), "four jobs: weeks and the days at both ends"


def test_percentiles_are_less_than_five_percent_off(desk: Desk) -> None:
    values = [0, 1, 2, 3, 7, 10, 11, 99, 100, 1000, 12_345, 86_400_000]
    for value in values:
        middle = desk.one("SELECT p50 FROM advisorjobs_durations(advisorjobs_histogram(%s), 1, 1000000000000)", value)
        assert math.isclose(middle, value, rel_tol=0.0477), value
    many = [int(random.Random(n).lognormvariate(6, 2)) for n in range(2000)]
    sql = """
        SELECT d.p50, d.p90, d.p95, d.p99, d.max FROM (
            SELECT sum(advisorjobs_histogram(v)) AS h, max(v) AS top
              FROM unnest(%s::bigint[]) v) t
         CROSS JOIN LATERAL advisorjobs_durations(t.h, 1, t.top) d"""
    found = desk.connection.execute(sql, [many]).fetchone()
    assert found is not None
    ordered = sorted(many)
    for part, value in zip((0.5, 0.9, 0.95, 0.99), found, strict=False):
        assert math.isclose(value, ordered[math.ceil(part * (len(many) - 1))], rel_tol=0.0477)
    assert found[4] == ordered[-1]


def test_after_a_restore_with_smaller_transaction_numbers_nothing_is_missed(desk: Desk) -> None:
    end_jobs(desk, completed=2)
    desk.connection.execute("UPDATE advisorjobs_tally_state SET folded = '900000000:900000000:'")
    end_jobs(desk, completed=3)
    assert statistics(desk)["completed"] == 5
    assert fold(desk) == 5


def test_a_rolled_back_completion_leaves_nothing(desk: Desk) -> None:
    desk.enqueue(2)
    jobs = desk.claim(free=2)
    with desk.connection.transaction(force_rollback=True):
        desk.complete(*jobs)
        assert statistics(desk)["completed"] == 2
    assert statistics(desk)["completed"] == 0


def test_history_from_before_the_tallies_is_in_them(connection: psycopg.Connection[Any], desk: Desk) -> None:
    connection.execute("DELETE FROM advisorjobs_tally_state")
    connection.execute(WEEKS.partition("INSERT INTO advisorjobs_ended")[0])
    script = (MIGRATIONS / "0080_tracking.sql").read_text()
    begin, end = script.index("INSERT INTO advisorjobs_tally_state"), script.index("-- An organization's transactions")
    connection.execute(script[begin:end].encode())
    assert statistics(desk, start="timestamptz '2026-02-01 00:00Z'")["runs"] == 1500
    for _ in range(300):
        fold(desk)
    assert statistics(desk, start="timestamptz '2026-02-01 00:00Z'")["runs"] == 1500


AS_ARRAYS = """
    CREATE FUNCTION pg_temp.entries(_histogram numeric) RETURNS bigint[] LANGUAGE sql AS $$
        SELECT coalesce(array_agg((b << 40) + n ORDER BY b), '{}')
          FROM (SELECT b, (div(_histogram, ('1e' || 10 * b)::numeric) % 10000000000)::bigint AS n
                  FROM generate_series(0::bigint, 200) AS b) e WHERE n > 0
    $$;
    ALTER TABLE advisorjobs_tallies ALTER waits TYPE bigint[] USING pg_temp.entries(waits),
                                    ALTER times TYPE bigint[] USING pg_temp.entries(times);
    ALTER TABLE advisorjobs_worker_tallies ALTER times TYPE bigint[] USING pg_temp.entries(times);
    DELETE FROM advisorjobs_migrations WHERE migration_id = '0120_histograms';
"""
"""Takes histograms back to what they were before that migration."""

HISTOGRAMS = """
    SELECT organization_id, whole::text, grain::text, since::text, job_name, waits, times FROM advisorjobs_tallies
    UNION ALL SELECT NULL, NULL, NULL, NULL, queue_name, NULL, times FROM advisorjobs_worker_tallies ORDER BY 1, 2, 3, 4, 5"""


def test_histograms_that_were_arrays_stay_the_same(database: str, desk: Desk) -> None:
    end_jobs(desk, completed=5, failed=3)
    end_jobs(desk, completed=1, organization="b")
    fold(desk)
    kept = desk.rows(HISTOGRAMS)
    desk.connection.execute("GRANT SELECT ON queue_latency TO advisorjobs_tenant")
    until_conversion = (MIGRATIONS / "0120_histograms.sql").read_text().partition("CREATE FUNCTION")[0]
    desk.connection.execute(until_conversion.encode())
    desk.connection.execute(AS_ARRAYS)

    assert migrate(database).applied[0] == "0120_histograms"
    assert desk.rows(HISTOGRAMS) == kept
    assert statistics(desk, start="date_trunc('hour', now())")["runs"] == 9
    assert desk.one("SELECT has_table_privilege('advisorjobs_tenant', 'queue_latency', 'SELECT')")
