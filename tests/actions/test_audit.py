"""The audit log itself: who is named, once and for good, kept for its time; each statement that changes says who acts."""

from __future__ import annotations

import importlib.resources
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisorjobs.actions.actions import Actions
from advisorjobs.actions.audit import AuditFilter
from advisorjobs.actions.permission import CONFIRMED, UNDOABLE, is_confirmed, is_undoable
from advisorjobs.actor import Actor, Via, acting, acting_as
from advisorjobs.application import App
from advisorjobs.errors import ActionRefused
from advisorjobs.manager import QueueManager
from advisorjobs.upkeep.audit import forget_audit
from tests.fixtures.deeds import Log, Somebody
from tests.fixtures.desk import Desk

Connection = psycopg.Connection[Any]
ROOT = Path(__file__).parents[2]


def test_plain_sql_is_noted_with_the_databases_user(app: App, connection: Connection, audit_log: Log) -> None:
    connection.execute("SELECT pause_queue('emails', 'the server moves')")
    (user,) = connection.execute("SELECT session_user::text").fetchone() or (None,)
    (row,) = audit_log()
    assert (row["by"], row["database_user"], row["via"], row["role"]) == (user, user, "sql", None)
    assert (row["action"], row["subject_kind"], row["subject"], row["why"]) == (
        "pause",
        "queue",
        "emails",
        "the server moves",
    )
    assert (row["before"], row["after"]["reason"]) == (None, "the server moves")


def test_python_is_noted_with_whom_it_names(manager: QueueManager, audit_log: Log) -> None:
    manager.sync.pause_queue("emails", reason="r", paused_by="bob")
    manager.sync.set_queue_limit("emails", running=3, why="w", changed_by="eve")
    manager.sync.resume_queue("emails")
    assert [(row["by"], row["via"]) for row in audit_log()][:2] == [("bob", "python"), ("eve", "python")]
    assert [row["via"] for row in audit_log()] == ["python"] * 3


def test_who_signed_in_can_not_act_under_another_name(app: App, connection: Connection, audit_log: Log) -> None:
    actor = Actor(via=Via.API, by="ada", role="operator").text()
    connection.execute(
        "SELECT s FROM (SELECT pause_queue('emails', paused_by => 'bob') AS s FROM advisorjobs_act(%s::jsonb) OFFSET 0) s",
        [actor],
    )
    assert [row["by"] for row in audit_log()] == ["ada"]


def test_who_acts_is_said_for_one_statement_only(manager: QueueManager, database: str, audit_log: Log) -> None:
    """Whatever follows in the same transaction is its own."""
    with psycopg.connect(database) as connection:
        with acting_as(Actor(via=Via.DASHBOARD, by="ada", role="admin")):
            manager.sync.pause_queue("emails", connection=connection)
        connection.execute("SELECT resume_queue('emails')")
    assert [row["via"] for row in audit_log()] == ["dashboard", "sql"]
    assert acting() == Actor(via=Via.PYTHON)


def test_what_is_rolled_back_was_not_done(manager: QueueManager, database: str, audit_log: Log) -> None:
    with psycopg.connect(database) as connection:
        manager.sync.pause_queue("emails", connection=connection)
        connection.rollback()
    assert audit_log() == []


@pytest.mark.parametrize("change", [
    "UPDATE advisorjobs_audit SET by = 'nobody'", "UPDATE advisorjobs_audit SET why = NULL", "DELETE FROM advisorjobs_audit",
    "TRUNCATE advisorjobs_audit", "UPDATE advisorjobs_audit SET undone_by = NULL",
])  # fmt: skip
def test_a_row_stays_as_it_was_written(ada: Actions, connection: Connection, audit_log: Log, change: str) -> None:
    noted = ada.sync.pause_queue("emails", why="w")
    ada.sync.undo(noted.audit_id or 0)
    before = audit_log()
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="written once"):
        connection.execute(change.encode())
    assert audit_log() == before


def test_the_log_is_kept_for_its_time_and_no_longer(the_process: App, connection: Connection, audit_log: Log) -> None:
    for days in (800, 729, 40):
        connection.execute(
            "INSERT INTO advisorjobs_audit (at, by, via, action, subject_kind, subject)"
            " VALUES (now() - make_interval(days => %s), 'bob', 'sql', 'pause', 'queue', %s)",
            [days, str(days)],
        )
    heard: list[int] = []
    assert forget_audit(heard.append) == 1
    assert [row["subject"] for row in audit_log()] == ["729", "40"]
    assert heard == [1]


def test_jobs_cancelled_and_retried_by_steps_are_named(
    manager: QueueManager, desk: Desk, audit_log: Log, ada: Actions
) -> None:
    desk.enqueue(3)
    desk.settle(*desk.claim(free=2), status="failed", final=True, error_code="network")
    assert manager.sync.retry_failed_jobs("critical") == 2
    assert manager.sync.cancel_jobs(queue="critical") == 3
    retried, cancelled = audit_log()
    assert (retried["action"], retried["subject"], retried["job_ids"], retried["count"]) == (
        "retry",
        "critical",
        [1, 2],
        2,
    )
    assert (cancelled["action"], cancelled["job_ids"], cancelled["after"]) == (
        "cancel",
        [1, 2, 3],
        {"queue": "critical"},
    )
    assert [entry.action for entry in ada.sync.read_job_audit(1)] == ["cancel", "retry"]
    assert [entry.action for entry in ada.sync.read_job_audit(3)] == ["cancel"]


def test_cleaning_is_noted(manager: QueueManager, desk: Desk, audit_log: Log) -> None:
    desk.enqueue(2)
    assert manager.sync.clean_queue("critical", 0, "waiting") == 2
    assert manager.sync.clean_queue("critical", 0, "waiting") == 0
    assert [(row["action"], row["count"], row["after"]["states"]) for row in audit_log()] == [("clean", 2, ["waiting"])]


def test_the_log_is_found_by_each_condition(ada: Actions, somebody: Somebody, audit_log: Log) -> None:
    ada.sync.pause_queue("emails", why="one")
    somebody(by="bob").sync.pause_organization("org-1", why="two")
    first, second = audit_log()

    def found(**wanted: Any) -> list[int]:
        return [entry.id for entry in ada.sync.read_audit(AuditFilter(**wanted)).entries]

    assert found() == [second["id"], first["id"]]
    assert found(by="bob") == found(organization_id="org-1") == found(subject_kind="organization") == [second["id"]]
    assert found(subject="emails") == found(until=second["at"]) == [first["id"]]
    assert found(since=second["at"]) == [second["id"]]
    assert found(action="resume") == []
    page = ada.sync.read_audit(limit=1)
    assert [entry.id for entry in page.entries] == [second["id"]]
    rest = ada.sync.read_audit(after=page.older, limit=1)
    assert ([entry.id for entry in rest.entries], rest.older) == ([first["id"]], None)


@pytest.mark.parametrize(
    "cursor", ["", "x", "2026-01-01T00:00:00~1", "2026-01-01T00:00:00+00:00~x", "2026-01-01T00:00:00Z~-1"]
)
def test_a_cursor_that_is_none_is_refused(ada: Actions, cursor: str) -> None:
    with pytest.raises(ActionRefused, match="cursor"):
        ada.sync.read_audit(after=cursor)


def test_an_action_is_either_undoable_or_asked_about() -> None:
    assert not UNDOABLE & CONFIRMED
    assert (is_undoable("job", "promote"), is_confirmed("job", "cancel")) == (True, True)
    noting = " ".join(path.read_text() for path in (ROOT / "migrations" / "functions").glob("*.sql"))
    noted = re.findall(r"advisorjobs_note\(\s*'([a-z ]+)', '([a-z]+)'", noting)
    for what, kind in noted:
        if (what, kind) not in {
            ("undo", kind),
            ("show values", "job"),
            ("show values", "schedule"),
            ("cancel", "action"),
            ("cancel", "jobs"),
        }:
            assert is_undoable(kind, what) or is_confirmed(kind, what), (what, kind)


AUDITED = re.compile(
    r"\b(cancel_job|retry_job|pause_queue|resume_queue|set_queue_limit|reset_queue_limit|set_organization_rule|remove_organization_rule|"
    r"set_key_limit|remove_key_limit|unschedule_job|pause_schedule|resume_schedule|run_schedule|advisorjobs_(retry|cancel|clean)_step|"
    r"advisorjobs_change_jobs|advisorjobs_edit_job|advisorjobs_undo|advisorjobs_(propose|confirm|cancel|resume)_action)\("
)


def test_each_statement_that_changes_something_says_who_acts() -> None:
    statements = importlib.resources.files("advisorjobs.sql")
    changing = {
        each.name for each in statements.iterdir() if each.name.endswith(".sql") and AUDITED.search(each.read_text())
    }
    silent = {name for name in changing if "%(actor)s" not in statements.joinpath(name).read_text()}
    assert len(changing) > 20
    assert silent == set()
