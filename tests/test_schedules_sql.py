"""Schedules by SQL, as any client in any language puts and sees them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.database.migrate import migrate
from advisorjobs.manager import QueueManager

pytestmark = pytest.mark.postgres
Connection = psycopg.Connection[Any]
FIELDS = "cron: must have five fields (minute hour day month weekday) or six (second minute hour day month weekday)"
OCR = """'{"documentId": "doc-1", "organizationId": "org-7"}'"""


@pytest.fixture
def base(app: App, connection: Connection) -> Connection:
    """A connection to a database that knows the job types."""
    return connection


def call(connection: Connection, text: str) -> Any:
    return connection.execute(f"SELECT {text}".encode()).fetchone()[0]  # type: ignore[index]


def refusal(connection: Connection, text: str) -> str:
    """What the database says to a call that it refuses with SQLSTATE 22023."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as caught:
        call(connection, text)
    return str(caught.value.diag.message_primary)


def test_a_schedule_is_put_seen_changed_and_removed(base: Connection) -> None:
    options = "'America/New_York', jitter => '5 min', changed_by => 'ada'"
    put = f"schedule_job('nightly', 'document:ocr', {OCR}, '0  9 * * *', {options})"
    assert call(base, put) == call(base, put) == "nightly"
    shown = base.execute(
        "SELECT key, organization_id, name, queue, payload, cron, timezone, state, next_run_at, runs, jitter, created_by "
        "FROM schedules"
    ).fetchall()
    assert shown == [
        ("nightly", "org-7", "document:ocr", "document-processing", {"document_id": "doc-1", "organization_id": "org-7"},
         "0 9 * * *", "America/New_York", "active", None, 0, timedelta(minutes=5), "ada"),
    ]  # fmt: skip
    call(base, f"schedule_job('nightly', 'document:ocr', {OCR}, every => '90 minutes')")
    assert base.execute("SELECT cron, every, timezone, changed_by = session_user FROM schedules").fetchall() == [
        (None, timedelta(minutes=90), "UTC", True)
    ]
    assert call(base, "unschedule_job('nightly')")
    assert not call(base, "unschedule_job('nightly')")


def test_sql_and_python_put_the_same_schedule(base: Connection, app: App) -> None:
    call(base, f"schedule_job('k', 'document:ocr', {OCR}, '0 9 * * *', jitter => '300 s', tags => '{{a}}')")
    version = call(base, "version FROM advisorjobs_schedules")
    payload = {"document_id": "doc-1", "organization_id": "org-7"}
    QueueManager(app).sync.add_repeatable_job(
        "document-processing", "document:ocr", payload, "0 9 * * *", key="k", jitter=300, tags=["a"]
    )
    assert call(base, "version FROM advisorjobs_schedules") == version


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ("'', 'document:ocr', {ocr}, '0 9 * * *'", "key: must have 1 to 200 characters"),
        ("'k', 'document:orc', {ocr}, '0 9 * * *'", "there is no job 'document:orc': did you mean 'document:ocr'?"),
        ("'k', 'document:ocr', '{{}}', '0 9 * * *'", "document:ocr: document_id: is missing"),
        ("'k', 'document:ocr', {ocr}, '0 9 * *'", f"{FIELDS}, got 4 in '0 9 * *'"),
        ("'k', 'document:ocr', {ocr}, ''", f"{FIELDS}, got 0 in ''"),
        ("'k', 'document:ocr', {ocr}", "cron: give either a cron expression or every, an interval"),
        ("'k', 'document:ocr', {ocr}, '0 9 * * *', 'Europe/Brelin'",
         "timezone: there is no time zone 'Europe/Brelin': did you mean Europe/Berlin?"),
        ("'k', 'document:ocr', {ocr}, every => '1 month'",
         "every: months and years differ in length, got 1 mon: use cron, such as 0 9 1 * *"),
        ("'k', 'document:ocr', {ocr}, every => '0.5 s'", "every: must be 1 second to 36525 days, got 00:00:00.5"),
        ("'k', 'document:ocr', {ocr}, every => '1 min', jitter => '1 min'",
         "jitter: must be shorter than every, 00:01:00, got 00:01:00"),
        ("'k', 'document:ocr', {ocr}, every => '101 years'",
         "every: months and years differ in length, got 101 years: use cron, such as 0 9 1 * *"),
        ("'k', 'document:ocr', {ocr}, every => '40000 days'", "every: must be 1 second to 36525 days, got 40000 days"),
        ("'k', 'document:ocr', {ocr}, '@daily', start_at => '-infinity'",
         "start_at: must lie between the years 1970 and 9000, got -infinity"),
        ("'k', 'document:ocr', {ocr}, '@daily', end_at => '9999-01-01Z'",
         "end_at: must lie between the years 1970 and 9000, got 9999-01-01 00:00:00+00"),
        ("'k', 'document:ocr', {ocr}, '0 9 * * *', max_runs => 0", "max_runs: must be 1 or more, got 0"),
        ("'k', 'document:ocr', {ocr}, '0 9 * * *', overlap => 'skp'", "overlap: must be allow, skip or replace, got 'skp'"),
        ("'k', 'document:ocr', {ocr}, '0 9 * * *', missed => NULL", "missed: must be skip, once or all, got NULL"),
        ("'k', 'document:ocr', {ocr}, '@daily', queue=>'emailz'", "queue: there is no queue 'emailz': did you mean 'emails'?"),
        ("'k', 'document:ocr', {ocr}, '0 9 * * *', priority => 10", "document:ocr: priority: must be 1 (first) to 9, got 10"),
    ],
)  # fmt: skip
def test_what_sql_can_judge_is_refused_at_once(base: Connection, arguments: str, rule: str) -> None:
    base.execute("SET timezone = 'UTC'")
    assert refusal(base, f"schedule_job({arguments.format(ocr=OCR)})") == rule
    assert call(base, "count(*) FROM schedules") == 0


def test_an_end_before_the_start_is_refused(base: Connection) -> None:
    bounds = "start_at => '2026-02-01', end_at => '2026-01-01'"
    said = refusal(base, f"schedule_job('k', 'document:ocr', {OCR}, '@daily', {bounds})")
    assert said.startswith("end_at: 2026-01-01")


def test_the_last_runs_outcome_is_seen(base: Connection) -> None:
    call(base, f"schedule_job('k', 'document:ocr', {OCR}, '0 9 * * *')")
    assert base.execute("SELECT last_run_at, last_outcome FROM schedules").fetchall() == [(None, None)]
    job = call(base, "run_schedule('k')")
    assert base.execute("SELECT last_job_id, last_outcome, last_run_at <= now() FROM schedules").fetchall() == [
        (job, "waiting", True)
    ]
    call(base, f"cancel_job({job})")
    assert call(base, "last_outcome FROM schedules") == "cancelled"


def test_a_change_is_told_to_workers(base: Connection, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as listening:
        listening.execute("LISTEN advisorjobs")
        call(base, f"schedule_job('k', 'document:ocr', {OCR}, '0 9 * * *')")
        call(base, f"schedule_job('k', 'document:ocr', {OCR}, '0 9 * * *')")
        assert [word.payload for word in listening.notifies(timeout=1)] == ["schedules"]


def test_a_migration_that_is_run_again_keeps_schedules(base: Connection, database: str) -> None:
    call(base, f"schedule_job('k', 'document:ocr', {OCR}, '0 9 * * *')")
    before = call(base, "s FROM advisorjobs_schedules s")
    base.execute("DELETE FROM advisorjobs_functions")
    assert "functions/schedules" in migrate(database).applied
    with psycopg.connect(database, autocommit=True) as later:
        assert call(later, "s FROM advisorjobs_schedules s") == before
        assert call(later, "run_schedule('k') > 0")
        assert call(later, "last_outcome FROM schedules") == "waiting"


def test_two_that_put_the_same_key_at_once_make_one_schedule(base: Connection, database: str) -> None:
    with psycopg.connect(database) as first, psycopg.connect(database, autocommit=True) as second:
        call(first, f"schedule_job('k', 'document:ocr', {OCR}, '0 9 * * *')")
        second.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            call(second, f"schedule_job('k', 'document:ocr', {OCR}, '0 9 * * *')")
        first.commit()
        call(second, f"schedule_job('k', 'document:ocr', {OCR}, '0 9 * * *')")
    assert base.execute("SELECT count(*), max(version) FROM advisorjobs_schedules").fetchall() == [(1, 1)]
