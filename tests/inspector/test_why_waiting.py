"""Why a job waits: a real job in each situation; the reason given is the true one, and without it the job starts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from advisorjobs.database.statement import statement
from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.inspector.waiting_facts import LimitFacts, LineFacts, PaceFacts, WaitingFacts, WorkerFacts
from advisorjobs.inspector.why_waiting import WaitingAccount, WaitingReason, Why, why_waiting
from advisorjobs.job import JobStatus
from advisorjobs.manager import BlockingQueueManager, QueueManager
from ops.bench.backlog import Backlog
from tests.fixtures.desk import Desk
from tests.fixtures.plans import cost_of

HOUR = timedelta(hours=1)


@pytest.fixture
def manager(app: Any) -> BlockingQueueManager:
    return QueueManager(app).sync


def account(inspector: BlockingInspector, job: int) -> WaitingAccount:
    found = inspector.why_waiting(job)
    assert found is not None
    return found


def reasons(inspector: BlockingInspector, job: int) -> list[Why]:
    return [reason.why for reason in account(inspector, job).reasons]


def only(inspector: BlockingInspector, job: int) -> WaitingReason:
    (reason,) = account(inspector, job).reasons
    return reason


def starts(desk: Desk, job: int, **claim: Any) -> bool:
    return job in [each.id for each in desk.claim(**claim)]


def test_a_free_job_waits_for_nothing_and_starts(desk: Desk, inspector: BlockingInspector) -> None:
    (job,) = desk.enqueue()

    assert reasons(inspector, job) == [Why.NOTHING]
    starting = account(inspector, job).starts_at
    assert starting is not None
    assert starts(desk, job)
    (reason,) = account(inspector, job).reasons
    assert (reason.why, reason.text) == (Why.RUNNING, "It doesn't wait: it has been taken by desk and runs.")


def test_a_job_that_ended_says_so(desk: Desk, inspector: BlockingInspector) -> None:
    done, failed = desk.claim() if desk.enqueue(2) else ()
    desk.complete(done)
    desk.settle(failed, status="failed", final=True, error_code="network")

    assert only(inspector, done.id).text == "It has ended: completed."
    assert "only if somebody retries it" in only(inspector, failed.id).text
    assert inspector.why_waiting(4711) is None


def test_a_job_for_later_says_who_planned_it(
    desk: Desk, inspector: BlockingInspector, manager: BlockingQueueManager
) -> None:
    (planned,) = desk.enqueue(delay=3_600)
    reason = only(inspector, planned)
    assert reason.why is Why.PLANNED
    assert reason.until == desk.one("SELECT scheduled_at FROM procrastinate_jobs WHERE id = %s", planned)

    again, later, anew = desk.claim() if desk.enqueue(3) else ()
    desk.settle(again, status="retrying", final=False, delay=60, error_code="network", error_message="away")
    desk.settle(later, status="snoozed", final=False, delay=60, attempt_back=True)
    desk.settle(anew, status="released", final=False, attempt_back=True)
    assert only(inspector, again.id).why is Why.RETRY
    assert only(inspector, again.id).text == "Attempt 1 ended with network; the next one follows after the back-off."
    assert only(inspector, later.id).why is Why.SNOOZED
    assert only(inspector, anew.id).why is Why.NOTHING
    assert not starts(desk, again.id)
    desk.one("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE id = %s RETURNING id", again.id)
    assert only(inspector, again.id).why is Why.NOTHING
    assert starts(desk, again.id)

    schedule = desk.one(
        "INSERT INTO advisorjobs_schedules (key, job_name, queue_name, args, every)"
        " VALUES ('nightly', 'test:work', 'critical', '{}', '1 day') RETURNING id"
    )
    (ticked,) = desk.enqueue(delay=60)
    desk.one(
        "INSERT INTO advisorjobs_schedule_ticks (schedule_id, tick, outcome, job_id)"
        " VALUES (%s, now(), 'queued', %s) RETURNING 1",
        schedule,
        ticked,
    )
    assert only(inspector, ticked).text == "Schedule nightly plans it for later."


def test_pauses_and_closed_queues_hold_a_job_until_they_end(
    desk: Desk, inspector: BlockingInspector, manager: BlockingQueueManager
) -> None:
    (job,) = desk.enqueue(organization_id="org-7")
    until = datetime.now(UTC) + HOUR
    manager.pause_queue("critical", reason="the server moves", paused_by="ada", until=until)
    manager.pause_organization("org-7", reason="not paid", paused_by="bob")
    manager.pause_queue("critical", organization_id="org-7")
    manager.pause_organization("org-8")
    manager.pause_queue("emails")
    desk.one("UPDATE advisorjobs_queues SET closed_until = %s WHERE name = 'critical' RETURNING 1", until)
    held = account(inspector, job).reasons

    assert [(reason.why, reason.until) for reason in held] == [
        (Why.QUEUE_PAUSED, until),
        (Why.ORGANIZATION_PAUSED, None),
        (Why.ORGANIZATION_PAUSED, None),
        (Why.QUEUE_CLOSED, until),
    ]
    assert held[0].text == "Queue critical is paused by ada: the server moves."
    assert held[2].text == "Organization org-7 is paused by bob, until somebody resumes it: not paid."
    own = inspector.why_waiting(job, "org-7")  # its people: not who, and not why
    assert own is not None
    assert [(each.why, each.until) for each in own.reasons] == [(each.why, each.until) for each in held]
    assert (own.reasons[0].text, own.reasons[2].text) == (
        "Queue critical is paused.",
        "Organization org-7 is paused, until somebody resumes it.",
    )
    assert account(inspector, job).starts_at is None
    assert not starts(desk, job)
    manager.resume_queue("critical")
    assert reasons(inspector, job) == [Why.ORGANIZATION_PAUSED, Why.ORGANIZATION_PAUSED]
    assert not starts(desk, job)
    manager.resume_organization("org-7")
    manager.resume_queue("critical", organization_id="org-7")
    assert reasons(inspector, job) == [Why.NOTHING]
    assert starts(desk, job)


def test_a_rate_that_is_used_up_holds_a_job_until_its_window_moves_on(
    desk: Desk, inspector: BlockingInspector, manager: BlockingQueueManager
) -> None:
    manager.set_queue_limit("critical", rate="2/h")
    first, second, third = desk.enqueue(3)
    assert [job.id for job in desk.claim()] == [first, second]
    reason = only(inspector, third)

    assert reason.why is Why.QUEUE_RATE
    assert reason.text == "Queue critical has had 2 of 2 starts in 1 h."
    assert reason.until is not None
    assert timedelta(minutes=55) < reason.until - datetime.now(UTC) < timedelta(minutes=65)
    starting = account(inspector, third).starts_at
    assert starting is not None
    assert abs(starting - reason.until) < timedelta(seconds=5)
    assert not starts(desk, third)
    desk.one("UPDATE advisorjobs_grants SET at = ARRAY(SELECT a - 3800 FROM unnest(at) a) RETURNING 1")
    assert reasons(inspector, third) == [Why.NOTHING]
    assert starts(desk, third)


def test_a_dear_job_waits_until_its_whole_cost_fits(
    desk: Desk, inspector: BlockingInspector, manager: BlockingQueueManager
) -> None:
    manager.set_queue_limit("critical", rate="4/h")
    desk.enqueue(2)
    assert len(desk.claim()) == 2
    (dear,) = desk.enqueue(cost=3)

    assert only(inspector, dear).why is Why.QUEUE_RATE
    assert not starts(desk, dear)
    desk.one("UPDATE procrastinate_jobs SET cost = 2 WHERE id = %s RETURNING 1", dear)
    assert only(inspector, dear).why is Why.NOTHING
    assert starts(desk, dear)


def test_limits_of_running_at_once_name_the_jobs_that_run(
    desk: Desk, inspector: BlockingInspector, manager: BlockingQueueManager
) -> None:
    manager.set_queue_limit("critical", running=2, organization_running=1)
    (first,) = desk.enqueue(organization_id="org-7")
    (holder,) = desk.claim()
    (mine,) = desk.enqueue(organization_id="org-7")
    reason = only(inspector, mine)
    assert (reason.why, reason.jobs) == (Why.ORGANIZATION_RUNNING, (first,))
    assert reason.text == "Organization org-7 in queue critical runs 1 of at most 1 at once."
    assert not starts(desk, mine)

    (other,) = desk.enqueue(organization_id="org-8")
    assert starts(desk, other)
    (third,) = desk.enqueue(organization_id="org-9")
    reason = only(inspector, third)
    assert (reason.why, reason.jobs) == (Why.QUEUE_RUNNING, (first, other))
    assert reasons(inspector, mine) == [Why.QUEUE_RUNNING, Why.ORGANIZATION_RUNNING]
    assert not starts(desk, third)
    desk.one("SELECT cancel_job(%s)", third)
    desk.complete(holder)
    assert reasons(inspector, mine) == [Why.NOTHING]
    assert starts(desk, mine)


def test_an_organizations_rate_holds_its_jobs_only(
    desk: Desk, inspector: BlockingInspector, manager: BlockingQueueManager
) -> None:
    manager.set_organization_rule("org-7", queue="critical", rate="1/h")
    first, second = desk.enqueue(2, organization_id="org-7")
    (other,) = desk.enqueue(organization_id="org-8")
    assert sorted(job.id for job in desk.claim()) == [first, other]

    reason = only(inspector, second)
    assert (reason.why, reason.text) == (
        Why.ORGANIZATION_RATE,
        "Organization org-7 in queue critical has had 1 of 1 starts in 1 h.",
    )
    assert not starts(desk, second)
    manager.remove_organization_rule("org-7", queue="critical")
    assert reasons(inspector, second) == [Why.NOTHING]
    assert starts(desk, second)


def test_a_lock_tells_who_holds_it_and_how_many_stand_before(desk: Desk, inspector: BlockingInspector) -> None:
    first, second, third = desk.enqueue(3, lock="books")
    (holder,) = desk.claim()
    assert holder.id == first
    reason = only(inspector, third)

    assert (reason.why, reason.jobs) == (Why.LOCK, (first, second))
    assert reason.text == f"Its lock is taken: job {first} runs with it, and 1 waits before it."
    assert only(inspector, second).text == f"Its lock is taken: job {first} runs with it."
    assert not starts(desk, second)
    desk.complete(holder)
    assert reasons(inspector, second) == [Why.NOTHING]
    assert only(inspector, third).text == "1 waits before it in the line of its lock."
    assert starts(desk, second)


def test_a_key_without_room_holds_its_jobs(
    desk: Desk, inspector: BlockingInspector, manager: BlockingQueueManager
) -> None:
    manager.set_key_limit("stripe:1", running=1)
    first, second = desk.enqueue(2, limit_key="stripe:1")
    (holder,) = desk.claim()
    reason = only(inspector, second)
    assert (reason.why, reason.jobs, reason.text) == (
        Why.KEY_RUNNING,
        (first,),
        "Key stripe:1 runs 1 of at most 1 at once.",
    )
    assert not starts(desk, second)
    desk.complete(holder)
    assert reasons(inspector, second) == [Why.BROUGHT_BACK]
    assert starts(desk, second)

    manager.set_key_limit("stripe:1", running="none", rate="1/h")
    third, fourth = desk.enqueue(2, limit_key="stripe:1")
    assert starts(desk, third)
    assert only(inspector, fourth).why is Why.KEY_RATE
    assert not starts(desk, fourth)
    desk.one("UPDATE advisorjobs_keys SET closed_until = now() + interval '1 hour' RETURNING 1")
    assert reasons(inspector, fourth) == [Why.KEY_CLOSED, Why.KEY_RATE]


def test_a_job_that_no_worker_serves_or_knows(desk: Desk, inspector: BlockingInspector) -> None:
    (unserved,) = desk.enqueue(queue="reports")
    (unknown,) = desk.enqueue(name="test:unheard_of")
    assert (only(inspector, unserved).why, only(inspector, unserved).since) == (Why.NO_WORKER, None)
    reason = only(inspector, unknown)
    assert reason.why is Why.UNKNOWN_JOB
    assert reason.text == (
        "The worker of queue critical doesn't know a job test:unheard_of."
        " No program that has been deployed here knows it: is its name right?"
    )
    assert not starts(desk, unknown)
    assert only(inspector, unknown).why is Why.UNKNOWN_JOB

    desk.names = (*desk.names, "test:unheard_of")
    desk.one("UPDATE advisorjobs_workers SET job_names = %s RETURNING 1", list(desk.names))
    assert reasons(inspector, unknown) == [Why.BROUGHT_BACK]
    assert starts(desk, unknown, look_aside=True)

    (job,) = desk.enqueue()
    desk.one("UPDATE advisorjobs_workers SET stopping = true RETURNING 1")
    assert only(inspector, job).text == "No worker takes jobs of queue critical: 1 about to stop, none to follow."
    desk.one("UPDATE advisorjobs_workers SET stopping = false RETURNING 1")
    assert only(inspector, job).why is Why.NOTHING
    desk.die()
    reason = only(inspector, job)
    assert reason.why is Why.NO_WORKER
    assert reason.since is not None


def test_busy_slots_and_the_place_in_line(desk: Desk, inspector: BlockingInspector) -> None:
    desk.enqueue(10)
    running = desk.claim()
    first, second, third = desk.enqueue(3, organization_id="org-7", priority=-2)
    desk.enqueue(5, organization_id="org-8", priority=-2)
    desk.enqueue(2, organization_id="org-9")
    found = account(inspector, third)

    assert [reason.why for reason in found.reasons] == [Why.SLOTS, Why.LINE]
    assert found.reasons[0].text == "All 10 slots of 1 worker for queue critical are busy."
    assert found.reasons[0].jobs == tuple(sorted(job.id for job in running))
    assert found.reasons[0].since is not None
    assert found.reasons[1].text == (
        "About 6 before it in line: 2 of higher priority, 2 of its own turn, 2 of other organizations in turn."
    )
    assert (found.before, found.many_before) == (6, False)
    assert account(inspector, first).before == 2
    desk.complete(*running)
    assert reasons(inspector, third) == [Why.LINE]
    taken = [job.id for job in desk.claim(free=8)]
    assert {first, second, third} <= set(taken)


def test_a_long_line_is_not_counted_to_its_end(desk: Desk, inspector: BlockingInspector) -> None:
    desk.enqueue(1_200)
    (job,) = desk.enqueue()
    found = account(inspector, job)

    assert (found.before, found.many_before, found.starts_at) == (1_000, True, None)
    assert found.reasons[0].text == "More than 1 000 before it in line: more than 1 000 of its own turn."


def test_people_of_an_organization_see_their_jobs_only(
    desk: Desk, inspector: BlockingInspector, manager: BlockingQueueManager
) -> None:
    manager.set_queue_limit("critical", running=1)
    (other,) = desk.enqueue(organization_id="org-8", lock="shared")
    desk.claim()
    (mine,) = desk.enqueue(organization_id="org-7", lock="shared")
    seen = inspector.why_waiting(mine, "org-7")
    assert seen is not None

    assert [(reason.why, reason.jobs) for reason in seen.reasons] == [(Why.QUEUE_RUNNING, ()), (Why.LOCK, ())]
    assert "another job runs with it" in seen.reasons[1].text
    assert inspector.why_waiting(other, "org-7") is None
    assert [reason.jobs for reason in account(inspector, mine).reasons] == [(other,), (other,)]


@pytest.mark.parametrize("statistics", ["SELECT 1", "ANALYZE"])
def test_as_much_is_read_of_many_jobs_as_of_few(desk: Desk, connection: Any, statistics: str) -> None:
    connection.execute(statistics.encode())
    for queue in ("critical", "emails"):
        Backlog(queue=queue).add(connection, 5_000)
    asked = {
        "job": desk.one("SELECT max(id) FROM procrastinate_jobs WHERE queue_name = 'emails'"),
        "organization": None,
    }
    connection.execute(statement("read_waiting_facts"), asked)
    cost = cost_of(connection, statement("read_waiting_facts"), asked)

    assert max(cost.entries.values(), default=0) <= 4_000, cost


def waiting(**facts: Any) -> WaitingFacts:
    known = {
        "now": datetime(2026, 1, 1, tzinfo=UTC),
        "id": 1,
        "status": JobStatus.WAITING,
        "queue": "emails",
        "name": "email:send",
        "organization_id": None,
        "workers": WorkerFacts(serving=1, knowing=1, slots=2, free=0),
        "line": LineFacts(higher=0, own=3, others=0),
        "pace": PaceFacts(runs=10, run_ms=1_000),
    }
    return WaitingFacts(**{**known, **facts})


def test_the_estimate_goes_by_slots_and_rate() -> None:
    now = waiting().now
    assert why_waiting(waiting()).starts_at == now + timedelta(seconds=2)
    assert why_waiting(waiting(line=LineFacts(higher=0, own=4, others=0))).starts_at == now + timedelta(seconds=3)
    limited = LimitFacts(rate=2, window_s=60, used=2, opens_in=30)
    assert why_waiting(waiting(queue_limit=limited)).starts_at == now + timedelta(seconds=90)
    assert why_waiting(waiting(pace=PaceFacts())).starts_at is None
