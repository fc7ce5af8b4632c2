"""`advisorjobs jobs list`: which jobs are found, page by page, and that a page costs the same however many there are."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from advisorjobs.cli import job_listing
from advisorjobs.cli.job_listing import NEWEST, Wanted, newest
from advisorjobs.cli.moments import ago
from advisorjobs.database.statement import statement
from ops.bench.backlog import Backlog
from tests.fixtures.apps import Program
from tests.fixtures.desk import Desk
from tests.fixtures.plans import cost_of

Connection = psycopg.Connection[Any]
ENDED = """
    INSERT INTO advisorjobs_runs (job_id, run_no, attempt, final, status, queued_at, started_at, queue_name, job_name)
    SELECT nextval('procrastinate_jobs_id_seq'), 1, 1, true, 'completed', now(), now(), 'emails', 'email:send'
      FROM generate_series(1, %s)
"""
FAILED = "UPDATE procrastinate_jobs SET status = 'failed' WHERE id %% %s = 0"


def numbers(connection: Connection, *, before: int | None = None, limit: int = 100, **wanted: Any) -> list[int]:
    return [job["id"] for job in newest(connection, Wanted(**wanted), before=before, limit=limit).jobs]


def test_living_and_ended_jobs_are_listed_the_newest_first(desk: Desk, connection: Connection) -> None:
    first, second, third, fourth = desk.enqueue(4)
    jobs = desk.claim(free=3)
    desk.complete(jobs[0])
    desk.settle(jobs[1], status="failed", final=True, error_code="network")

    assert numbers(connection) == [fourth, third, second, first]
    assert numbers(connection, status="completed") == [first]
    assert numbers(connection, status="failed") == [second]
    assert numbers(connection, status="active") == [third]
    assert numbers(connection, status="waiting") == [fourth]
    assert numbers(connection, status="cancelled") == []


def test_a_job_that_was_retried_is_listed_once(desk: Desk, connection: Connection) -> None:
    (job,) = desk.enqueue()
    desk.settle(*desk.claim(), status="failed", final=True)
    desk.run("retry_job", job_id=job, queue="critical")

    assert numbers(connection) == [job]
    assert numbers(connection, status="failed") == []


def test_each_filter_narrows_the_list(desk: Desk, connection: Connection) -> None:
    (plain,) = desk.enqueue()
    (mail,) = desk.enqueue(queue="emails", name="test:other", organization_id="org-7", tags=["import", "2026"])

    assert numbers(connection, queue="emails") == [mail]
    assert numbers(connection, name="test:other") == [mail]
    assert numbers(connection, organization="org-7") == [mail]
    assert numbers(connection, tag="import") == [mail]
    assert numbers(connection, tag="impor") == []
    assert numbers(connection, queue="critical") == [plain]


def test_times_narrow_the_list(desk: Desk, connection: Connection) -> None:
    old, new = desk.enqueue(2)
    connection.execute("UPDATE procrastinate_jobs SET queued_at = now() - interval '3 hours' WHERE id = %s", [old])

    assert numbers(connection, since=ago("2h", "--since")) == [new]
    assert numbers(connection, until=ago("2h", "--until")) == [old]
    assert numbers(connection, since=ago("4h", "--since"), until=ago("1h", "--until")) == [old]


def test_pages_follow_each_other_without_a_gap(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    Backlog().add(connection, 50)
    connection.execute(ENDED, [50])
    Backlog(queue="emails").add(connection, 50)
    connection.execute(FAILED, [7])
    monkeypatch.setattr(job_listing, "LOOK", 16)
    everything = [row[0] for row in connection.execute("SELECT id FROM advisorjobs_jobs ORDER BY id DESC")]

    assert len(everything) == 150
    assert numbers(connection, limit=1_000) == everything
    page = newest(connection, Wanted(), before=None, limit=40)
    assert page.note == f"older ones: --before {everything[39]}"
    assert numbers(connection, before=everything[39], limit=1_000) == everything[40:]
    failed = numbers(connection, status="failed", limit=1_000)
    assert failed == [each for each in everything if each % 7 == 0 and not 50 < each <= 100]


def test_a_search_that_finds_nothing_ends_and_says_where_to_go_on(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    Backlog().add(connection, 100)
    monkeypatch.setattr(job_listing, "LOOK", 10)
    monkeypatch.setattr(job_listing, "PAGES", 3)
    page = newest(connection, Wanted(tag="none"), before=None, limit=5)

    assert page.jobs == []
    assert page.note == "looked at 30 jobs; go on with --before 71"


def never_analyzed(connection: Connection) -> None:
    assert connection


def analyzed_empty(connection: Connection) -> None:
    connection.execute("ANALYZE")


@pytest.mark.parametrize("statistics", [never_analyzed, analyzed_empty])
@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"status": "failed"},
        {"status": "failed", "queue": "emails"},
        {"status": "completed", "tag": "none"},
        {"status": "active"},
        {"status": "waiting", "name": "none"},
        {"organization": "org-00007"},
    ],
)
def test_a_page_reads_as_much_of_many_jobs_as_of_few(
    statistics: Callable[[Connection], None], wanted: dict[str, str], connection: Connection
) -> None:
    statistics(connection)
    for queue in ("critical", "emails"):
        Backlog(queue=queue).add(connection, 5_000)
    connection.execute(ENDED, [10_000])
    connection.execute(FAILED, [2])
    nothing = dict.fromkeys(("queue", "status", "name", "organization", "tag", "since", "until"))
    asked = {**nothing, **wanted, "before": NEWEST, "look": 100, "limit": 20}
    with connection.transaction():
        connection.execute(statement("by_index"))
        connection.execute(statement("newest_jobs"), asked)
        cost = cost_of(connection, statement("newest_jobs"), asked)

    assert max(cost.entries.values(), default=0) <= 500, cost


def test_people_and_machines_get_the_same(desk: Desk, run_python: Program) -> None:
    jobs = desk.enqueue(3, organization_id="org-7", tags=["import"])
    shown = run_python("-m", "advisorjobs", "jobs", "list", "--limit", "2")
    assert [line.split()[0] for line in shown.stdout.splitlines()] == ["id", str(jobs[2]), str(jobs[1])]
    assert shown.stderr == f"older ones: --before {jobs[1]}\n"

    done = run_python("-m", "advisorjobs", "jobs", "list", "--tag", "import", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["id"] for each in told] == jobs[::-1]
    assert told[0]["status"] == "waiting"
    assert told[0]["tags"] == ["import"]
    assert "payload" not in told[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "document:orc"], "there is no job 'document:orc': did you mean 'document:ocr'?"),
        (["--since", "yesterday"], "--since='yesterday' can't be used: must be a date and time"),
        (["--limit", "0"], "Invalid value for '--limit'"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(run_python: Program, arguments: list[str], words: str) -> None:
    done = run_python("-m", "advisorjobs", "jobs", "list", *arguments)

    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert words in line
    assert done.returncode == 2
