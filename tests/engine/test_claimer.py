"""In which order a worker starts what one claim has brought."""

from __future__ import annotations

from advisorjobs.engine.claim import in_turn
from advisorjobs.engine.claimed import Claimed


def job(job_id: int, organization: str | None, priority: int = -3, queue: str = "emails") -> Claimed:
    token = "f" * 32
    return Claimed(
        job_id, queue, "email:send", priority, None, None, {}, None, 1, 1, 0, False, organization, None, token
    )


def order(*jobs: Claimed, fair: bool = True) -> list[int]:
    return [each.id for each in in_turn(jobs, {"emails"} if fair else set())]


def test_a_newcomer_of_a_fair_queue_starts_before_the_second_job_of_the_others() -> None:
    assert order(job(1, "a"), job(2, "a"), job(3, "b"), job(4, "b"), job(5, "new")) == [1, 3, 5, 2, 4]


def test_without_fair_turns_the_order_of_arrival_holds() -> None:
    assert order(job(3, "b"), job(1, "a"), job(2, "a"), fair=False) == [1, 2, 3]


def test_priority_comes_first_and_jobs_without_an_organization_share_one_turn() -> None:
    assert order(job(1, None), job(2, None), job(3, "a"), job(4, None, priority=-1)) == [4, 1, 3, 2]
