"""Queueing jobs from inside an organization's scope."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.database.statement import statement
from advisorjobs.tenancy.scope import scope

Connection = psycopg.Connection[Any]


def enqueue(connection: Connection, organization: str | int | None, **fields: Any) -> int:
    job = {"name": "test:work", "queue": "emails", "args": {}, "organization_id": organization, **fields}
    row = connection.execute(statement("enqueue_jobs"), {"jobs": json.dumps([job])}).fetchone()
    assert row
    job_id: int = row[0]
    return job_id


def enqueue_and_fail(connection: Connection) -> None:
    enqueue(connection, "a")
    connection.execute("SELECT 1 / 0")


def test_a_job_queues_jobs_of_its_organization_in_its_own_transaction(connection: Connection) -> None:
    with scope(connection, "a"):
        enqueue(connection, "a")
        first = enqueue(connection, "a", unique_key="k")
        assert enqueue(connection, "a", unique_key="k") == first
    with pytest.raises(psycopg.errors.DivisionByZero), scope(connection, "a"):
        enqueue_and_fail(connection)

    assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (2,)


def test_a_job_queues_nothing_for_another_organization(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="another organization"), scope(connection, "a"):
        enqueue(connection, "b")


def test_the_systems_jobs_queue_for_every_organization(connection: Connection) -> None:
    with scope(connection, "system"):
        enqueue(connection, "a")
        enqueue(connection, "b")
        enqueue(connection, None)


def test_a_job_can_not_read_or_change_the_queue(connection: Connection) -> None:
    for attempt in (
        "SELECT * FROM procrastinate_jobs",
        "DELETE FROM procrastinate_jobs",
        "UPDATE advisorjobs_runs SET final = true",
        "SELECT * FROM queue_latency",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), scope(connection, "a"):
            connection.execute(attempt.encode())


def test_a_number_is_another_organization_too(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="another organization"), scope(connection, "4"):
        enqueue(connection, 5)


def test_a_role_that_is_only_a_tenant_enqueues_by_name_for_its_organization_alone(
    app: App, connection: Connection
) -> None:
    call = "SELECT enqueue_job('document:ocr', '{\"documentId\": \"d\"}', %s, unique_key => 'k')"
    with scope(connection, "a"):
        assert connection.execute(call, ["a"]).fetchone() == connection.execute(call, ["a"]).fetchone()
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="another organization"), scope(connection, "a"):
        connection.execute(call, ["b"])
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="document_id"), scope(connection, "a"):
        connection.execute("SELECT enqueue_job('document:ocr', '{}', 'a')")

    assert connection.execute("SELECT organization_id FROM procrastinate_jobs").fetchall() == [("a",)]


@pytest.mark.parametrize(
    "call",
    [
        "get_job(1)",
        "cancel_job(1)",
        "retry_job(1)",
        "retry_failed_jobs('emails')",
        "pause_queue('emails')",
        "resume_queue('emails')",
    ],
)
def test_a_role_that_is_only_a_tenant_does_nothing_else(connection: Connection, call: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), scope(connection, "a"):
        connection.execute(f"SELECT {call}".encode())
