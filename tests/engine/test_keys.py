"""Keys: limits that jobs of several queues and organizations share."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from advisorjobs.database.statement import statement
from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for


def limit_key(desk: Desk, key: str, **values: Any) -> None:
    desk.connection.execute(
        f"INSERT INTO advisorjobs_keys (key, {', '.join(values)}) VALUES ({', '.join(['%s'] * (len(values) + 1))})",
        [key, *values.values()],
    )


def parked(desk: Desk) -> int:
    count: int = desk.one("SELECT count(*) FROM procrastinate_jobs WHERE parked = 'key'")
    return count


def test_a_key_without_a_row_has_no_limit(desk: Desk) -> None:
    desk.enqueue(5, limit_key="stripe")

    assert len(desk.claim()) == 5


def test_no_more_run_at_once_with_a_key_than_it_allows_in_all_queues_together(desk: Desk, other_desk: Desk) -> None:
    limit_key(desk, "stripe", running=3)
    desk.enqueue(5, limit_key="stripe")
    desk.enqueue(5, limit_key="stripe", queue="emails")
    held = desk.claim(free=2)

    assert len(held) == 2
    assert len(other_desk.claim("emails")) == 1
    assert desk.claim() == []


def test_a_claim_of_several_queues_counts_what_it_took_of_a_key_in_each(desk: Desk) -> None:
    limit_key(desk, "stripe", running=3)
    for queue in ("critical", "emails"):
        desk.enqueue(5, limit_key="stripe", queue=queue)

    assert len(desk.claim("critical", "emails")) == 3


def test_the_end_of_a_job_lets_the_next_one_behind_its_key_go_on(desk: Desk) -> None:
    limit_key(desk, "stripe", running=1)
    ids = desk.enqueue(3, limit_key="stripe")

    for expected in ids:
        (job,) = desk.claim()
        assert job.id == expected
        assert desk.claim() == []
        desk.complete(job)
    assert desk.claim() == []


def test_jobs_behind_a_key_are_read_once_and_hold_up_nobody(desk: Desk) -> None:
    limit_key(desk, "stripe", running=1)
    desk.enqueue(200, limit_key="stripe", organization_id="a")
    (other,) = desk.enqueue(organization_id="a")

    assert other in [job.id for job in desk.claim(free=5)]
    assert parked(desk) == 199


def test_organizations_come_back_from_behind_a_key_in_turn(desk: Desk) -> None:
    limit_key(desk, "stripe", running=1)
    for organization in ("a", "b"):
        desk.enqueue(4, limit_key="stripe", organization_id=organization)
    order = []
    for _ in range(6):
        (job,) = desk.claim()
        order.append(job.organization_id)
        desk.complete(job)

    assert Counter(order) == {"a": 3, "b": 3}


def test_a_key_s_rate_holds_and_says_when_it_opens(desk: Desk) -> None:
    limit_key(desk, "stripe", rate=2, rate_window="60 s")
    desk.enqueue(5, limit_key="stripe")

    assert len(desk.claim()) == 2
    assert desk.claim() == []
    assert 0 < desk.run("next_due") <= 30


def test_a_service_that_asks_for_patience_closes_its_key_and_no_other(desk: Desk) -> None:
    desk.enqueue(3, limit_key="stripe")
    (other,) = desk.enqueue(limit_key="quickbooks")
    (job,) = desk.claim(free=1)
    desk.settle(job, status="snoozed", final=False, attempt_back=True, delay=30, close_for=30)

    assert [job.id for job in desk.claim()] == [other]
    desk.connection.execute("UPDATE advisorjobs_keys SET closed_until = now(), wake_at = now()")
    assert len(desk.claim()) == 2


def test_a_dead_worker_s_runs_leave_their_key_when_they_are_rescued(desk: Desk, other_desk: Desk) -> None:
    limit_key(desk, "stripe", running=1)
    desk.enqueue(2, limit_key="stripe")
    desk.claim()
    assert other_desk.claim() == []
    desk.die()
    other_desk.run("rescue")

    assert len(other_desk.claim()) == 1


def test_a_job_with_a_lock_and_a_key_waits_for_both(desk: Desk) -> None:
    limit_key(desk, "stripe", running=1)
    first, second = desk.enqueue(2, limit_key="stripe", lock="line")
    (third,) = desk.enqueue(limit_key="stripe")

    order = []
    for _ in range(3):
        (job,) = desk.claim()
        order.append(job.id)
        desk.complete(job)
    assert sorted(order) == [first, second, third]
    assert order.index(first) < order.index(second)


def test_jobs_that_end_while_others_are_claimed_leave_none_behind_their_keys(database: str, desk: Desk) -> None:
    """A claim that still counts a run as it ends must not put the next one to sleep."""
    keys = [f"key-{n}" for n in range(6)]
    for key in keys:
        limit_key(desk, key, running=2)
    jobs = [{"name": "test:work", "queue": "critical", "args": {}, "limit_key": keys[n % 6]} for n in range(500)]
    desk.connection.execute(statement("enqueue_jobs"), {"jobs": json.dumps(jobs)})

    def drain(one: Desk) -> None:
        def some() -> bool:
            taken = one.claim(free=5)
            if taken:
                one.complete(*taken)
            return not taken and one.one("SELECT count(*) FROM procrastinate_jobs") == 0

        wait_for(some, "the end of all jobs", seconds=25)  # well under the half minute of a look without a reason

    desks = [Desk(database) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(drain, desks))
    for one in desks:
        one.close()


def test_a_key_whose_next_job_nobody_takes_lets_another_go_on(desk: Desk) -> None:
    limit_key(desk, "stripe", running=1)
    desk.enqueue(2, limit_key="stripe", organization_id="a", queue="emails")
    (held,) = desk.claim("emails", free=1)
    desk.enqueue(limit_key="stripe", organization_id="b")
    desk.claim("emails")
    assert desk.claim() == []
    desk.complete(held)

    assert desk.claim() == []
    assert parked(desk) == 1
    assert 0 < desk.run("next_due") <= 1


def test_a_key_s_first_grants_say_when_the_next_may_start(desk: Desk) -> None:
    limit_key(desk, "stripe", rate=2, rate_window="5 s")
    desk.enqueue(5, limit_key="stripe")

    assert len(desk.claim()) == 2
    assert 0 < desk.run("next_due") < 6
