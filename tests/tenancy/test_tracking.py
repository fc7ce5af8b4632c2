"""Statistics, tallies and history: an organization's transactions see their own only."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from advisorjobs.tenancy.scope import scope
from advisorjobs.tracker import JobTracker
from tests.fixtures.desk import Desk

Connection = psycopg.Connection[Any]
WITH_ORGANIZATIONS = (
    "job_executions",
    "recent_failures",
    "slow_jobs",
    "error_analysis",
    "organization_stats",
    "advisorjobs_runs",
    "advisorjobs_tallies",
    "advisorjobs_error_tallies",
    "advisorjobs_unfolded_tallies",
    "advisorjobs_unfolded_failures",
)
WITHOUT = ("advisorjobs_ended", "advisorjobs_unfolded", "advisorjobs_unfolded_runs", "worker_stats", "queue_latency")


@pytest.fixture
def history(connection: Connection, desk: Desk) -> Connection:
    """Two organizations with runs that failed and took long, half of them folded, and one that goes on in each."""
    for after in ("SELECT advisorjobs_fold_tallies(0)", "SELECT 1"):
        for organization in ("a", "b"):
            desk.enqueue(3, organization_id=organization, args={"organization_id": organization})
            done, failed, _ = desk.claim(free=3)
            desk.complete(done)
            desk.settle(failed, status="failed", final=True, error_code="network", error_message="x", run_ms=2000)
        connection.execute(after.encode())
    return connection


@pytest.mark.parametrize("view", WITH_ORGANIZATIONS)
def test_a_scope_sees_its_own_rows_only(history: Connection, view: str) -> None:
    for organization in ("a", "b"):
        with scope(history, organization):
            rows = history.execute(f"SELECT DISTINCT organization_id FROM {view}".encode()).fetchall()
        assert rows == [(organization,)]
    with scope(history, None):
        assert history.execute(f"SELECT organization_id FROM {view}".encode()).fetchall() == []


@pytest.mark.parametrize("view", WITHOUT)
def test_what_shows_everybody_s_is_not_theirs_to_read(history: Connection, view: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), scope(history, "a"):
        history.execute(f"SELECT * FROM {view}".encode())


def test_no_condition_of_theirs_is_asked_of_others_rows(history: Connection) -> None:
    """A function in a WHERE would tell what it is given: the views are barriers."""
    history.execute(
        "CREATE FUNCTION tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$"
        "BEGIN IF $1 = 'b' THEN RAISE EXCEPTION 'saw %', $1; END IF; RETURN true; END $$"
    )
    for view in WITH_ORGANIZATIONS[:5]:
        with scope(history, "a"):
            assert history.execute(
                f"SELECT count(*) > 0 FROM {view} WHERE tell(organization_id)".encode()
            ).fetchall() == [(True,)]


def test_the_tracker_answers_inside_a_scope_with_what_is_its_own(history: Connection, tracker: JobTracker) -> None:
    calls = tracker.sync
    with scope(history, "a"):
        assert calls.get_job_statistics("a", connection=history).completed == 2
        assert calls.get_job_statistics("b", connection=history).total == 0
        assert calls.get_job_statistics(connection=history).total in (0, 2), "nothing of the others"
        assert calls.get_error_analysis("a", connection=history)[0].count == 2
        assert calls.get_error_analysis("b", connection=history) == []
        assert {run.organization_id for run in calls.get_recent_failures(connection=history)} == {"a"}
        assert {run.organization_id for run in calls.get_slow_jobs(1000, connection=history)} == {"a"}
        assert calls.get_slow_jobs(1000, "b", connection=history) == []
