"""Whose turn it is: organizations one after the other, by weight, each priority apart, and low ones in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from advisorjobs.engine.claimed import Claimed
from tests.fixtures.desk import Desk


def organizations(jobs: Sequence[Claimed]) -> list[str | None]:
    return [job.organization_id for job in jobs]


def fill(desk: Desk, count: int, *names: str, **fields: object) -> None:
    for name in names:
        desk.enqueue(count, organization_id=name, **fields)


def test_organizations_take_turns_however_much_one_of_them_has_queued(desk: Desk) -> None:
    fill(desk, 1000, "a")
    fill(desk, 3, "b", "c")

    assert Counter(organizations(desk.claim(free=9))) == {"a": 3, "b": 3, "c": 3}


def test_the_next_claim_goes_on_where_the_last_one_ended(desk: Desk) -> None:
    fill(desk, 5, "a", "b", "c", "d", "e")

    assert [sorted(organizations(desk.claim(free=2))) for _ in range(5)] == [
        ["a", "b"],
        ["c", "d"],
        ["a", "e"],
        ["b", "c"],
        ["d", "e"],
    ]


def test_a_newcomer_waits_for_one_round_at_most(desk: Desk) -> None:
    fill(desk, 50, "a", "b", "c")
    desk.claim(free=1)
    (new,) = desk.enqueue(organization_id="0")

    taken = [job.id for _ in range(4) for job in desk.claim(free=1)]

    assert new in taken


def test_what_some_leave_of_their_part_goes_evenly_to_those_that_have_more(desk: Desk) -> None:
    fill(desk, 1, *(f"small-{n}" for n in range(8)))
    fill(desk, 100, "x", "y")

    assert Counter(organizations(desk.claim(free=48)))["x"] == 20


def test_a_claim_that_gets_all_it_asked_for_leaves_no_slot_empty(desk: Desk) -> None:
    fill(desk, 1, *(f"small-{n}" for n in range(30)))
    fill(desk, 500, "big")

    assert len(desk.claim(free=200)) == 200


def test_weights_say_how_many_in_a_row(desk: Desk) -> None:
    desk.connection.execute(
        "INSERT INTO advisorjobs_organization_rules (queue, organization_id, weight) VALUES ('', 'b', 2), ('critical', 'c', 4)"
    )
    fill(desk, 200, "a", "b", "c")

    one_by_one = Counter(job.organization_id for _ in range(70) for job in desk.claim(free=1))
    in_batches = Counter(job.organization_id for _ in range(7) for job in desk.claim(free=10))

    assert one_by_one == in_batches == {"a": 10, "b": 20, "c": 40}


def test_jobs_without_an_organization_share_one_turn(desk: Desk) -> None:
    desk.enqueue(50)
    fill(desk, 50, "a")

    assert Counter(organizations(desk.claim(free=10))) == {None: 5, "a": 5}


def test_a_queue_without_fair_turns_goes_by_arrival(desk: Desk) -> None:
    desk.connection.execute("INSERT INTO advisorjobs_queues (name, priority, fair) VALUES ('emails', 3, false)")
    fill(desk, 8, "a", "b", queue="emails")

    assert organizations(desk.claim("emails", free=9)) == ["a"] * 8 + ["b"]


def test_each_priority_has_its_turns_and_the_higher_goes_first(desk: Desk) -> None:
    fill(desk, 3, "a", priority=-1)
    fill(desk, 3, "a", "b", priority=-5)

    assert [(-job.priority, job.organization_id) for job in desk.claim(free=5)] == [
        (1, "a"),
        (1, "a"),
        (1, "a"),
        (5, "a"),
        (5, "b"),
    ]


def test_the_part_set_aside_for_ageing_goes_to_lower_priorities_in_turn(desk: Desk) -> None:
    for priority in (1, 3, 5, 7):
        desk.enqueue(100, priority=-priority)

    aged = [min(job.priority for job in desk.claim(free=10, aged=1)) for _ in range(6)]

    assert [-priority for priority in aged] == [3, 5, 7, 3, 5, 7]


def test_ageing_takes_nothing_away_where_no_lower_priority_waits(desk: Desk) -> None:
    desk.enqueue(20, priority=-1)

    assert len(desk.claim(free=10, aged=1)) == 10
