"""What is said of limits is what a claim then grants."""

from __future__ import annotations

import random

import pytest

from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.inspector.limit_states import LimitState
from advisorjobs.manager import QueueManager
from tests.fixtures.desk import Desk


def state_of(inspector: BlockingInspector, kind: str, name: str) -> LimitState:
    """The state of the queue, organization or key *name*."""
    found = [each for each in inspector.read_limits() if each.kind == kind]
    (state,) = [
        each for each in found if name in (each.key, each.organization_id if kind == "organization" else each.queue)
    ]
    return state


@pytest.mark.parametrize("seed", range(4))
def test_tokens_are_what_the_next_claims_get(
    desk: Desk, inspector: BlockingInspector, manager: QueueManager, seed: int
) -> None:
    """Of a queue, of an organization in it and of a key, after starts of any number."""
    chance = random.Random(seed)
    manager.sync.set_queue_limit(
        "critical", rate=f"{chance.randint(5, 9)}/h", organization_rate=f"{chance.randint(2, 4)}/h"
    )
    desk.enqueue(9, args={"organization_id": "org-1"})
    desk.enqueue(9, args={"organization_id": "org-2"})
    started = desk.claim(free=chance.randint(1, 4))

    queue = state_of(inspector, "queue", "critical")
    assert queue.used == len(started)
    own = {each.organization_id: each.tokens for each in inspector.read_limits() if each.kind == "organization"}
    left = sum(own.get(name, queue_limit(inspector)) for name in ("org-1", "org-2"))
    got = desk.claim(free=20)
    assert len(got) == min(queue.tokens or 0, left)
    assert state_of(inspector, "queue", "critical").tokens == (queue.tokens or 0) - len(got)
    for name in ("org-1", "org-2"):
        mine = sum(job.organization_id == name for job in [*started, *got])
        assert state_of(inspector, "organization", name).used == mine


def queue_limit(inspector: BlockingInspector) -> int:
    """Starts of an organization that has started nothing yet."""
    limits = inspector.read_queue("critical").limits.organization_rate.value
    assert limits is not None
    return limits.starts


def test_a_used_up_rate_says_when_it_opens(desk: Desk, inspector: BlockingInspector, manager: QueueManager) -> None:
    manager.sync.set_queue_limit("critical", rate="2/min", why="slow service", changed_by="anna")
    desk.enqueue(3)
    assert state_of(inspector, "queue", "critical").open
    desk.claim()
    state = state_of(inspector, "queue", "critical")
    assert (state.tokens, state.open, state.held) == (0, False, None)
    assert state.next_start is not None
    at = desk.one("SELECT clock_timestamp()")
    assert 50 < (state.next_start - at).total_seconds() <= 62
    assert state.change is not None
    assert (state.change.by, state.change.why) == ("anna", "slow service")
    # the grants' own time: once they are older than the window nothing is used
    desk.connection.execute("UPDATE advisorjobs_grants SET at = ARRAY(SELECT a - 62 FROM unnest(at) a)")
    assert (state_of(inspector, "queue", "critical").used, len(desk.claim())) == (0, 1)


def test_running_limits_pauses_and_closings_hold(
    desk: Desk, inspector: BlockingInspector, manager: QueueManager
) -> None:
    manager.sync.set_queue_limit("critical", running=2)
    desk.enqueue(3)
    jobs = desk.claim()
    full = state_of(inspector, "queue", "critical")
    assert (full.running, full.running_limit, full.held, full.next_start, len(jobs)) == (2, 2, "full", None, 2)
    manager.sync.pause_queue("emails")
    assert (state_of(inspector, "queue", "emails").held, state_of(inspector, "queue", "emails").open) == (
        "paused",
        False,
    )
    desk.connection.execute(
        "UPDATE advisorjobs_queues SET closed_until = now() + interval '1 hour' WHERE name = 'reports'"
    )
    closed = state_of(inspector, "queue", "reports")
    assert closed.next_start == closed.closed_until is not None


def test_a_key_s_tokens_are_what_it_lets_start(desk: Desk, inspector: BlockingInspector, manager: QueueManager) -> None:
    manager.sync.set_key_limit("bank", rate="5/h")
    desk.enqueue(9)
    desk.connection.execute("UPDATE procrastinate_jobs SET limit_key = 'bank'")
    first = desk.claim(free=2)
    state = state_of(inspector, "key", "bank")
    assert (state.used, state.tokens, state.running) == (2, 3, len(first))
    assert len(desk.claim(free=9)) == 3
    assert state_of(inspector, "key", "bank").next_start is not None


def test_an_organization_sees_its_own_limits_only(
    desk: Desk, inspector: BlockingInspector, manager: QueueManager
) -> None:
    manager.sync.set_organization_rule("org-1", rate="3/h", weight=5)
    manager.sync.set_organization_rule("org-2", queue="emails", running=1)
    desk.enqueue(4, args={"organization_id": "org-1"})
    desk.claim()
    own = inspector.read_limits(organization_id="org-1")
    assert {each.organization_id for each in own} == {"org-1"}
    assert [(each.queue, each.used, each.tokens, each.weight) for each in own] == [("critical", 3, 0, 5)]
    assert [each.queue for each in inspector.read_limits(organization_id="org-2")] == ["emails"]
    assert {each.organization_id for each in inspector.read_limits() if each.kind == "organization"} == {
        "org-1",
        "org-2",
    }
