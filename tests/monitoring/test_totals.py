"""Totals only grow: whatever is retried, cleaned or forgotten, a counter that is made of them never falls."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.database.migrate import migrate
from advisorjobs.manager import QueueManager
from advisorjobs.monitoring.measurements import Measurements, read_measurements
from advisorjobs.tracker import JobTracker
from tests.fixtures.apps import ROOT
from tests.fixtures.desk import Desk


def end_jobs(desk: Desk, *statuses: str, run_ms: int = 20) -> list[int]:
    """Has jobs end so; returns their ids."""
    desk.enqueue(len(statuses))
    jobs = sorted(desk.claim(free=len(statuses)), key=lambda job: job.id)
    for job, status in zip(jobs, statuses, strict=True):
        if status == "completed":
            desk.complete(job)
            continue
        final = status in ("failed", "cancelled")
        code = {"failed": "network", "timed_out": "timeout", "cancelled": "cancelled"}.get(status)
        desk.settle(
            job, status=status, final=final, error_code=code, error_message="no route", run_ms=run_ms, delay=3600
        )
    return [job.id for job in jobs]


def measured(app: App, desk: Desk) -> Measurements:
    desk.one("SELECT advisorjobs_fold_tallies(0)")
    return app.run(read_measurements())


def outcomes(found: Measurements) -> dict[str, int]:
    ((queue, job_name, counts),) = [(each.queue, each.job_name, each.outcomes) for each in found.totals]
    assert (queue, job_name) == ("critical", "test:work")
    return {name: count for name, count in counts.items() if count}


def errors(found: Measurements) -> dict[str, int]:
    return {each.error_code: each.failures for each in found.errors}


def test_each_run_counts_once_by_how_it_ended(app: App, desk: Desk) -> None:
    end_jobs(desk, "completed", "completed", "failed", "timed_out", "cancelled", "snoozed", "released")
    found = measured(app, desk)

    assert outcomes(found) == {"completed": 2, "failed": 1, "retried": 1, "cancelled": 1, "snoozed": 1, "released": 1}
    assert errors(found) == {"network": 1, "timeout": 1}
    (totals,) = found.totals
    assert totals.time_sum == pytest.approx(0.001 * 2 + 0.02 * 3)
    assert found.unfolded == 0


def test_what_is_not_folded_yet_is_said_and_then_counted(app: App, desk: Desk) -> None:
    end_jobs(desk, "completed", "failed")
    before = app.run(read_measurements())
    assert (before.unfolded, before.totals) == (2, ())

    assert sum(outcomes(measured(app, desk)).values()) == 2


def test_a_failed_job_that_is_retried_has_failed_all_the_same(app: App, desk: Desk) -> None:
    (job,) = end_jobs(desk, "failed")
    before = measured(app, desk)
    assert QueueManager(app).sync.retry_job("critical", job)
    after = measured(app, desk)

    assert outcomes(before) == outcomes(after) == {"failed": 1}
    assert errors(after) == {"network": 1}
    (again,) = desk.claim()
    desk.complete(again)
    assert outcomes(measured(app, desk)) == {"failed": 1, "completed": 1}


def test_cleaning_and_forgetting_all_history_takes_nothing_from_the_totals(app: App, desk: Desk) -> None:
    end_jobs(desk, "completed", "failed", "timed_out")
    before = measured(app, desk)
    desk.connection.execute("SELECT clean_queue('critical', 0, 'completed'), clean_queue('critical', 0, 'failed')")
    desk.connection.execute(
        "UPDATE advisorjobs_tallies SET since = since - interval '200 days' WHERE grain > 0;"
        "UPDATE advisorjobs_error_tallies SET since = since - interval '200 days'"
    )
    JobTracker(app).sync.cleanup_old_executions(90)
    assert desk.one("SELECT count(*) FROM advisorjobs_tallies WHERE grain > 0") == 0

    after = measured(app, desk)
    assert (outcomes(after), errors(after)) == (outcomes(before), errors(before))
    assert [(each.waits, each.times) for each in after.totals] == [(each.waits, each.times) for each in before.totals]


def test_statistics_do_not_see_the_totals(app: App, desk: Desk) -> None:
    end_jobs(desk, "completed", "completed")
    measured(app, desk)

    assert JobTracker(app).sync.get_job_statistics().completed == 2
    assert JobTracker(app).sync.get_performance_metrics().completed == 2


def test_a_database_from_before_the_totals_begins_with_what_its_tallies_know(
    app: App, desk: Desk, connection: psycopg.Connection[Any], database: str
) -> None:
    end_jobs(desk, "completed", "failed")
    before = measured(app, desk)
    connection.execute("DELETE FROM advisorjobs_tallies WHERE grain = 0; DELETE FROM advisorjobs_error_totals")
    assert app.run(read_measurements()).totals == ()
    connection.execute("UPDATE advisorjobs_functions SET checksum = 'another'")
    migrate(database)

    after = app.run(read_measurements())
    assert (after.totals, after.errors) == (before.totals, before.errors)
    assert (ROOT / "migrations" / "0180_metrics.sql").exists()
