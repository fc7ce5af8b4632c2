"""The operator's questions: each runs in psql, and its answer is what the rows say."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from tests.fixtures.desk import Desk
from tests.ops.sql.question import QUESTIONS, psql

Connection = psycopg.Connection[Any]
ALWAYS_ANSWERED = {"behind", "cleaning_held_back"}
"""One has a row for each queue; the other is about the whole server."""


@pytest.fixture
def base(app: App, connection: Connection) -> Connection:
    """A connection to a database that knows the queues."""
    return connection


def test_each_file_is_one_comment_with_the_defaults_of_its_variables_and_one_statement() -> None:
    for name, question in QUESTIONS.items():
        kinds = [
            "comment" if line.startswith("--") else "psql" if line.startswith("\\") else "sql"
            for line in question.lines
        ]
        assert kinds == sorted(kinds), name
        assert kinds.count("comment") > 1, name
        assert kinds.count("psql") == len(question.defaults), name
        assert ";" not in question.statement, name


def test_each_file_answers_in_psql_before_there_is_anything(base: Connection, database: str) -> None:
    for question in QUESTIONS.values():
        done = psql(database, "--file", str(question.path))
        assert (done.returncode, done.stderr) == (0, ""), question.path.name
        assert "(0 rows)" in done.stdout or question.path.stem in ALWAYS_ANSWERED, question.path.name


def test_each_file_takes_its_variables_from_the_command_line(base: Connection, database: str) -> None:
    for question in QUESTIONS.values():
        given = [f"--set={name}=3" for name in question.defaults]
        done = psql(database, *given, "--file", str(question.path))
        assert (done.returncode, done.stderr) == (0, ""), question.path.name


def test_stuck_names_each_reason_with_its_job(base: Connection, desk: Desk, other_desk: Desk) -> None:
    lost, long, cancelling, fine = desk.enqueue(4)
    other_desk.names = desk.names
    held = {job.id: job for job in desk.claim(free=1)}
    others = other_desk.claim(free=3)
    assert set(held) == {lost}
    assert {job.id for job in others} == {long, cancelling, fine}
    base.execute("UPDATE procrastinate_jobs SET started_at = now() - interval '20 min' WHERE id = ANY (%s)", [[long]])
    base.execute(
        "UPDATE procrastinate_jobs SET abort_requested = true, started_at = now() - interval '2 min' WHERE id = %s",
        [cancelling],
    )
    (overdue,) = desk.enqueue(delay=-300)
    base.execute("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '5 min' WHERE id = %s", [overdue])
    unknown = [desk.enqueue(name=name)[0] for name in ("test:new", "test:new", "test:newer")]
    base.execute("UPDATE procrastinate_jobs SET parked = 'unknown_job' WHERE id = ANY (%s)", [unknown])
    desk.enqueue(queue="reports")
    desk.die()

    rows = QUESTIONS["stuck"].ask(base)
    assert {(row["what"], row["job_id"]) for row in rows} == {
        ("lost", lost),
        ("long", long),
        ("cancelling", cancelling),
        ("overdue", overdue),
        ("unknown", unknown[0]),
        ("unknown", unknown[2]),
        ("unserved", None),
    }
    assert [row["queue"] for row in rows if row["what"] == "unserved"] == ["reports"]
    assert [row["since"] for row in rows] == sorted(row["since"] for row in rows)
    assert "long" not in {row["what"] for row in QUESTIONS["stuck"].ask(base, minutes=30)}
    base.execute("DELETE FROM procrastinate_jobs WHERE id <> %s", [fine])
    base.execute("SELECT advisorjobs_recount()")
    assert QUESTIONS["stuck"].ask(base) == []


def test_waiting_longest_has_the_first_of_each_organization_and_priority(base: Connection, desk: Desk) -> None:
    for minutes, organization, priority in ((1, "a", -3), (9, "b", -3), (5, "b", -1), (3, "c", -3), (2, "c", -3)):
        (job,) = desk.enqueue(organization_id=organization, priority=priority)
        base.execute(
            "UPDATE procrastinate_jobs SET queued_at = now() - make_interval(mins => %s) WHERE id = %s", [minutes, job]
        )
    desk.enqueue(organization_id="d", delay=60)

    rows = QUESTIONS["waiting_longest"].ask(base)
    assert [(row["organization_id"], row["priority"], round(row["waits"].total_seconds() / 60)) for row in rows] == [
        ("b", 3, 9),
        ("b", 1, 5),
        ("c", 3, 3),
        ("a", 3, 1),
    ]
    assert len(QUESTIONS["waiting_longest"].ask(base, most=2)) == 2


def test_retrying_has_what_failed_and_runs_again_with_its_error(base: Connection, desk: Desk) -> None:
    again, snoozed, done = desk.enqueue(3)
    jobs = {job.id: job for job in desk.claim()}
    desk.settle(jobs[again], status="retrying", final=False, delay=60, error_code="network", error_message="refused")
    desk.settle(jobs[snoozed], status="snoozed", final=False, delay=30, attempt_back=True)
    desk.complete(jobs[done])
    desk.enqueue(delay=10)

    (row,) = QUESTIONS["retrying"].ask(base)
    assert (row["job_id"], row["attempt"], row["last_status"]) == (again, 1, "retrying")
    assert (row["error_code"], row["error_message"]) == ("network", "refused")


def test_workers_has_the_living_and_the_silent_with_what_they_hold(
    base: Connection, desk: Desk, other_desk: Desk
) -> None:
    desk.enqueue(3)
    held = len(desk.claim(free=3))
    other_desk.die()

    rows = {row["worker_id"]: row for row in QUESTIONS["workers"].ask(base)}
    assert (rows[desk.worker]["state"], rows[desk.worker]["running"]) == ("alive", held)
    assert rows[desk.worker]["slots"] == {"critical": 10, "emails": 10}
    assert (rows[other_desk.worker]["state"], rows[other_desk.worker]["running"]) == ("silent", 0)
