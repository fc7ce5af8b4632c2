"""Actions on many jobs: looked at, confirmed, carried out exactly once, with what could not be done."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.actions.actions import Actions, BlockingActions
from advisorjobs.actions.bulk_actions import BulkAction
from advisorjobs.application import App
from advisorjobs.errors import ActionRefused, NotAllowed, SettingsError, UnknownJob
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.job import JobStatus
from advisorjobs.testing import JobKit
from tests.fixtures.counted import counted, kept
from tests.fixtures.deeds import Log, Somebody
from tests.fixtures.desk import Desk

FAILED = {"status": "failed", "final": True, "error_code": "network"}
Connection = psycopg.Connection[Any]


def fail(desk: Desk, count: int, **fields: Any) -> list[int]:
    jobs = desk.enqueue(count, **fields)
    for _ in range(0, count, 10):
        desk.settle(*desk.claim(), **FAILED)
    return jobs


def fill(desk: Desk, count: int) -> None:
    """Waiting jobs, as many as there may be, of two organizations in turn."""
    desk.one(
        "SELECT count(*) FROM advisorjobs_enqueue((SELECT jsonb_agg(jsonb_build_object('name', 'test:work', 'queue',"
        " 'critical', 'args', '{}'::jsonb, 'organization_id', 'org-' || n %% 2)) FROM generate_series(1, %s) n))",
        count,
    )


def take_all(desk: Desk, action_id: int) -> list[int]:
    """Takes the steps that a worker would; how many jobs each changed that changed any."""
    steps, before = [], 0
    while True:
        row = desk.connection.execute("SELECT done, finished FROM advisorjobs_action_step(%s)", [action_id]).fetchone()
        assert row is not None
        steps.append(row[0] - before)
        before = row[0]
        if row[1]:
            return [step for step in steps if step]


def standing(actions: BlockingActions, action_id: int) -> BulkAction:
    found = actions.read_action(action_id)
    assert found is not None
    return found


def test_a_proposal_counts_and_changes_nothing(ada: Actions, desk: Desk, audit_log: Log) -> None:
    fail(desk, 3, organization_id="org-1")
    fail(desk, 2, organization_id="org-2")
    number = ada.sync.propose("retry", wanted=JobFilter(queue="critical", organization="org-1"))
    found = standing(ada.sync, number)
    assert (found.state, found.expected, found.expected_more, found.by) == ("proposed", 3, False, "ada")
    assert found.filter == {"queue": "critical", "organization_id": "org-1"}
    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'") == 5
    assert audit_log() == []


def test_a_whole_queue_is_counted_by_its_kept_counts(ada: Actions, desk: Desk) -> None:
    desk.one("INSERT INTO advisorjobs_count_changes (queue_name, failed) VALUES ('critical', 123456) RETURNING 1")
    number = ada.sync.propose("retry", wanted=JobFilter(queue="critical"))
    assert standing(ada.sync, number).expected == 123_456


def test_a_confirmed_filter_is_carried_out_by_a_job_and_noted(
    ada: Actions, desk: Desk, audit_log: Log, connection: Connection
) -> None:
    fill(desk, 1200)
    number = ada.sync.propose("priority", wanted=JobFilter(queue="critical", organization="org-1"), priority=2)
    assert ada.sync.confirm(number, "the deadline")
    assert desk.rows("SELECT task_name, args FROM procrastinate_jobs WHERE queue_name = 'maintenance'") == [
        {"task_name": "maintenance:bulk_action", "args": {"organization_id": "system", "action_id": number}}
    ]
    assert take_all(desk, number) == [500, 100]
    found = standing(ada.sync, number)
    assert (found.state, found.done, found.refused, found.why) == ("done", 600, 0, "the deadline")
    whole, *steps = audit_log()
    assert (whole["action"], whole["subject_kind"], whole["subject"], whole["why"]) == (
        "priority", "action", str(number), "the deadline",
    )  # fmt: skip
    assert [(row["part_of"], row["by"], row["count"]) for row in steps] == [(number, "ada", 500), (number, "ada", 100)]
    assert found.audit_id == whole["id"]
    levels = desk.rows("SELECT priority FROM procrastinate_jobs WHERE queue_name = 'critical'")
    assert Counter(row["priority"] for row in levels) == {-2: 600, -1: 600}
    assert kept(connection) == counted(connection)


def test_a_priority_of_many_is_taken_back(ada: Actions, desk: Desk, audit_log: Log) -> None:
    fill(desk, 700)
    desk.one("UPDATE procrastinate_jobs SET priority = -4 WHERE id %% 3 = 0 AND %s RETURNING 1", True)
    before = desk.rows("SELECT id, priority FROM procrastinate_jobs ORDER BY id")
    number = ada.sync.propose("priority", wanted=JobFilter(queue="critical"), priority=7)
    ada.sync.confirm(number)
    take_all(desk, number)
    started = desk.claim(free=1)[0].id
    undone = ada.sync.undo(standing(ada.sync, number).audit_id or 0)
    assert undone.action_id is not None
    assert take_all(desk, undone.action_id) == [500 - 1, 200]
    after = desk.rows("SELECT id, priority FROM procrastinate_jobs WHERE queue_name = 'critical' ORDER BY id")
    assert [row for row in after if row["id"] != started] == [row for row in before if row["id"] != started]
    assert [(each.job_id, each.reason) for each in ada.sync.read_refusals(undone.action_id)] == [(started, "active")]
    assert standing(ada.sync, number).undone_by is not None
    with pytest.raises(ActionRefused, match="undone already"):
        ada.sync.undo(standing(ada.sync, number).audit_id or 0)


def test_promoted_jobs_wait_for_their_times_again(ada: Actions, desk: Desk, connection: Connection) -> None:
    jobs = desk.enqueue(3, delay=3600)
    number = ada.sync.propose("promote", jobs=jobs)
    ada.sync.confirm(number)
    assert kept(connection) == {"critical": {"waiting": 3}}
    ada.sync.undo(standing(ada.sync, number).audit_id or 0)
    assert kept(connection) == counted(connection) == {"critical": {"delayed": 3}}


def test_what_comes_after_the_confirmation_is_left_alone(ada: Actions, desk: Desk, connection: Connection) -> None:
    """Queued later, failed later, delayed later, started later: none of them fitted when somebody agreed."""
    old = fail(desk, 2)
    running = desk.enqueue(2)
    held = desk.claim()
    assert [job.id for job in held] == running
    numbers = {
        what: ada.sync.propose(what, wanted=JobFilter(queue="critical"), states=states)
        for what, states in (("retry", ()), ("promote", ()), ("cancel", ("active",)))
    }
    ada.sync.confirm(numbers["retry"])
    desk.settle(held[0], **FAILED)
    assert take_all(desk, numbers["retry"]) == [2]
    assert sorted(job.id for job in desk.claim()) == old
    ada.sync.confirm(numbers["promote"])
    desk.settle(held[1], status="retrying", final=False, delay=600)
    desk.enqueue(delay=600)
    assert take_all(desk, numbers["promote"]) == []
    ada.sync.confirm(numbers["cancel"])
    later = desk.enqueue()
    desk.claim()
    take_all(desk, numbers["cancel"])
    asked = {row["id"] for row in desk.rows("SELECT id FROM procrastinate_jobs WHERE abort_requested")}
    assert asked == set(old)
    assert not asked & set(later)


def test_jobs_chosen_one_by_one_are_changed_at_once(ada: Actions, desk: Desk, audit_log: Log) -> None:
    good = fail(desk, 2)
    (waiting,) = desk.enqueue()
    number = ada.sync.propose("retry", jobs=[*good, waiting, 999])
    assert standing(ada.sync, number).expected == 2
    ada.sync.confirm(number)
    found = standing(ada.sync, number)
    assert (found.state, found.done, found.refused, found.job_id, found.selected) == ("done", 2, 2, None, 4)
    assert [(each.job_id, each.reason) for each in ada.sync.read_refusals(number)] == [
        (waiting, "waiting"),
        (999, "gone"),
    ]


def test_a_job_that_starts_meanwhile_is_told_to_stop(ada: Actions, desk: Desk) -> None:
    jobs = desk.enqueue(3)
    number = ada.sync.propose("cancel", jobs=jobs)
    started = [job.id for job in desk.claim(free=1)]
    ada.sync.confirm(number)
    assert standing(ada.sync, number).done == 3
    assert desk.rows("SELECT id, abort_requested FROM procrastinate_jobs") == [
        {"id": started[0], "abort_requested": True}
    ]


def test_a_job_that_a_claim_holds_is_named_as_busy(ada: Actions, desk: Desk, database: str) -> None:
    jobs = desk.enqueue(2)
    number = ada.sync.propose("cancel", jobs=jobs)
    with psycopg.connect(database) as claiming:
        claiming.execute("SELECT FROM procrastinate_jobs WHERE id = %s FOR NO KEY UPDATE", [jobs[0]])
        ada.sync.confirm(number)
    assert [(each.job_id, each.reason) for each in ada.sync.read_refusals(number)] == [(jobs[0], "busy")]
    assert standing(ada.sync, number).done == 1


def test_a_retry_whose_key_is_taken_is_named(ada: Actions, desk: Desk) -> None:
    (job,) = fail(desk, 1, unique_key="k")
    desk.enqueue(unique_key="k")
    number = ada.sync.propose("retry", jobs=[job])
    ada.sync.confirm(number)
    assert [each.reason for each in ada.sync.read_refusals(number)] == ["key_taken"]


def test_a_cancelled_action_goes_no_further(ada: Actions, desk: Desk, audit_log: Log) -> None:
    fill(desk, 600)
    number = ada.sync.propose("cancel", wanted=JobFilter(queue="critical"))
    ada.sync.confirm(number)
    desk.connection.execute("SELECT advisorjobs_action_step(%s)", [number])
    assert ada.sync.cancel_action(number)
    assert take_all(desk, number) == [500]
    assert (standing(ada.sync, number).state, standing(ada.sync, number).done) == ("cancelled", 500)
    assert not ada.sync.cancel_action(number)
    assert [row["action"] for row in audit_log() if row["part_of"] is None] == ["cancel", "cancel"]


def test_an_action_whose_job_was_cancelled_stalls_and_goes_on(ada: Actions, desk: Desk) -> None:
    fill(desk, 600)
    number = ada.sync.propose("cancel", wanted=JobFilter(queue="critical"))
    ada.sync.confirm(number)
    job = standing(ada.sync, number).job_id
    assert not ada.sync.resume_action(number)
    ada.sync.cancel_job(job or 0)
    assert standing(ada.sync, number).state == "stalled"
    assert ada.sync.resume_action(number)
    assert standing(ada.sync, number).job_id not in (None, job)
    assert standing(ada.sync, number).state == "running"


def test_an_old_proposal_is_not_carried_out(ada: Actions, desk: Desk) -> None:
    number = ada.sync.propose("retry", jobs=fail(desk, 1))
    desk.one("UPDATE advisorjobs_actions SET proposed_at = now() - interval '61 min' RETURNING 1")
    with pytest.raises(ActionRefused, match="over an hour"):
        ada.sync.confirm(number)
    assert standing(ada.sync, number).state == "proposed"


def test_nobody_confirms_twice(ada: Actions, desk: Desk) -> None:
    number = ada.sync.propose("retry", jobs=fail(desk, 1))
    assert ada.sync.confirm(number)
    assert not ada.sync.confirm(number)
    assert not ada.sync.confirm(number + 1)


def test_a_queue_is_cleaned_by_an_admin_after_a_look(
    ada: Actions, somebody: Somebody, desk: Desk, audit_log: Log, connection: Connection
) -> None:
    fail(desk, 2)
    now = datetime.now(UTC) + timedelta(seconds=5)
    with pytest.raises(NotAllowed, match="admin"):
        somebody(role="operator").sync.propose_cleaning("critical", "failed", now)
    number = ada.sync.propose_cleaning("critical", "failed", now)
    assert standing(ada.sync, number).expected == 2
    with pytest.raises(NotAllowed, match="admin"):
        somebody(role="operator").sync.confirm(number)
    ada.sync.confirm(number, "tests are over")
    take_all(desk, number)
    assert standing(ada.sync, number).done == 2
    assert [(row["action"], row["count"]) for row in audit_log() if row["subject_kind"] == "queue"] == [("clean", 2)]
    assert kept(connection).get("critical") is None


def cleanings(log: Log) -> list[tuple[str, int, str]]:
    return [(row["by"], row["count"], row["subject"]) for row in log() if row["action"] == "clean" and row["count"]]


def test_a_long_cleaning_is_noted_once_with_its_whole_count_whatever_died_meanwhile(
    ada: Actions, desk: Desk, database: str, audit_log: Log
) -> None:
    fill(desk, 1200)
    number = ada.sync.propose_cleaning("critical", "waiting", datetime.now(UTC) + timedelta(seconds=5))
    ada.sync.confirm(number, "tests are over")
    finished = False
    while not finished:
        with psycopg.connect(database) as killed:  # its step is not committed
            killed.execute("SELECT advisorjobs_action_step(%s)", [number])
            killed.rollback()
        assert cleanings(audit_log) == []
        finished = desk.one("SELECT finished FROM advisorjobs_action_step(%s)", number)
    assert take_all(desk, number) == [1200]  # whoever comes too late changes nothing
    assert cleanings(audit_log) == [("ada", 1200, "critical")]
    assert audit_log()[-1]["after"]["states"] == ["waiting"]


def test_of_a_cleaning_that_somebody_stops_the_log_says_how_far_it_came(
    ada: Actions, somebody: Somebody, desk: Desk, audit_log: Log
) -> None:
    fill(desk, 700)
    number = ada.sync.propose_cleaning("critical", "waiting", datetime.now(UTC) + timedelta(seconds=5))
    ada.sync.confirm(number)
    desk.one("SELECT finished FROM advisorjobs_action_step(%s)", number)
    done = standing(ada.sync, number).done
    assert 0 < done < 700
    assert somebody(by="bob").sync.cancel_action(number)
    assert cleanings(audit_log) == [("ada", done, "critical")]
    assert [(row["by"], row["action"], row["after"]["done"]) for row in audit_log()[-1:]] == [("bob", "cancel", done)]
    unstarted = ada.sync.propose_cleaning("critical", "waiting", datetime.now(UTC) + timedelta(seconds=5))
    assert ada.sync.cancel_action(unstarted)
    assert len(cleanings(audit_log)) == 1


def test_a_cleaning_that_stops_for_good_has_been_noted_but_for_less_than_ten_thousand(
    ada: Actions, desk: Desk, audit_log: Log
) -> None:
    fill(desk, 1200)
    number = ada.sync.propose_cleaning("critical", "waiting", datetime.now(UTC) + timedelta(seconds=5))
    ada.sync.confirm(number)
    assert desk.one("UPDATE advisorjobs_actions SET done = 9999 WHERE id = %s RETURNING done", number) == 9_999
    first = desk.one("SELECT done FROM advisorjobs_action_step(%s)", number)
    assert first > 9_999
    assert cleanings(audit_log) == [("ada", first, "critical")]
    take_all(desk, number)
    rest = 9_999 + 1_200 - first
    assert 0 < rest < 1_200
    assert cleanings(audit_log) == [("ada", first, "critical"), ("ada", rest, "critical")]


def test_a_cleaning_by_sql_is_noted_once(desk: Desk, audit_log: Log) -> None:
    fill(desk, 1200)
    assert desk.one("SELECT clean_queue('critical', 0, 'waiting')") == 1200
    assert [row["count"] for row in audit_log()] == [1200]


def test_an_organizations_people_reach_their_own_jobs_only(somebody: Somebody, ada: Actions, desk: Desk) -> None:
    own, other = fail(desk, 2, organization_id="org-1"), fail(desk, 2, organization_id="org-2")
    theirs = somebody(by="olga", role="operator", organization_id="org-1").sync
    number = theirs.propose("retry", wanted=JobFilter(queue="critical"))
    assert standing(theirs, number).expected == 2
    theirs.confirm(number)
    assert take_all(desk, number) == [2]
    picked = theirs.propose("retry", jobs=other)
    theirs.confirm(picked)
    assert [each.reason for each in theirs.read_refusals(picked)] == ["gone", "gone"]
    assert {row["id"] for row in desk.rows("SELECT id FROM procrastinate_jobs WHERE status = 'failed'")} == set(other)
    assert own
    for what, priority in (("promote", None), ("priority", 1)):
        with pytest.raises(NotAllowed):
            theirs.propose(what, wanted=JobFilter(queue="critical"), priority=priority)
    with pytest.raises(NotAllowed):
        theirs.propose("retry", wanted=JobFilter(organization="org-2"))
    hidden = ada.sync.propose("retry", jobs=other)
    assert theirs.read_action(hidden) is None
    assert not theirs.confirm(hidden)
    assert not theirs.cancel_action(hidden)
    assert theirs.read_refusals(hidden) == ()


MEANINGLESS: list[tuple[str, dict[str, Any]]] = [
    ("retri", {"jobs": [1]}), ("retry", {}), ("retry", {"jobs": []}),
    ("retry", {"jobs": [1], "wanted": JobFilter(queue="emails")}),
    ("priority", {"jobs": [1]}), ("retry", {"jobs": [1], "priority": 3}), ("retry", {"jobs": [2**63]}),
    ("retry", {"wanted": JobFilter(), "states": ("waiting",)}), ("retry", {"wanted": JobFilter(status=JobStatus.WAITING)}),
    ("cancel", {"wanted": JobFilter(status=JobStatus.COMPLETED)}), ("promote", {"wanted": JobFilter(queue="emailz")}),
]  # fmt: skip


def test_what_can_not_be_meant_is_refused_before_anything_is_sent(ada: Actions) -> None:
    for what, more in MEANINGLESS:
        with pytest.raises((SettingsError, UnknownJob)):
            ada.sync.propose(what, **more)


async def test_a_worker_carries_it_out(the_process: App, desk: Desk, somebody: Somebody) -> None:
    the_process.publish()
    fill(desk, 1100)
    ada = somebody()
    number = await ada.propose("cancel", wanted=JobFilter(queue="critical"))
    await ada.confirm(number)
    ran = await JobKit(the_process).run_next(queue="maintenance")
    assert ran is not None
    assert (ran.status, ran.result) == ("completed", {"changed": 1100, "refused": 0})
    found = await ada.read_action(number)
    assert found is not None
    assert (found.state, found.done) == ("done", 1100)
