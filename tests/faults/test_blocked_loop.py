"""A job that blocks the event loop (28): within its time limit it is left alone, beyond it the process is replaced."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import pytest

from tests.faults.engines import Order
from tests.faults.scale import LEASE, SWEEP, ours_only
from tests.faults.site import Site

pytestmark = [pytest.mark.faults, ours_only]

GIVEN_UP_AFTER = 10.0


def test_a_job_that_blocks_the_loop_for_three_leases_runs_once(site: Site, figure: Callable[..., None]) -> None:
    """One in each of two workers, asleep or burning, and a third worker that would take them for dead."""
    for kind in ("hog", "spin"):
        member = site.start(1)
        site.enqueue(Order(kind=kind, args={"seconds": 3 * LEASE}))
        site.wait_event("begin", len(site.ids))
        site.wait_log(member, "the event loop has stood still", 1 + 4)
    site.start(1)
    site.wait_done(3 * LEASE + 30)

    begins = len(site.witness.events("begin"))
    figure(blocked=f"{3 * LEASE:g} s", runs=begins)
    assert begins == len(site.ids)
    assert site.one("SELECT count(*) FROM advisorjobs_runs WHERE status <> 'completed'") == 0
    site.check()


@pytest.mark.parametrize("how", ["sleep", "deadlock"])
def test_beyond_its_time_limit_it_is_fenced_and_the_process_is_replaced(
    site: Site, figure: Callable[..., None], how: str
) -> None:
    member = site.start(4, FAULTS_PROCESSES=1)
    (other,) = site.enqueue(Order(kind="nap", args={"ms": 500}))
    site.wait_event("end", 1)
    held = site.enqueue(*[Order(kind="nap", args={"ms": 3_000})] * 2)
    site.wait_event("begin", 3)
    (bad,) = site.enqueue(Order(kind="hog-too-long", args={"seconds": 300, "how": how}))
    site.wait_event("begin", 1, jobs=[bad])
    begin = monotonic()
    site.wait_until(lambda: site.states([bad]) == {"failed": 1}, "the fence", 1 + 5)
    fenced = monotonic() - begin
    site.wait_log(member, "ended with status 70", GIVEN_UP_AFTER + 10)
    ended = monotonic() - begin
    site.wait_done(20, [other, *held])

    figure(time_limit="1 s", fenced_after=f"{fenced:.1f} s", replaced_after=f"{ended:.1f} s")
    assert "most recent call first" in member.text(), "no stacks were written"
    assert site.states() == {"failed": 1, "done": 3}
    assert site.one("SELECT status::text FROM advisorjobs_runs WHERE job_id = %s", bad) == "timed_out"
    statuses = site.one(
        "SELECT array_agg(DISTINCT status::text) FROM advisorjobs_runs WHERE job_id = ANY (%s) AND NOT final", held
    )
    assert statuses == ["released"], "what the process held beside it was not handed back"
    assert ended <= 1 + GIVEN_UP_AFTER + SWEEP + 3
    site.check()
