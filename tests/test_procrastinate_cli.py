"""procrastinate's command line with PROCRASTINATE_APP=advisorjobs.app."""

from typing import Any

import psycopg

from tests.fixtures.apps import Program

Connection = psycopg.Connection[Any]


def test_defer_checks_the_payload_and_names_the_field(procrastinate_cli: Program, connection: Connection) -> None:
    good = procrastinate_cli("defer", "document:ocr", '{"document_id": "d", "organization_id": "o"}')
    assert good.returncode == 0, good.stderr
    bad = procrastinate_cli("defer", "document:ocr", '{"document_id": "d"}')
    assert (bad.returncode, bad.stderr.splitlines()[1:]) == (1, ["document:ocr: organization_id: Field required"])
    unknown = procrastinate_cli("defer", "document:orc", "{}")
    assert (unknown.returncode, "did you mean document:ocr?" in unknown.stderr) == (1, True)
    assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)


def test_a_taken_queueing_lock_can_be_ignored(procrastinate_cli: Program) -> None:
    defer = ("defer", "--unknown", "--queueing-lock", "q", "any:job", "{}")
    assert procrastinate_cli(*defer).returncode == 0
    again = procrastinate_cli(*defer)
    assert (again.returncode, "queueing lock q" in again.stderr) == (1, True)
    assert procrastinate_cli("defer", "-i", *defer[1:]).returncode == 0


def test_healthchecks_and_schema(procrastinate_cli: Program, empty_database: str) -> None:
    missing = procrastinate_cli("healthchecks", DATABASE_URL=empty_database)
    assert (missing.returncode, "not found" in missing.stderr) == (1, True)
    early = procrastinate_cli(
        "defer", "document:ocr", '{"document_id": "d", "organization_id": "o"}', DATABASE_URL=empty_database
    )
    assert (early.returncode, "run `advisorjobs migrate`" in early.stderr.splitlines()[-1]) == (1, True)
    for _ in range(2):
        applied = procrastinate_cli("schema", "--apply", DATABASE_URL=empty_database)
        assert applied.returncode == 0, applied.stderr
    assert procrastinate_cli("healthchecks", DATABASE_URL=empty_database).returncode == 0
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT queue FROM job_types WHERE name = 'document:ocr'").fetchone()
    assert "CREATE FUNCTION enqueue_job(" in procrastinate_cli("schema", "--read").stdout


def test_a_database_that_does_not_answer_is_one_line(procrastinate_cli: Program) -> None:
    told = procrastinate_cli("defer", "--unknown", "a", "{}", DATABASE_URL="postgresql://u:secret@127.0.0.1:1/x")
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 2
    assert "no PostgreSQL to be had at 127.0.0.1:1/x" in told.stderr
    assert "secret" not in told.stderr


def test_the_shell_lists_shows_cancels_and_retries(procrastinate_cli: Program, connection: Connection) -> None:
    procrastinate_cli("defer", "--unknown", "--queue", "emails", "any:job", '{"a": 1}')
    assert procrastinate_cli("shell", "cancel", "1").stdout == "#1 any:job on emails - [cancelled]\n"
    assert "args={'a': 1}" in procrastinate_cli("shell", "list_jobs", "id=1", "details").stdout
    assert procrastinate_cli("shell", "list_queues").stdout.startswith("emails: 1 jobs (todo: 0, doing: 0,")
    assert connection.execute("SELECT status FROM job_executions").fetchone() == ("cancelled",)
    connection.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts) VALUES ('emails', 'b', 'failed', 3)"
    )
    assert procrastinate_cli("shell", "retry", "2").stdout == "#2 b on emails - [todo]\n"
