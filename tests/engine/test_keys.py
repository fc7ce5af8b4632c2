"""Keys: limits that jobs of several queues and organizations share."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.fixtures.desk import Desk


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
