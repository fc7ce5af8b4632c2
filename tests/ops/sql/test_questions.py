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


def end_runs(desk: Desk, base: Connection) -> dict[str, int]:
    """Nine jobs: five of a complete for 1 s each, two of b for 9 s each, one of b fails once, one of c for ever."""
    a, b, c = (desk.enqueue(n, organization_id=who) for n, who in ((5, "a"), (3, "b"), (1, "c")))
    jobs = {job.id: job for job in desk.claim(free=20)}
    done = [(jobs[job], 1000) for job in a] + [(jobs[job], 9000) for job in b[:2]]
    desk.run(
        "complete_runs",
        ids=[job.id for job, _ in done],
        run_nos=[job.run_no for job, _ in done],
        tokens=[job.token for job, _ in done],
        run_ms=[run_ms for _, run_ms in done],
        results=["null"] * len(done),
        locks=None,
        patience=None,
    )
    wrong = {"error_code": "network", "error_message": "refused", "fingerprint": "f1", "run_ms": 100}
    desk.settle(jobs[b[2]], status="retrying", final=False, delay=60, **wrong)
    desk.settle(jobs[c[0]], status="failed", final=True, **wrong)
    return {"retried": b[2], "failed": c[0]}


def test_slow_failing_and_organizations_agree_with_the_history(base: Connection, desk: Desk) -> None:
    jobs = end_runs(desk, base)

    (slow,) = QUESTIONS["slow"].ask(base)
    assert (slow["queue"], slow["name"], slow["runs"], float(slow["total_s"])) == ("critical", "test:work", 9, 23.2)
    assert slow["run_max_ms"] == 9000
    (failing,) = QUESTIONS["failing"].ask(base)
    assert (failing["failures"], failing["organizations"], failing["error_code"]) == (2, 2, "network")
    assert failing["job_id"] in jobs.values()
    assert failing["message"] == "refused"
    rows = [
        (row["organization_id"], row["runs"], float(row["total_s"])) for row in QUESTIONS["organizations"].ask(base)
    ]
    assert rows == [("b", 3, 18.1), ("a", 5, 5.0), ("c", 1, 0.1)]
    assert len(QUESTIONS["organizations"].ask(base, most=1)) == 1


def test_behind_has_each_queue_with_its_backlog_and_pace(base: Connection, desk: Desk) -> None:
    end_runs(desk, base)
    late, *_ = desk.enqueue(4, queue="emails")
    base.execute("UPDATE procrastinate_jobs SET queued_at = now() - interval '10 min' WHERE id = %s", [late])
    base.execute("SELECT pause_queue('emails')")

    first, *others = QUESTIONS["behind"].ask(base)
    assert (first["queue"], first["waiting"], first["is_paused"], first["workers"]) == ("emails", 4, True, 1)
    assert first["oldest_wait"].total_seconds() >= 600
    assert first["drained_in"] is None
    (critical,) = (row for row in others if row["queue"] == "critical")
    assert (critical["waiting"], critical["delayed"], critical["failed"]) == (0, 1, 1)
    assert 0 < critical["per_minute"] < 1
    queues = [name for (name,) in base.execute("SELECT name FROM advisorjobs_queues").fetchall()]
    assert sorted(queues) == sorted(row["queue"] for row in (first, *others))


def test_due_has_the_next_jobs_and_ticks_soonest_first(base: Connection, desk: Desk) -> None:
    later, sooner = (desk.enqueue(delay=delay)[0] for delay in (7200, 600))
    base.execute(
        "SELECT schedule_job('k', 'document:ocr', '{\"documentId\": \"d\"}', every => '1 hour', organization_id => 'o')"
    )
    base.execute("UPDATE advisorjobs_schedules SET next_at = now() + interval '1 hour'")

    assert [row["which"] for row in QUESTIONS["due"].ask(base)] == [str(sooner), "k", str(later)]
    assert [row["what"] for row in QUESTIONS["due"].ask(base, most=2)] == ["job", "schedule"]
    base.execute("SELECT pause_schedule('k')")
    assert [row["which"] for row in QUESTIONS["due"].ask(base)] == [str(sooner), str(later)]
