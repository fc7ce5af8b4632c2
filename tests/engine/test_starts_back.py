"""Starts that were granted and given back before the function was called: limits count them no longer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.test_limits import limit, rule
from tests.fixtures.desk import Desk


def given_back(desk: Desk, *jobs: Any) -> None:
    for job in jobs:
        desk.settle(job, status="released", final=False, attempt_back=True, start_back=True)


def grants(desk: Desk) -> dict[str, list[int]]:
    rows = desk.rows("SELECT replace(scope, chr(31), ' ') AS scope, costs FROM advisorjobs_grants")
    return {row["scope"]: row["costs"] for row in rows}


def test_what_was_given_back_before_it_was_called_no_longer_counts(desk: Desk) -> None:
    limit(desk, rate=(2, 60))
    desk.enqueue(3)
    given_back(desk, desk.claim()[0])

    assert len(desk.claim()) == 1
    assert desk.claim() == []


def test_a_start_that_was_given_back_counts_for_nobody(desk: Desk) -> None:
    limit(desk, rate=(5, 60), organization_rate=(3, 60))
    rule(desk, "b", rate=1, rate_window="1 hour")
    desk.enqueue(cost=2, organization_id="a")
    desk.enqueue(organization_id="b")
    dear, cheap = sorted(desk.claim(), key=lambda job: str(job.organization_id))
    assert {name: sum(costs) for name, costs in grants(desk).items()} == {
        "queue critical": 3, "queue critical a": 2, "queue critical b": 1,
    }  # fmt: skip

    given_back(desk, dear)
    assert grants(desk) == {"queue critical": [1], "queue critical b": [1]}
    given_back(desk, cheap)
    assert grants(desk) == {}


def test_the_earliest_grant_since_the_claim_is_given_back_and_none_before_or_long_after(desk: Desk) -> None:
    limit(desk, rate=(9, 60))
    desk.enqueue()
    (job,) = desk.claim()
    since = desk.one("SELECT extract(epoch FROM started_at)::float8 FROM procrastinate_jobs WHERE id = %s", job.id)
    at = [since - 1, since + 0.1, since + 2, since + 10]
    desk.connection.execute("UPDATE advisorjobs_grants SET at = %s, costs = '{3, 0, 1, 2}'", [at])

    given_back(desk, job)

    assert desk.rows("SELECT at, costs FROM advisorjobs_grants") == [{"at": [at[0], at[3]], "costs": [3, 2]}]


def test_a_start_given_back_after_its_window_takes_nobody_elses(desk: Desk) -> None:
    limit(desk, rate=(2, 60))
    desk.enqueue(4)
    (late,) = desk.claim(free=1)
    desk.claim(free=1)
    desk.connection.execute(
        "UPDATE procrastinate_jobs SET started_at = started_at - interval '62 seconds' WHERE id = %s", [late.id]
    )
    since = desk.one("SELECT extract(epoch FROM started_at)::float8 FROM procrastinate_jobs WHERE id = %s", late.id)
    # its own grant has lapsed (61.5 seconds); the other's, two seconds later, counts on
    desk.connection.execute("UPDATE advisorjobs_grants SET at = %s, costs = '{1, 1}'", [[since + 0.1, since + 2]])
    assert len(desk.claim()) == 1  # forgets the first
    assert desk.claim() == []

    given_back(desk, late)

    assert desk.claim() == []


@pytest.mark.parametrize("queue", ["critical", ""])
def test_a_start_from_before_a_change_of_rates_is_not_given_back(desk: Desk, queue: str) -> None:
    limit(desk, rate=(9, 60))
    desk.enqueue(4, organization_id="a")
    (before,) = desk.claim(free=1)
    rule(desk, "a", queue, rate=2, rate_window="1 minute")
    (after,) = desk.claim(free=1)
    counted = {"queue critical": 2, "queue critical a": 1}
    assert {name: sum(costs) for name, costs in grants(desk).items()} == counted

    given_back(desk, before)
    assert {name: sum(costs) for name, costs in grants(desk).items()} == counted

    given_back(desk, after)
    assert {name: sum(costs) for name, costs in grants(desk).items()} == {"queue critical": 1}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE advisorjobs_queues SET rate = 5",
        "UPDATE advisorjobs_queues SET rate_window = interval '1 hour'",
        "UPDATE advisorjobs_queues SET organization_rate = 1, organization_rate_window = interval '1 hour'",
        "UPDATE advisorjobs_organization_rules SET rate = 5",
        "DELETE FROM advisorjobs_organization_rules",
    ],
)
def test_each_change_of_rates_is_noted(desk: Desk, change: Any) -> None:
    limit(desk, rate=(2, 60))
    rule(desk, "b", rate=1, rate_window="1 minute")
    desk.enqueue(2)
    (job, _) = desk.claim()

    desk.connection.execute(change)
    given_back(desk, job)

    assert [sum(costs) for costs in grants(desk).values()] == [2]


def test_what_changes_no_rate_keeps_starts_returnable(desk: Desk) -> None:
    limit(desk, rate=(2, 60))
    desk.enqueue(2)
    (job, _) = desk.claim()

    limit(desk, rate=(2, 60), running=7)
    rule(desk, "b", weight=3)
    given_back(desk, job)

    assert grants(desk) == {"queue critical": [1]}
