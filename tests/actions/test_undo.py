"""Taking back what was done to queues, organizations, keys and schedules, and when it is too late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.actions.actions import Actions, BlockingActions
from advisorjobs.actions.noted import Noted
from advisorjobs.application import App
from advisorjobs.errors import ActionRefused, NotAllowed, SettingsError
from tests.fixtures.deeds import Log, Somebody

Connection = psycopg.Connection[Any]
Do = Callable[[BlockingActions], Noted]
STATE = """
    SELECT (SELECT jsonb_agg(to_jsonb(p) - 'since' ORDER BY queue, organization_id) FROM advisorjobs_pauses p),
           (SELECT jsonb_agg(jsonb_build_object('name', name, 'rate', rate, 'window', rate_window, 'running', running,
                                                'each', organization_rate, 'each_running', organization_running, 'fair', fair,
                                                'changed', changed_at IS NOT NULL) ORDER BY name) FROM advisorjobs_queues),
           (SELECT jsonb_agg(jsonb_build_object('q', queue, 'o', organization_id, 'w', weight, 'r', rate, 'n', running)
                             ORDER BY queue, organization_id) FROM advisorjobs_organization_rules),
           (SELECT jsonb_agg(jsonb_build_object('k', key, 'r', rate, 'w', rate_window, 'n', running) ORDER BY key)
              FROM advisorjobs_keys WHERE rate IS NOT NULL OR running IS NOT NULL),
           (SELECT jsonb_agg(jsonb_build_object('k', key, 'c', cron, 'z', time_zone, 'p', paused_at IS NOT NULL,
                                                'y', paused_why) ORDER BY key) FROM advisorjobs_schedules)
"""
LATER = datetime.now(UTC) + timedelta(days=1)
HEALTH = ("critical", "critical:health_check", {"organization_id": "system"}, "0 9 * * *")


def state(connection: Connection) -> Any:
    return connection.execute(STATE.encode()).fetchone()


def prepare(do: BlockingActions) -> None:
    """Something of each kind stands already."""
    do.pause_queue("reports", why="before", until=LATER)
    do.pause_organization("org-9", why="before")
    do.set_queue_limit("webhooks", rate="5/min", running=2, organization_rate="1/s", fair=False, why="before")
    do.set_organization_rule("org-9", queue="emails", weight=3, rate="7/10s", why="before")
    do.set_organization_rule("org-9", running=4, why="before")
    do.set_key_limit("stripe", rate="3/s", running=2, why="before")
    do.put_schedule(*HEALTH, key="kept", timezone="Europe/Berlin")
    do.put_schedule(*HEALTH, key="resting")
    do.pause_schedule("resting", why="before")


DEEDS: dict[str, Do] = {
    "pause": lambda do: do.pause_queue("emails", why="w"),
    "pause again": lambda do: do.pause_queue("reports", why="other"),
    "pause one": lambda do: do.pause_queue("emails", organization_id="org-1"),
    "pause organization": lambda do: do.pause_organization("org-1", why="w"),
    "resume": lambda do: do.resume_queue("reports"),
    "resume organization": lambda do: do.resume_organization("org-9"),
    "limit": lambda do: do.set_queue_limit("emails", rate="9/min", running=3, organization_running=1, why="w"),
    "limit again": lambda do: do.set_queue_limit("webhooks", rate="none", fair=True, why="w"),
    "reset": lambda do: do.reset_queue_limit("webhooks"),
    "rule": lambda do: do.set_organization_rule("org-1", queue="emails", weight=9, why="w"),
    "rule again": lambda do: do.set_organization_rule("org-9", queue="emails", rate="none", running=1, why="w"),
    "rule away": lambda do: do.remove_organization_rule("org-9"),
    "key": lambda do: do.set_key_limit("intuit", running=1, why="w"),
    "key again": lambda do: do.set_key_limit("stripe", rate="none", why="w"),
    "key away": lambda do: do.remove_key_limit("stripe"),
    "schedule": lambda do: do.put_schedule(*HEALTH, key="new"),
    "schedule again": lambda do: do.put_schedule(*HEALTH[:3], "30 9 * * 1", key="kept"),
    "schedule pause": lambda do: do.pause_schedule("kept", why="w"),
    "schedule resume": lambda do: do.resume_schedule("resting"),
}


def test_what_was_done_is_noted_and_taken_back(ada: Actions, connection: Connection, audit_log: Log) -> None:
    prepare(ada.sync)
    before = state(connection)
    for name, deed in DEEDS.items():
        noted_before = len(audit_log())
        done = deed(ada.sync)
        row = audit_log()[-1]
        assert (done.changed, done.audit_id, len(audit_log())) == (True, row["id"], noted_before + 1), name
        assert (row["by"], row["via"], row["role"]) == ("ada", "dashboard", "admin"), name
        assert state(connection) != before, name
        undone = ada.sync.undo(row["id"])
        assert state(connection) == before, name
        assert undone.action_id is None, name
        first, second = audit_log()[-2:]
        assert (first["undone_by"], second["undoes"], second["id"]) == (second["id"], first["id"], undone.audit_id), (
            name
        )
        with pytest.raises(ActionRefused, match="undone already"):
            ada.sync.undo(row["id"])
        with pytest.raises(ActionRefused, match="undoing itself"):
            ada.sync.undo(second["id"])


AGAIN: dict[str, Do] = {
    "pause": lambda do: do.resume_queue("emails"),
    "limit": lambda do: do.set_queue_limit("emails", running=7, why="w"),
    "rule": lambda do: do.set_organization_rule("org-1", queue="emails", weight=2, why="w"),
    "key": lambda do: do.set_key_limit("intuit", running=5, why="w"),
    "schedule again": lambda do: do.put_schedule(*HEALTH[:3], "0 1 * * *", key="kept"),
    "schedule pause": lambda do: do.resume_schedule("kept"),
}


def test_what_was_changed_since_is_not_taken_back(ada: Actions, connection: Connection) -> None:
    prepare(ada.sync)
    for name, again in AGAIN.items():
        done = DEEDS[name](ada.sync)
        again(ada.sync)
        before = state(connection)
        with pytest.raises(ActionRefused, match="changed again since"):
            ada.sync.undo(done.audit_id or 0)
        assert state(connection) == before, name


def test_a_pause_that_would_be_over_does_not_come_back(ada: Actions, connection: Connection) -> None:
    prepare(ada.sync)
    done = ada.sync.resume_queue("reports")
    connection.execute("ALTER TABLE advisorjobs_audit DISABLE TRIGGER advisorjobs_keep_audit")
    connection.execute(
        'UPDATE advisorjobs_audit SET before = before || \'{"until": "2020-01-01T00:00:00Z"}\' WHERE id = %s',
        [done.audit_id],
    )
    with pytest.raises(ActionRefused, match="ended by now"):
        ada.sync.undo(done.audit_id or 0)


def test_a_schedule_whose_payload_was_changed_is_not_taken_back(ada: Actions, audit_log: Log) -> None:
    for days in (90, 1234):
        payload = {"organization_id": "system", "keep_days": days}
        done = ada.sync.put_schedule("maintenance", "maintenance:log_cleanup", payload, "0 9 * * *", key="k")
    with pytest.raises(ActionRefused, match="keeps no payloads"):
        ada.sync.undo(done.audit_id or 0)
    assert "1234" not in str([(row["before"], row["after"]) for row in audit_log()])


def test_what_can_not_be_taken_back_says_so(ada: Actions) -> None:
    ada.sync.put_schedule(*HEALTH, key="k")
    ran = ada.sync.run_schedule("k")
    removed = ada.sync.remove_schedule("k")
    for done in (ran, removed):
        with pytest.raises(ActionRefused, match="can't be undone"):
            ada.sync.undo(done.audit_id or 0)
    with pytest.raises(ActionRefused, match="no entry"):
        ada.sync.undo(999_999)


WITHOUT_WHY: tuple[Do, ...] = (
    lambda do: do.pause_queue("emails"),
    lambda do: do.pause_organization("org-1", why="  "),
    lambda do: do.set_queue_limit("emails", running=1),
    lambda do: do.set_organization_rule("org-1", weight=1),
    lambda do: do.set_key_limit("k", running=1),
)


def test_a_reason_is_asked_for_where_many_are_concerned(ada: Actions, audit_log: Log) -> None:
    for call in WITHOUT_WHY:
        with pytest.raises(SettingsError, match="must say why"):
            call(ada.sync)
    assert audit_log() == []


def test_roles(somebody: Somebody, audit_log: Log) -> None:
    viewer, operator = somebody(role="viewer").sync, somebody(role="operator").sync
    theirs = somebody(role="operator", organization_id="org-1").sync
    for who in (viewer, theirs):
        for deed in DEEDS.values():
            with pytest.raises(NotAllowed):
                deed(who)
        with pytest.raises(NotAllowed):
            who.undo(1)
    for deed in ("rule", "rule away", "key", "key away"):
        with pytest.raises(NotAllowed, match="admin"):
            DEEDS[deed](operator)
    with pytest.raises(NotAllowed):
        theirs.read_audit()
    assert audit_log() == []
    for deed in ("rule", "key"):
        done = DEEDS[deed](somebody().sync)
        with pytest.raises(NotAllowed, match="admin"):
            operator.undo(done.audit_id or 0)
    assert DEEDS["limit"](operator).changed


NOT_THEIRS = (
    "pause_queue('emails')",
    "pause_queue(organization_id => 'org-1')",
    "set_queue_limit('emails', running => 1)",
    "set_organization_rule('org-1', weight => 2)",
    "set_key_limit('k', running => 1)",
    "advisorjobs_propose_action('clean', '{}', '{}', NULL)",
)


def test_sql_itself_refuses_it_to_an_organizations_people(app: App, connection: Connection, audit_log: Log) -> None:
    whose = '{"via": "api", "by": "olga", "role": "admin", "organization_id": "org-1"}'
    for call in NOT_THEIRS:
        sql = f"SELECT s.c FROM (SELECT {call} AS c FROM advisorjobs_act('{whose}') OFFSET 0) s"
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(sql.encode())
    assert audit_log() == []
    assert connection.execute("SELECT count(*) FROM advisorjobs_pauses").fetchone() == (0,)
