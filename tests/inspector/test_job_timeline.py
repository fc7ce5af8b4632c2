"""The steps of a job's life, from its account alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from advisorjobs.errors import ErrorCode
from advisorjobs.inspector.job_account import JobAccount, RunAccount
from advisorjobs.inspector.job_timeline import timeline
from advisorjobs.job import JobStatus
from advisorjobs.job_execution import RunStatus

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def run(number: int, status: RunStatus, **more: Any) -> RunAccount:
    plain: dict[str, Any] = dict.fromkeys(RunAccount.__dataclass_fields__)
    return RunAccount(**{**plain, "run_number": number, "attempt": number, "status": status, "queued_at": NOON, **more})


def job(*runs: RunAccount, **more: Any) -> JobAccount:
    plain = {"id": 1, "name": "a", "queue": "q", "organization_id": None, "queued_at": NOON, "earlier_runs": False}
    return JobAccount(**{**plain, "with_values": False, "runs": runs, **more})


def told(found: JobAccount) -> list[tuple[datetime, str]]:
    return [(step.at, step.text) for step in timeline(found)]


def test_a_job_that_waits_has_one_step() -> None:
    assert told(job(status=JobStatus.WAITING)) == [(NOON, "queued")]
    assert told(job(status=JobStatus.DELAYED, scheduled_at=NOON)) == [(NOON, "due")]


def test_each_run_has_its_start_its_end_and_what_follows() -> None:
    first = run(
        1,
        RunStatus.RETRYING,
        started_at=at(1),
        finished_at=at(2),
        next_run_at=at(3),
        worker="w",
        error_code=ErrorCode.NETWORK,
    )
    second = run(2, RunStatus.COMPLETED, queued_at=at(3), started_at=at(4), finished_at=at(5))
    assert told(job(first, second, status=JobStatus.COMPLETED)) == [
        (NOON, "queued"),
        (at(1), "run 1 (attempt 1) started by w"),
        (at(2), "run 1 ended in an error (network)"),
        (at(3), "due again"),
        (at(4), "run 2 (attempt 2) started"),
        (at(5), "run 2 completed"),
    ]
    assert told(job(first, status=JobStatus.DELAYED, queued_at=at(3)))[-1] == (at(3), "next run due")


def test_a_job_that_was_cancelled_before_it_ran() -> None:
    ended = run(0, RunStatus.CANCELLED, finished_at=at(1), error_code=ErrorCode.CANCELLED)
    assert told(job(ended, status=JobStatus.CANCELLED)) == [(NOON, "queued"), (at(1), "the job was cancelled")]


def test_a_long_life_begins_in_the_middle() -> None:
    last = run(201, RunStatus.SNOOZED, started_at=at(1), finished_at=at(2), next_run_at=at(3))
    assert told(job(last, status=JobStatus.DELAYED, earlier_runs=True))[0] == (at(1), "run 201 (attempt 201) started")
