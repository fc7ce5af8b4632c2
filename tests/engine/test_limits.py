"""Limits, statement by statement: what a claim may take, and what it says about the rest."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for


def limit(desk: Desk, queue: str = "critical", **values: Any) -> None:
    """Sets the limits of *queue*, and no others."""
    desk.rows(
        "INSERT INTO advisorjobs_queues (name, priority) VALUES (%s, 3) ON CONFLICT DO NOTHING RETURNING name", queue
    )
    for column, value in values.items():
        seconds = column.endswith("window")
        desk.connection.execute(
            f"UPDATE advisorjobs_queues SET {column} = {'make_interval(secs => %s)' if seconds else '%s'} WHERE name = %s"
            if not isinstance(value, tuple)
            else f"UPDATE advisorjobs_queues SET {column} = %s, {column}_window = make_interval(secs => %s) WHERE name = %s",
            [*(value if isinstance(value, tuple) else (value,)), queue],
        )


def rule(desk: Desk, organization: str, queue: str = "critical", **values: Any) -> None:
    columns = ", ".join(values)
    desk.connection.execute(
        f"INSERT INTO advisorjobs_organization_rules (queue, organization_id, {columns})"
        f" VALUES ({', '.join(['%s'] * (len(values) + 2))})",
        [queue, organization, *values.values()],
    )


def test_no_more_start_in_a_window_than_the_rate_allows(desk: Desk) -> None:
    limit(desk, rate=(3, 60))
    desk.enqueue(10)

    assert len(desk.claim()) == 3
    assert desk.claim() == []
    (visit,) = desk.visits
    assert visit.limited
    assert visit.start_within is not None
    assert 60 / 40 < visit.start_within < 60 / 40 + 1
    assert visit.opens_in is not None
    assert 59 < visit.opens_in < 62


def test_a_rate_counts_across_workers(desk: Desk, other_desk: Desk) -> None:
    limit(desk, rate=(5, 60))
    desk.enqueue(20)

    assert len(desk.claim(free=3)) + len(other_desk.claim()) == 5


def test_claims_at_the_same_moment_admit_no_more_than_the_rate(database: str, desk: Desk) -> None:
    limit(desk, rate=(50, 60))
    desk.enqueue(400)
    desks = [Desk(database) for _ in range(6)]

    def drain(one: Desk) -> int:
        return sum(len(one.claim(free=3)) for _ in range(20))

    with ThreadPoolExecutor(6) as pool:
        taken = sum(pool.map(drain, desks))
    for one in desks:
        one.close()
    assert taken == 50


def test_a_window_that_has_passed_opens_the_queue_again(desk: Desk) -> None:
    limit(desk, rate=(2, 0.2))
    desk.enqueue(6)
    first = time.monotonic()
    assert len(desk.claim()) == 2

    wait_for(lambda: len(desk.claim()) == 2, "the next window")

    assert time.monotonic() - first >= 0.2


def test_a_claim_that_had_to_wait_gives_its_grants_no_less_time(desk: Desk, other_desk: Desk) -> None:
    limit(desk, rate=(2, 60))
    desk.enqueue(2)
    with ThreadPoolExecutor(1) as pool:
        with other_desk.connection.transaction():
            other_desk.one("SELECT 1 FROM advisorjobs_queues WHERE name = 'critical' FOR UPDATE")
            claim = pool.submit(desk.claim)
            wait_for(lambda: other_desk.one("SELECT count(*) FROM pg_locks WHERE NOT granted"), "a claim that waits")
            begun = time.monotonic()
            other_desk.one("SELECT pg_sleep(0.2)")
            waited = time.monotonic() - begun
        assert len(claim.result()) == 2

    (visit,) = desk.visits
    assert visit.start_within is not None
    assert visit.start_within > 60 / 40 + waited * 0.99


def test_what_was_granted_and_given_back_stays_counted(desk: Desk) -> None:
    limit(desk, rate=(2, 60))
    desk.enqueue(3)
    desk.settle(*desk.claim(), status="released", final=False, attempt_back=True)

    assert desk.claim() == []


def test_a_limit_at_the_head_holds_up_no_other_queue(desk: Desk) -> None:
    limit(desk, rate=(1, 60))
    desk.enqueue(5)
    (mail,) = desk.enqueue(queue="emails")
    desk.claim()

    assert [job.id for job in desk.claim("emails")] == [mail]


def test_costs_count_as_so_many_starts(desk: Desk) -> None:
    limit(desk, rate=(7, 60))
    desk.enqueue(5, cost=3)

    assert len(desk.claim()) == 2
    assert desk.claim() == []


def test_a_job_that_costs_more_than_the_whole_limit_starts_alone_in_its_window(desk: Desk) -> None:
    limit(desk, rate=(2, 60))
    (dear,) = desk.enqueue(cost=50)
    desk.enqueue(3)

    assert [job.id for job in desk.claim()] == [dear]
    assert desk.claim() == []


def test_a_dear_job_at_the_head_is_saved_for(desk: Desk) -> None:
    limit(desk, rate=(4, 60))
    (first,) = desk.enqueue(cost=2, organization_id="a")
    (dear,) = desk.enqueue(cost=4, organization_id="b")
    desk.enqueue(5, organization_id="c")

    assert [job.id for job in desk.claim()] == [first]
    assert desk.claim() == []
    desk.connection.execute("DELETE FROM advisorjobs_grants")
    assert [job.id for job in desk.claim()] == [dear]


def test_no_more_run_at_once_than_the_limit_whatever_became_of_their_worker(desk: Desk, other_desk: Desk) -> None:
    limit(desk, running=3)
    desk.enqueue(10)
    held = desk.claim()
    assert len(held) == 3
    assert other_desk.claim() == []

    desk.complete(held[0])
    assert len(other_desk.claim()) == 1
    desk.die()
    assert other_desk.claim() == []
    other_desk.run("rescue")

    assert len(other_desk.claim()) == 2


def test_each_organization_has_a_limit_of_its_own(desk: Desk) -> None:
    limit(desk, organization_running=2)
    desk.enqueue(10, organization_id="a")
    desk.enqueue(10, organization_id="b")
    desk.enqueue(3)

    taken = Counter(job.organization_id for job in desk.claim(free=20))

    assert taken == {"a": 2, "b": 2, None: 3}


def test_an_organization_s_own_rule_overrides_the_queue_s(desk: Desk) -> None:
    limit(desk, organization_rate=(1, 60))
    rule(desk, "b", rate=4, rate_window="60 s")
    rule(desk, "c", queue="", rate=2, rate_window="60 s")
    for organization in "abc":
        desk.enqueue(10, organization_id=organization)

    taken = Counter(job.organization_id for job in desk.claim(free=30) + desk.claim(free=30))

    assert taken == {"a": 1, "b": 4, "c": 2}


@pytest.mark.parametrize(
    "limits",
    [{"rate": (1, 60)}, {"running": 1}, {"organization_rate": (1, 60)}, {"organization_running": 1}],
    ids=["rate", "running", "organization-rate", "organization-running"],
)
def test_a_limit_holds_for_the_only_job_that_is_ready(desk: Desk, limits: dict[str, Any]) -> None:
    limit(desk, **limits)
    desk.enqueue(1, organization_id="org-1")
    assert len(desk.claim()) == 1
    desk.enqueue(1, organization_id="org-1")
    assert desk.claim() == []


def test_a_closed_queue_keeps_its_only_ready_job(desk: Desk) -> None:
    limit(desk)
    desk.connection.execute(
        "UPDATE advisorjobs_queues SET closed_until = now() + interval '60 s' WHERE name = 'critical'"
    )
    desk.enqueue(1)
    assert desk.claim() == []


def test_an_organization_s_own_rule_holds_for_the_only_job_that_is_ready(desk: Desk) -> None:
    rule(desk, "org-1", running=1)
    desk.enqueue(1, organization_id="org-1")
    assert len(desk.claim()) == 1
    desk.enqueue(1, organization_id="org-1")
    assert desk.claim() == []


def test_an_organization_that_is_closed_says_when_it_opens(desk: Desk) -> None:
    limit(desk, organization_rate=(1, 60))
    desk.enqueue(5, organization_id="a")
    desk.claim()
    assert desk.claim() == []

    (visit,) = desk.visits
    assert visit.opens_in is not None
    assert 59 < visit.opens_in < 62


def test_a_queue_of_which_only_some_organizations_wait_is_not_closed(desk: Desk) -> None:
    limit(desk, organization_rate=(1, 60))
    desk.enqueue(5, organization_id="a")
    desk.claim()
    assert desk.claim() == []
    assert [visit.closed for visit in desk.visits] == [False]

    limit(desk, rate=(1, 60))
    desk.enqueue(organization_id="b")
    desk.claim()
    assert desk.claim() == []
    assert [visit.closed for visit in desk.visits] == [True]


def test_thousands_of_closed_organizations_hide_none_that_is_open(desk: Desk) -> None:
    limit(desk, organization_running=1)
    desk.connection.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, organization_id, turn, status)"
        " SELECT 'critical', 'test:work', -3, '{}', 'org-' || lpad(n::text, 5, '0'), 'org-' || lpad(n::text, 5, '0'), s.status"
        " FROM generate_series(1, 1500) n, unnest('{doing,todo}'::procrastinate_job_status[]) AS s(status)"
    )
    (open_one,) = desk.enqueue(organization_id="org-99999")

    taken = [job.id for _ in range(3) for job in desk.claim()]

    assert taken == [open_one]


def test_an_organization_s_limit_holds_over_all_priorities_of_one_claim(desk: Desk) -> None:
    limit(desk, organization_running=2)
    for priority in (-1, -3, -5):
        desk.enqueue(10, organization_id="a", priority=priority)

    assert len(desk.claim(free=20, aged=1)) == 2


def test_an_organization_s_rate_holds_over_all_priorities_of_one_claim(desk: Desk) -> None:
    limit(desk, organization_rate=(2, 60))
    for priority in (-1, -3, -5):
        desk.enqueue(10, organization_id="a", priority=priority)

    assert len(desk.claim(free=20, aged=1)) == 2


def test_dear_jobs_of_an_organization_without_a_rate_start_all_the_same(desk: Desk) -> None:
    limit(desk, organization_running=2)
    desk.enqueue(10, organization_id="a", cost=3)

    assert len(desk.claim(free=20)) == 2


def test_a_rate_in_a_queue_without_fair_turns_still_holds_for_each_organization(desk: Desk) -> None:
    limit(desk, fair=False)
    for organization in "ab":
        desk.enqueue(5, organization_id=organization)
    limit(desk, organization_running=1)

    taken = Counter(job.organization_id for job in desk.claim(free=20))

    assert taken == {"a": 1, "b": 1}


def test_a_service_that_asks_for_patience_closes_its_queue_and_costs_no_attempt(desk: Desk) -> None:
    desk.enqueue(3)
    (job,) = desk.claim(free=1)
    desk.settle(
        job, status="snoozed", final=False, attempt_back=True, delay=30, close_for=30, error_code="rate_limited"
    )

    assert desk.claim() == []
    (visit,) = desk.visits
    assert visit.opens_in is not None
    assert 29 < visit.opens_in <= 30
    assert desk.one("SELECT attempts FROM procrastinate_jobs WHERE id = %s", job.id) == 0
    desk.connection.execute("UPDATE advisorjobs_queues SET closed_until = now()")
    assert len(desk.claim()) == 2


def test_a_server_s_clock_that_is_set_back_closes_no_queue_for_longer_than_its_window(desk: Desk) -> None:
    limit(desk, rate=(1, 60))
    desk.enqueue(2)
    desk.claim()
    desk.connection.execute("UPDATE advisorjobs_grants SET at = ARRAY(SELECT a + 86400 FROM unnest(at) AS a)")
    assert desk.claim() == []

    assert desk.claim() == []
    (visit,) = desk.visits
    assert visit.opens_in is not None
    assert visit.opens_in < 62


def pause(desk: Desk, queue: str, organization: str = "", until: str | None = None) -> None:
    desk.connection.execute(
        "INSERT INTO advisorjobs_pauses (queue, organization_id, until) VALUES (%s, %s, %s)",
        [queue, organization, until],
    )


def test_a_paused_queue_starts_nothing_until_it_is_resumed(desk: Desk) -> None:
    ids = desk.enqueue(2)
    pause(desk, "critical")
    assert desk.claim() == []

    desk.connection.execute("DELETE FROM advisorjobs_pauses")
    assert [job.id for job in desk.claim()] == ids


def test_a_pause_ends_by_itself(desk: Desk) -> None:
    ids = desk.enqueue(2)
    pause(desk, "critical", until="2001-01-01")

    assert [job.id for job in desk.claim()] == ids


def test_a_paused_organization_rests_in_one_queue_or_in_all(desk: Desk) -> None:
    for queue in ("critical", "emails"):
        for organization in "abc":
            desk.enqueue(organization_id=organization, queue=queue)
    pause(desk, "critical", "a")
    pause(desk, "", "b")

    assert [job.organization_id for job in desk.claim("critical")] == ["c"]
    assert [job.organization_id for job in desk.claim("emails")] == ["a", "c"]


def test_a_paused_organization_rests_where_turns_are_off_too(desk: Desk) -> None:
    limit(desk, fair=False)
    desk.enqueue(3, organization_id="a")
    (other,) = desk.enqueue(organization_id="b")
    pause(desk, "", "a")

    assert [job.id for job in desk.claim()] == [other]
