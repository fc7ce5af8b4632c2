"""How runs are written down: job and history together, behind the fence."""

from __future__ import annotations

import pytest

from tests.fixtures.desk import Desk


def test_a_completed_job_leaves_the_table_and_enters_the_history_in_one_go(desk: Desk) -> None:
    (job_id,) = desk.enqueue(args={"organization_id": "o1", "n": 1}, organization_id="o1", tags=["a"])
    (job,) = desk.claim()

    assert desk.complete(job) == [job_id]
    assert desk.one("SELECT count(*) FROM procrastinate_jobs") == 0
    (run,) = desk.rows("SELECT job_id, status, attempt, run_number, input, organization_id, tags FROM job_executions")
    assert run == {
        "job_id": job_id,
        "status": "completed",
        "attempt": 1,
        "run_number": 1,
        "input": {"organization_id": "o1", "n": 1},
        "organization_id": "o1",
        "tags": ["a"],
    }


@pytest.mark.parametrize("wrong", ["token", "run_no"])
def test_a_run_with_another_token_or_number_changes_nothing(desk: Desk, wrong: str) -> None:
    desk.enqueue()
    (job,) = desk.claim()
    stale = job._replace(token="0" * 32) if wrong == "token" else job._replace(run_no=job.run_no + 1)

    assert desk.complete(stale) == []
    assert desk.settle(stale, status="failed", final=True) == []
    assert desk.rows("SELECT status FROM job_executions") == [{"status": "running"}]


def test_only_the_rows_that_are_still_ours_are_completed(desk: Desk) -> None:
    desk.enqueue(3)
    one, two, three = desk.claim()
    desk.settle(two, status="released", final=False, attempt_back=True)

    assert desk.complete(one, two, three) == [one.id, three.id]
    assert desk.one("SELECT status FROM procrastinate_jobs") == "todo"


def test_a_retry_waits_its_delay_and_keeps_the_attempt(desk: Desk) -> None:
    desk.enqueue()
    (job,) = desk.claim()
    desk.settle(job, status="retrying", final=False, delay=30, error_code="network", error_message="no route")

    assert desk.claim() == []
    (run,) = desk.rows(
        "SELECT status, error_code, error_message, next_run_at - finished_at > interval '29 s' AS waits FROM job_executions"
    )
    assert run == {"status": "retrying", "error_code": "network", "error_message": "no route", "waits": True}
    desk.connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    (again,) = desk.claim()
    assert (again.attempt, again.run_no) == (2, 2)


@pytest.mark.parametrize("status", ["released", "snoozed"])
def test_a_released_or_snoozed_run_costs_no_attempt(desk: Desk, status: str) -> None:
    desk.enqueue()
    (job,) = desk.claim()
    desk.settle(job, status=status, final=False, attempt_back=True)

    (again,) = desk.claim()
    assert (again.attempt, again.run_no) == (1, 2)


def test_a_failed_job_stays_and_no_claim_sees_it(desk: Desk) -> None:
    desk.enqueue()
    (job,) = desk.claim()
    desk.settle(job, status="failed", final=True, error_code="internal", error_message="broken", stack_trace="at …")

    assert desk.claim() == []
    assert desk.one("SELECT status FROM procrastinate_jobs") == "failed"


def test_a_cancelled_run_takes_its_job_away(desk: Desk) -> None:
    desk.enqueue()
    (job,) = desk.claim()
    desk.settle(job, status="cancelled", final=True, error_code="cancelled")

    assert desk.one("SELECT count(*) FROM procrastinate_jobs") == 0
    assert desk.one("SELECT status FROM job_executions") == "cancelled"


def test_a_retried_job_gives_up_a_queueing_lock_that_a_newer_one_holds(desk: Desk) -> None:
    desk.enqueue(queueing_lock="once")
    (job,) = desk.claim()
    (newer,) = desk.enqueue(queueing_lock="once")
    desk.settle(job, status="retrying", final=False)

    assert {
        row["id"]: row["queueing_lock"] for row in desk.rows("SELECT id, queueing_lock FROM procrastinate_jobs")
    } == {
        job.id: None,
        newer: "once",
    }


def test_of_runs_that_go_back_together_with_one_queueing_lock_the_newest_keeps_it(desk: Desk, other_desk: Desk) -> None:
    (older,) = desk.enqueue(queueing_lock="once")
    desk.claim()
    (newer,) = desk.enqueue(queueing_lock="once")
    desk.claim()
    desk.die()

    assert other_desk.run("rescue") == 2
    kept = {row["id"]: row["queueing_lock"] for row in desk.rows("SELECT id, queueing_lock FROM procrastinate_jobs")}
    assert kept == {older: None, newer: "once"}


@pytest.mark.parametrize("ended", ["released", "retrying", "crashed", "snoozed"])
def test_a_job_that_somebody_cancelled_while_it_ran_runs_no_more(desk: Desk, ended: str) -> None:
    (job_id,) = desk.enqueue()
    (job,) = desk.claim()
    assert desk.one("SELECT cancel_job(%s)", job_id) is True

    assert desk.settle(job, status=ended, final=False, attempt_back=ended != "retrying") == [job_id]
    assert desk.one("SELECT count(*) FROM procrastinate_jobs") == 0
    assert desk.rows("SELECT status, error_code, next_run_at FROM job_executions") == [
        {"status": "cancelled", "error_code": "cancelled", "next_run_at": None}
    ]


def test_an_idempotency_key_is_free_after_the_end_or_as_long_after_it_as_was_said(desk: Desk) -> None:
    (first,) = desk.enqueue(unique_key="k")
    assert desk.enqueue(unique_key="k") == [first]
    desk.complete(*desk.claim())
    (second,) = desk.enqueue(unique_key="k", unique_for=60)
    assert second != first
    desk.complete(*desk.claim())
    assert desk.enqueue(unique_key="k") == [second]
    desk.connection.execute("UPDATE advisorjobs_unique_keys SET free_at = now()")
    assert desk.enqueue(unique_key="k") != [second]
