"""One job as people look at it: its runs, nothing of a client unless it is asked for, and what has to do with it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from advisorjobs.inspector import job_account
from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.inspector.job_account import FieldShape, JobAccount
from advisorjobs.job import JobStatus
from advisorjobs.job_execution import RunStatus
from tests.fixtures.desk import Desk

SECRET = "miller@example.com"


def shown(inspector: BlockingInspector, job: int, **asked: Any) -> JobAccount:
    found = inspector.read_job(job, **asked)
    assert found is not None
    return found


@pytest.fixture
def failed(desk: Desk) -> int:
    """A job that was tried twice, with a client's data in payload, message, trace and result."""
    (job,) = desk.enqueue(
        args={"to": SECRET, "lines": [1, 2, 3], "more": {"a": SECRET}, "n": 5}, organization_id="org-7", tags=["import"]
    )
    ending = {"error_code": "network", "error_message": f"{SECRET} is unknown", "stack_trace": f"Traceback: {SECRET}"}
    desk.settle(*desk.claim(), status="retrying", final=False, delay=0, run_ms=40, **ending)
    desk.settle(*desk.claim(), status="failed", final=True, result={"sent": SECRET}, **ending)
    return job


def test_a_job_is_told_with_all_its_runs_and_nothing_of_a_client(failed: int, inspector: BlockingInspector) -> None:
    job = shown(inspector, failed)

    assert (job.status, job.queue, job.name, job.organization_id) == (
        JobStatus.FAILED,
        "critical",
        "test:work",
        "org-7",
    )
    assert (job.attempts, job.run_number, job.tags, job.error_code) == (2, 2, ("import",), "network")
    assert [(run.run_number, run.status, run.worker, run.error_code) for run in job.runs] == [
        (1, RunStatus.RETRYING, "desk", "network"),
        (2, RunStatus.FAILED, "desk", "network"),
    ]
    first, second = job.runs
    assert first.run_ms == 40
    assert first.wait_ms is not None
    assert first.next_run_at is not None
    assert first.fingerprint == second.fingerprint
    assert job.payload_shape == {
        "to": FieldShape(kind="string", size=len(SECRET)),
        "lines": FieldShape(kind="array", size=3),
        "more": FieldShape(kind="object", size=1),
        "n": FieldShape(kind="number"),
    }
    assert second.result_shape == {"sent": FieldShape(kind="string", size=len(SECRET))}
    assert first.error_message_size == len(SECRET) + 11
    assert SECRET not in json.dumps(asdict(job), default=str)
    assert not job.earlier_runs


def test_values_are_told_when_they_are_asked_for(failed: int, inspector: BlockingInspector) -> None:
    job = shown(inspector, failed, values=True)

    assert job.payload == {"to": SECRET, "lines": [1, 2, 3], "more": {"a": SECRET}, "n": 5}
    assert job.runs[1].result == {"sent": SECRET}
    assert job.runs[0].error_message == f"{SECRET} is unknown"
    assert job.runs[0].stack_trace == f"Traceback: {SECRET}"


def test_a_running_job_tells_its_progress(desk: Desk, inspector: BlockingInspector) -> None:
    (job,) = desk.enqueue()
    desk.claim()
    desk.one(
        'UPDATE procrastinate_jobs SET progress = \'{"done": 3, "total": 4, "note": "pages"}\' WHERE id = %s RETURNING 1',
        job,
    )
    told = shown(inspector, job)

    assert told.status is JobStatus.ACTIVE
    assert told.progress is not None
    assert (told.progress.done, told.progress.total, told.progress.note) == (3, 4, "pages")
    assert [run.status for run in told.runs] == [RunStatus.RUNNING]


def test_another_organizations_job_is_not_there(failed: int, inspector: BlockingInspector) -> None:
    assert inspector.read_job(failed, "org-8", values=True) is None
    assert inspector.read_job(failed + 1) is None
    assert inspector.find_related_jobs(failed, "org-8") == ()
    assert shown(inspector, failed, organization_id="org-7").id == failed


def test_of_many_runs_the_last_are_told(
    desk: Desk, inspector: BlockingInspector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_account, "MOST_RUNS", 2)
    (job,) = desk.enqueue()
    for _ in range(3):
        desk.settle(*desk.claim(), status="snoozed", final=False, attempt_back=True)
    told = shown(inspector, job)

    assert [run.run_number for run in told.runs] == [2, 3]
    assert told.earlier_runs


def test_a_cleaned_job_is_told_by_its_runs(failed: int, desk: Desk, inspector: BlockingInspector) -> None:
    desk.one("SELECT clean_queue('critical', 0, 'failed')")
    told = shown(inspector, failed)

    assert told.status is None
    assert (told.name, told.queue, told.organization_id, len(told.runs)) == ("test:work", "critical", "org-7", 2)


def test_related_jobs_are_those_of_the_subject_the_lock_and_the_key(desk: Desk, inspector: BlockingInspector) -> None:
    document = {"args": {"client_id": "c-1", "document_id": "doc-17"}, "organization_id": "org-7"}
    (done,) = desk.enqueue(**document)
    desk.complete(*desk.claim())
    (first,) = desk.enqueue(**document, unique_key="k", lock="books")
    desk.settle(*desk.claim(), status="failed", final=True, error_code="network")
    (newer,) = desk.enqueue(args={"document_id": "doc-18"}, organization_id="org-7", unique_key="k", lock="books")
    desk.enqueue(args={"document_id": "doc-17"}, organization_id="org-8")
    desk.enqueue(args={"client_id": "c-1"}, organization_id="org-7")
    (later,) = desk.enqueue(**document)
    related = inspector.find_related_jobs(first)

    assert [(each.relation, each.id, each.status) for each in related] == [
        ("lock", newer, JobStatus.WAITING),
        ("subject", done, JobStatus.COMPLETED),
        ("subject", later, JobStatus.WAITING),
        ("unique_key", newer, JobStatus.WAITING),
    ]
    assert {each.subject for each in related if each.relation == "subject"} == {"document_id"}
