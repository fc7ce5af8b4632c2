"""Actions by each condition of the search: only what fits is changed, and what was looked for is told to nobody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import psycopg
import pytest

from advisorjobs.actions.actions import Actions, BlockingActions
from advisorjobs.actions.bulk_actions import BulkAction
from advisorjobs.actor import Via
from advisorjobs.errors import NotAllowed
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.job import JobStatus
from tests.fixtures.deeds import Log, Somebody
from tests.fixtures.desk import Desk

Connection = psycopg.Connection[Any]
TOMORROW = datetime.now(UTC) + timedelta(days=1)
PLAIN: Mapping[str, Any] = {"organization_id": "org-1", "args": {"document_id": "doc-17"}}
ODD: Mapping[str, Any] = {
    "name": "test:other", "queue": "emails", "tags": ["import"], "organization_id": "org-9", "args": {"document_id": "anna"},
    "unique_key": "k",
}  # fmt: skip
ENDED = {"status": "failed", "final": True, "error_code": "network", "error_message": "away", "fingerprint": "f1"}
ODDLY = {**ENDED, "error_code": "timeout", "error_message": "Anna was too slow", "fingerprint": "f2"}
BY: dict[str, dict[str, Any]] = {
    "queue": {"queue": "emails"}, "name": {"name": "test:other"}, "organization": {"organization": "org-9"},
    "tag": {"tag": "import"}, "unique_key": {"unique_key": "k"}, "payload": {"payload": "document_id=anna"}, "id": {},
    "since": {"since": TOMORROW - timedelta(days=2)}, "until": {"until": TOMORROW - timedelta(days=2)}, "status": {},
}  # fmt: skip
"""What finds the odd one of four waiting jobs; id and status are filled in."""

BY_ERROR: dict[str, dict[str, Any]] = {
    "error_code": {"error_code": "timeout"}, "fingerprint": {"fingerprint": "f2"}, "error_text": {"error_text": "anna WAS"},
}  # fmt: skip


def carried_out(actions: BlockingActions, desk: Desk, what: str, wanted: JobFilter, **more: Any) -> BulkAction:
    """Proposed, agreed to and carried out; how it stands then."""
    number = actions.propose(what, wanted=wanted, **more)
    proposed = actions.read_action(number)
    assert actions.confirm(number)
    while not desk.one("SELECT finished FROM advisorjobs_action_step(%s)", number):
        pass
    found = actions.read_action(number)
    assert proposed is not None
    assert found is not None
    assert (proposed.expected, proposed.expected_more) == (found.done + found.refused, False)
    return found


def fail(desk: Desk, count: int, ending: Mapping[str, Any], **job: Any) -> list[int]:
    jobs = desk.enqueue(count, **job)
    desk.settle(*desk.claim("critical", "emails", free=count), **ending)
    return jobs


def left(desk: Desk, status: str) -> set[int]:
    rows = desk.rows(
        "SELECT id FROM procrastinate_jobs WHERE status::text = %s AND queue_name <> 'maintenance'", status
    )
    return {row["id"] for row in rows}


def test_each_condition_of_the_search_is_tried_here() -> None:
    assert {each.name for each in fields(JobFilter)} == {*BY, *BY_ERROR}


def test_what_waits_is_cancelled_by_each_condition(ada: Actions, desk: Desk) -> None:
    plain = desk.enqueue(3, **PLAIN)
    for by in sorted({*BY} - {"status", "since", "until"}):
        (odd,) = desk.enqueue(**ODD)
        wanted = JobFilter(**{"id": odd} if by == "id" else BY[by])
        assert carried_out(ada.sync, desk, "cancel", wanted).done == 1, by
        assert left(desk, "todo") == set(plain), by


def test_what_failed_is_retried_by_each_condition(ada: Actions, desk: Desk) -> None:
    plain = fail(desk, 3, ENDED, **PLAIN)
    for by in sorted({*BY, *BY_ERROR} - {"status", "since", "until"}):
        (odd,) = fail(desk, 1, ODDLY, **ODD)
        wanted = JobFilter(**{"id": odd} if by == "id" else {**BY, **BY_ERROR}[by])
        assert carried_out(ada.sync, desk, "retry", wanted).done == 1, by
        assert (left(desk, "failed"), left(desk, "todo")) == (set(plain), {odd}), by
        desk.complete(*desk.claim("emails"))


def test_times_are_of_the_queueing_or_of_the_failure(ada: Actions, desk: Desk) -> None:
    old, new = fail(desk, 2, ENDED)
    desk.one("UPDATE advisorjobs_runs SET finished_at = now() - interval '2 days' WHERE job_id = %s RETURNING 1", old)
    desk.one("UPDATE procrastinate_jobs SET started_at = now() - interval '3 days' WHERE id = %s RETURNING 1", old)
    waiting, queued = desk.enqueue(2)
    desk.one("UPDATE procrastinate_jobs SET queued_at = now() - interval '2 days' WHERE id = %s RETURNING 1", waiting)
    assert carried_out(ada.sync, desk, "retry", JobFilter(**BY["until"])).done == 1
    assert left(desk, "failed") == {new}
    assert carried_out(ada.sync, desk, "cancel", JobFilter(**BY["until"])).done == 1
    assert left(desk, "todo") == {old, queued}


def test_a_status_narrows_what_an_action_changes(ada: Actions, desk: Desk) -> None:
    (running,) = desk.enqueue()
    desk.claim(free=1)
    desk.enqueue(delay=600)
    (waiting,) = desk.enqueue()
    assert carried_out(ada.sync, desk, "cancel", JobFilter(status=JobStatus.DELAYED)).done == 1
    assert left(desk, "todo") == {waiting}
    assert carried_out(ada.sync, desk, "cancel", JobFilter(status=JobStatus.ACTIVE)).done == 1
    assert desk.rows("SELECT id FROM procrastinate_jobs WHERE abort_requested") == [{"id": running}]
    assert left(desk, "todo") == {waiting}


def test_a_condition_on_errors_reaches_what_waits_for_another_try(ada: Actions, desk: Desk) -> None:
    again, other, fresh = desk.enqueue(3)
    first, second = desk.claim(free=2)
    desk.settle(first, **{**ODDLY, "status": "retrying", "final": False, "delay": 600})
    desk.settle(second, **{**ENDED, "status": "retrying", "final": False, "delay": 600})
    assert carried_out(ada.sync, desk, "promote", JobFilter(error_text="too SLOW")).done == 1
    assert [row["id"] for row in desk.rows("SELECT id FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL")] == [
        other
    ]
    assert {again, fresh} < left(desk, "todo")


def test_jobs_of_other_organizations_are_never_met(somebody: Somebody, desk: Desk) -> None:
    """Whatever they ask for: each condition fits a job of theirs and one of somebody else's."""
    own = fail(desk, 1, ODDLY, **{**ODD, "organization_id": "org-1"})
    foreign = fail(desk, 1, ODDLY, **ODD)
    theirs = somebody(by="olga", role="operator", organization_id="org-1").sync
    for asked in ("payload=document_id%3Danna", "error_text=anna", "fingerprint=f2", "unique_key=k", ""):
        wanted = JobFilter.of(dict(parse_qsl(asked)))
        assert carried_out(theirs, desk, "retry", wanted).done == 1, asked
        assert left(desk, "failed") == set(foreign)
        desk.settle(*desk.claim("emails"), **ODDLY)
        assert left(desk, "failed") == {*own, *foreign}
    assert carried_out(theirs, desk, "retry", JobFilter(id=foreign[0])).done == 0
    with pytest.raises(NotAllowed):
        theirs.propose("retry", wanted=JobFilter(organization="org-9", payload="document_id=anna"))


def test_a_job_that_changes_between_count_and_step_is_left_alone(ada: Actions, desk: Desk) -> None:
    """It was edited so that it fits: it did not when somebody agreed."""
    edited = desk.enqueue(2, args={"document_id": "doc-1"})
    desk.enqueue(1, args={"document_id": "doc-17"})
    number = ada.sync.propose("cancel", wanted=JobFilter(payload="document_id=doc-17"))
    ada.sync.confirm(number)
    said = "SELECT outcome FROM advisorjobs_edit_job(%s, %s, advisorjobs_version(%s))"
    job = {"name": "test:work", "queue": "critical", "organization_id": None, "args": {"document_id": "doc-17"}}
    assert desk.one(said, edited[0], json.dumps(job), '{"document_id": "doc-1"}') == "changed"
    assert desk.one("SELECT done FROM advisorjobs_action_step(%s)", number) == 1
    assert left(desk, "todo") == set(edited)


def test_a_job_that_starts_between_the_look_and_the_change_is_not_stopped(ada: Actions, desk: Desk) -> None:
    started, waiting = desk.enqueue(2)
    desk.claim(free=1)
    changed = "SELECT done, refused FROM advisorjobs_change_jobs(%s, %s, '{\"priority\": 5}', 1, '{waiting}')"
    assert desk.rows(changed, "cancel", [started, waiting]) == [
        {"done": [waiting], "refused": {str(started): "active"}}
    ]
    assert desk.one("SELECT abort_requested FROM procrastinate_jobs WHERE id = %s", started) is False
    (delayed,) = desk.enqueue(delay=600)
    assert desk.rows(changed, "priority", [delayed]) == [{"done": [], "refused": {str(delayed): "delayed"}}]


def test_a_delayed_job_whose_time_comes_meanwhile_is_met(ada: Actions, desk: Desk) -> None:
    (job,) = desk.enqueue(delay=600)
    number = ada.sync.propose("cancel", wanted=JobFilter(queue="critical"))
    only_waiting = ada.sync.propose("cancel", wanted=JobFilter(queue="critical", status=JobStatus.WAITING))
    ada.sync.confirm(number)
    ada.sync.confirm(only_waiting)
    desk.one("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = %s RETURNING 1", job)
    desk.one("SELECT advisorjobs_promote(10)")
    assert desk.one("SELECT done FROM advisorjobs_action_step(%s)", only_waiting) == 0
    assert desk.one("SELECT done FROM advisorjobs_action_step(%s)", number) == 1


def test_what_is_looked_for_stays_with_its_author_when_another_agrees_and_is_not_told_to_namesakes(
    ada: Actions, somebody: Somebody, desk: Desk
) -> None:
    desk.enqueue(2, args={"document_id": "anna"}, organization_id="org-1")
    bert = somebody(by="bert", role="operator")
    namesakes = [
        somebody(role="viewer"),
        somebody(via=Via.COMMAND, role=None),
        somebody(role="operator", organization_id="org-1"),
    ]
    number = ada.sync.propose("cancel", wanted=JobFilter(payload="document_id=anna"))

    def told(who: Actions) -> str | None:
        found = who.sync.read_action(number)
        return found.filter["payload"] if found and found.filter else None

    for _ in ("proposed", "running"):
        assert told(ada) == "document_id=anna"
        assert {told(who) for who in (bert, *namesakes)} == {"document_id=…", None}  # None: not theirs
        bert.sync.confirm(number)
    running = ada.sync.read_action(number)
    assert running is not None
    assert (running.state, running.by) == ("running", "bert")


def test_what_is_looked_for_is_told_to_its_author_alone_and_forgotten(
    ada: Actions, somebody: Somebody, desk: Desk, audit_log: Log
) -> None:
    fail(desk, 2, ODDLY, **{**ODD, "unique_key": None})
    wanted = JobFilter(payload="document_id=anna", error_text="anna was")
    number = ada.sync.propose("retry", wanted=wanted)
    seen = [who.sync.read_action(number) for who in (ada, somebody(by="bert", role="operator"))]
    assert [action.filter for action in seen if action] == [
        {"payload": "document_id=anna", "error_text": "anna was"},
        {"payload": "document_id=…", "error_text": "…"},
    ]
    ada.sync.confirm(number, "again")
    assert desk.one("SELECT done FROM advisorjobs_action_step(%s)", number) == 2
    ended = ada.sync.read_action(number)
    assert ended is not None
    assert ended.filter == {"payload": "document_id=…", "error_text": "…"}
    dropped = ada.sync.propose("retry", wanted=wanted)
    ada.sync.cancel_action(dropped)
    whole = audit_log()[0]
    assert whole["after"]["filter"] == {"payload": "document_id=…", "error_text": "…"}
    kept = [*audit_log(), *desk.rows("SELECT * FROM advisorjobs_actions")]
    assert "anna" not in json.dumps(kept, default=str).lower()


def test_a_proposal_that_nobody_agreed_to_goes_after_a_day(ada: Actions, desk: Desk) -> None:
    desk.enqueue(1, **PLAIN)
    old, new = (ada.sync.propose("cancel", wanted=JobFilter(payload="document_id=doc-17")) for _ in range(2))
    desk.one("UPDATE advisorjobs_actions SET proposed_at = now() - interval '25 h' WHERE id = %s RETURNING 1", old)
    desk.one("SELECT advisorjobs_forget_audit(now() - interval '730 days', 100)")
    assert ada.sync.read_action(old) is None
    assert ada.sync.read_action(new) is not None


def test_a_count_that_would_take_long_says_how_far_it_looked(
    ada: Actions, somebody: Somebody, desk: Desk, connection: Connection
) -> None:
    """Steps of ten jobs, and no patience: the rest is found when it is carried out, with how far it has come."""
    jobs = desk.enqueue(25, args={"document_id": "doc-1"}) + desk.enqueue(2, args={"document_id": "doc-17"})
    with connection.transaction():
        connection.execute("""
            CREATE OR REPLACE FUNCTION advisorjobs_step(OUT changed integer, OUT looked_at integer)
            LANGUAGE sql IMMUTABLE AS 'SELECT 5, 10'""")
        source = connection.execute("SELECT pg_get_functiondef('advisorjobs_count_fitting'::regproc)").fetchone()
        assert source is not None
        connection.execute(source[0].replace("500 milliseconds", "-1 milliseconds"))
    number = ada.sync.propose("cancel", wanted=JobFilter(payload="document_id=doc-17"))
    found = ada.sync.read_action(number)
    assert found is not None
    assert (found.expected, found.expected_more, found.looked, found.share) == (0, True, 10, None)
    theirs = somebody(by="olga", role="operator", organization_id="org-1").sync
    own = theirs.propose("cancel", wanted=JobFilter(payload="document_id=doc-17"))
    theirs.confirm(own)
    desk.one("SELECT done FROM advisorjobs_action_step(%s)", own)
    for who, told in ((ada.sync, (10, True, True)), (theirs, (None, False, False))):  # they would tell of others' jobs
        one, (listed,) = who.read_action(own), [each for each in who.list_actions().actions if each.id == own]
        assert one is not None
        assert (one.looked, one.share is not None, listed.share is not None) == told
    ada.sync.confirm(number)
    shares = []
    while not desk.one("SELECT finished FROM advisorjobs_action_step(%s)", number):
        standing = ada.sync.read_action(number)
        assert standing is not None
        shares.append((standing.share, standing.done))
    assert [(round(share or 0, 1), done) for share, done in shares] == [(0.4, 0), (0.7, 0)]
    assert left(desk, "todo") == set(jobs[:25])
