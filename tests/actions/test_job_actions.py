"""What people do to one job: done, noted, refused, taken back."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from advisorjobs.actions.actions import Actions
from advisorjobs.errors import ActionRefused, NotAllowed, SettingsError
from tests.fixtures.counted import counted, kept
from tests.fixtures.deeds import Log, Somebody
from tests.fixtures.desk import Desk

FAILED = {"status": "failed", "final": True, "error_code": "network"}
Connection = psycopg.Connection[Any]


def failed(desk: Desk, **fields: Any) -> int:
    (job,) = desk.enqueue(**fields)
    desk.settle(*desk.claim(free=1), **FAILED)
    return job


def said(row: dict[str, Any], *names: str) -> list[Any]:
    return [row[name] for name in names]


def test_a_failed_job_is_retried_and_the_log_says_who_did_it(ada: Actions, desk: Desk, audit_log: Log) -> None:
    job = failed(desk, organization_id="org-1")
    change = ada.sync.retry_job(job)
    (row,) = audit_log()
    assert (change.done, change.reason, change.audit_id) == (True, None, row["id"])
    assert said(row, "by", "role", "via", "action", "subject_kind", "subject", "organization_id", "count") == [
        "ada", "admin", "dashboard", "retry", "job", str(job), "org-1", 1,
    ]  # fmt: skip
    assert (row["before"], row["after"]) == ({"state": "failed"}, {"state": "waiting"})
    assert [each.id for each in desk.claim()] == [job]


def test_nothing_done_leaves_a_reason_and_no_row(ada: Actions, desk: Desk, audit_log: Log) -> None:
    (job,) = desk.enqueue()
    assert ada.sync.retry_job(job).reason == "waiting"
    assert ada.sync.promote_job(job).reason == "waiting"
    assert ada.sync.change_priority(job, 1).reason == "unchanged"
    assert ada.sync.retry_job(job + 1).reason == "gone"
    assert audit_log() == []


def test_a_waiting_job_is_cancelled_and_a_running_one_told_to_stop(ada: Actions, desk: Desk, audit_log: Log) -> None:
    running, waiting = desk.enqueue(2)
    desk.claim(free=1)
    assert ada.sync.cancel_job(waiting).done
    assert ada.sync.cancel_job(running).done
    assert [row["after"]["state"] for row in audit_log()] == ["cancelled", "told to stop"]
    assert desk.rows("SELECT id, abort_requested FROM procrastinate_jobs") == [{"id": running, "abort_requested": True}]


def test_a_delayed_job_is_promoted_and_back_again(
    ada: Actions, desk: Desk, audit_log: Log, connection: Connection
) -> None:
    (job,) = desk.enqueue(delay=3600, organization_id="org-1")
    at = desk.one("SELECT scheduled_at FROM procrastinate_jobs")
    change = ada.sync.promote_job(job)
    assert change.done
    assert kept(connection) == counted(connection) == {"critical": {"waiting": 1}}
    assert change.audit_id is not None
    undone = ada.sync.undo(change.audit_id)
    assert desk.one("SELECT scheduled_at FROM procrastinate_jobs") == at
    assert kept(connection) == counted(connection) == {"critical": {"delayed": 1}}
    assert desk.claim() == []
    done, back = audit_log()
    assert (done["undone_by"], back["undoes"], back["action"]) == (back["id"], done["id"], "undo")
    assert undone.audit_id == back["id"]


def test_a_promoted_job_starts_and_then_it_is_too_late(ada: Actions, desk: Desk, audit_log: Log) -> None:
    (job,) = desk.enqueue(delay=3600)
    change = ada.sync.promote_job(job)
    assert [each.id for each in desk.claim()] == [job]
    with pytest.raises(ActionRefused, match="has started"):
        ada.sync.undo(change.audit_id or 0)
    assert [row["undone_by"] for row in audit_log()] == [None]


def test_a_job_of_an_earlier_era_is_found_when_it_is_promoted(ada: Actions, desk: Desk) -> None:
    (job,) = desk.enqueue(delay=3600)
    desk.one("SELECT setval('advisorjobs_eras', 7)")
    ada.sync.promote_job(job)
    assert [each.id for each in desk.claim()] == [job]


def test_a_changed_priority_changes_the_order_and_is_taken_back(ada: Actions, desk: Desk) -> None:
    first, second = desk.enqueue(2, priority=-5)
    change = ada.sync.change_priority(second, 1)
    assert change.done
    assert [each.id for each in desk.claim(free=1)] == [second]
    later = ada.sync.change_priority(first, 2)
    ada.sync.undo(later.audit_id or 0)
    assert desk.one("SELECT priority FROM procrastinate_jobs WHERE id = %s", first) == -5
    with pytest.raises(ActionRefused, match="has started"):
        ada.sync.undo(change.audit_id or 0)


def test_a_priority_that_was_changed_again_is_not_taken_back(ada: Actions, desk: Desk) -> None:
    (job,) = desk.enqueue()
    change = ada.sync.change_priority(job, 4)
    ada.sync.change_priority(job, 9)
    with pytest.raises(ActionRefused, match="changed again"):
        ada.sync.undo(change.audit_id or 0)
    assert desk.one("SELECT priority FROM procrastinate_jobs") == -9


def test_the_line_of_a_lock_follows_a_changed_priority(ada: Actions, desk: Desk) -> None:
    """A job that stood parked behind others is their head now: nobody else would bring it back."""
    desk.enqueue(3, lock="ledger", priority=-5)
    running = desk.claim()
    assert len(running) == 1
    last = desk.one("SELECT max(id) FROM procrastinate_jobs")
    assert desk.one("SELECT parked FROM procrastinate_jobs WHERE id = %s", last) == "lock"
    ada.sync.change_priority(last, 1)
    desk.complete(*running)
    assert [each.id for each in desk.claim()] == [last]


def test_an_idle_line_gives_way_to_the_job_that_was_made_more_urgent(ada: Actions, desk: Desk) -> None:
    first, second = desk.enqueue(2, lock="ledger", priority=-5)
    desk.one("UPDATE procrastinate_jobs SET parked = 'lock' WHERE id = %s RETURNING 1", second)
    ada.sync.change_priority(second, 1)
    assert [each.id for each in desk.claim()] == [second]
    assert desk.one("SELECT parked FROM procrastinate_jobs WHERE id = %s", first) == "lock"


@pytest.mark.parametrize("priority", [0, 10, True, "1"])
def test_a_priority_that_is_none_is_refused(ada: Actions, desk: Desk, priority: Any) -> None:
    (job,) = desk.enqueue()
    with pytest.raises(SettingsError, match="1 \\(first\\) to 9"):
        ada.sync.change_priority(job, priority)


def test_a_viewer_changes_nothing(somebody: Somebody, desk: Desk, audit_log: Log) -> None:
    job = failed(desk)
    with pytest.raises(NotAllowed, match="operator"):
        somebody(role="viewer").sync.retry_job(job)
    assert audit_log() == []


def test_an_organizations_people_change_their_own_jobs_only(somebody: Somebody, desk: Desk, audit_log: Log) -> None:
    own, other = failed(desk, organization_id="org-1"), failed(desk, organization_id="org-2")
    theirs = somebody(by="olga", role="operator", organization_id="org-1").sync
    assert theirs.retry_job(other).reason == "gone"
    assert theirs.cancel_job(other).reason == "gone"
    assert theirs.retry_job(own).done
    assert [(row["by"], row["subject"]) for row in audit_log()] == [("olga", str(own))]
    with pytest.raises(NotAllowed):
        theirs.promote_job(own)
    with pytest.raises(NotAllowed):
        theirs.change_priority(own, 1)


@pytest.mark.parametrize("call", [
    "advisorjobs_change_jobs('promote', ARRAY[%s])", "advisorjobs_change_jobs('priority', ARRAY[%s], '{\"priority\": 1}')",
    "advisorjobs_change_jobs('retry', ARRAY[%s])",
])  # fmt: skip
def test_sql_itself_keeps_an_organizations_people_to_their_own(desk: Desk, audit_log: Log, call: str) -> None:
    """Whatever Python forgets: other organizations' jobs aren't there, and other actions aren't theirs."""
    failed(desk, organization_id="org-2")
    for organization in ("org-2", "org-1"):
        desk.enqueue(delay=60, organization_id=organization)
    whose = 'advisorjobs_act(\'{"via": "api", "role": "operator", "organization_id": "org-1"}\')'
    for row in desk.rows("SELECT id, organization_id, status FROM procrastinate_jobs"):
        sql = f"SELECT s.c FROM (SELECT {call % row['id']} AS c FROM {whose} OFFSET 0) s"
        if row["organization_id"] == "org-1" and "retry" not in call:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                desk.one(sql)
        else:
            desk.one(sql)
    assert audit_log() == []


def test_looking_at_values_is_noted(somebody: Somebody, desk: Desk, audit_log: Log) -> None:
    (job,) = desk.enqueue(organization_id="org-1")
    assert somebody(by="olga", role="operator", organization_id="org-1").sync.note_values_shown(job)
    assert not somebody(role="operator", organization_id="org-2").sync.note_values_shown(job)
    assert not somebody().sync.note_values_shown(job + 1)
    assert [said(row, "by", "action", "subject") for row in audit_log()] == [["olga", "show values", str(job)]]


def test_a_job_that_a_claim_is_taking_is_waited_for(ada: Actions, desk: Desk, database: str) -> None:
    """Cancelled while it starts: it runs then, and is told to stop; nobody waits in a circle."""
    (job,) = desk.enqueue()
    with psycopg.connect(database) as claiming:
        claiming.execute("SELECT FROM procrastinate_jobs WHERE id = %s FOR NO KEY UPDATE", [job])
        started = claiming.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', run_no = 1, run_token = gen_random_uuid(), started_at = now(),"
            " worker_id = %s WHERE id = %s RETURNING id",
            [desk.worker, job],
        ).fetchone()
        assert started == (job,)
        desk.connection.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            desk.one("SELECT cancel_job(%s)", job)
        claiming.execute("INSERT INTO advisorjobs_count_changes (queue_name, waiting) VALUES ('critical', -1)")
    assert ada.sync.cancel_job(job).done
    assert desk.one("SELECT abort_requested FROM procrastinate_jobs")


def edited(desk: Desk, job: int, **fields: Any) -> tuple[int, str]:
    """Gives a job the arguments {"n": 2}: whose they are now, and the outcome."""
    version = "(SELECT advisorjobs_version(payload) FROM get_job(%s))"
    changed = {"name": "test:work", "queue": "critical", "args": {"n": 2}, **fields}
    sql = f"SELECT job_id, outcome FROM advisorjobs_edit_job(%s, %s::jsonb, {version})"
    (row,) = desk.rows(sql, job, json.dumps(changed), job)
    return row["job_id"], row["outcome"]


def test_an_edit_that_is_refused_as_the_key_is_taken_changes_nothing_of_the_job(desk: Desk, audit_log: Log) -> None:
    job = failed(desk, unique_key="k", cost=3, limit_key="stripe:a", args={"n": 1})
    (taker,) = desk.enqueue(unique_key="k")
    everything = "SELECT to_jsonb(j) AS job FROM procrastinate_jobs j WHERE id = %s"
    before = desk.rows(everything, job)

    assert edited(desk, job, cost=7, limit_key="stripe:b") == (job, "key_taken")
    assert desk.rows(everything, job) == before
    assert audit_log() == []

    desk.complete(*desk.claim())
    assert taker
    assert edited(desk, job, cost=7, limit_key="stripe:b") == (job, "retried")
    (row,) = desk.rows("SELECT status, args, cost, limit_key FROM procrastinate_jobs WHERE id = %s", job)
    assert row == {"status": "todo", "args": {"n": 2}, "cost": 7, "limit_key": "stripe:b"}
