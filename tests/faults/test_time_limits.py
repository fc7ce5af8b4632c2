"""Time limits (29): whatever a function does, its time ends, its slot is free, and nothing is left of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.faults.engines import Order
from tests.faults.scale import full_or_short, ours_only
from tests.faults.site import Site

pytestmark = [pytest.mark.faults, ours_only]

LIMIT = 1.0
CHILDREN = 4
ROUNDS = full_or_short(200, 3)
HOWS = ("sleep", "regex", "deaf", "grandchild")


def test_every_kind_of_overrun_is_ended_and_leaves_nothing_behind(site: Site, figure: Callable[..., None]) -> None:
    member = site.start(8, ADVISORJOBS_CHILDREN=CHILDREN)
    site.enqueue(*[Order(kind=kind, args={}) for kind in ("nap", "block") for _ in range(CHILDREN)])
    site.wait_done(30)
    before = held(member.pid)
    orders = [Order(kind="overrun", args={"how": how, "seconds": 600}) for how in HOWS]
    bad = site.enqueue(*([*orders, Order(kind="overrun-loop", args={"seconds": 600})] * ROUNDS))
    site.wait_done(60 + ROUNDS * 4)
    site.enqueue(*[Order(kind=kind, args={}) for kind in ("nap", "block") for _ in range(CHILDREN)])
    site.wait_done(30)

    with psycopg.connect(site.dsn) as connection:
        row = connection.execute(
            "SELECT max(run_ms), count(*) FILTER (WHERE status <> 'timed_out') FROM advisorjobs_runs"
            " WHERE job_id = ANY (%s) AND run_ms IS NOT NULL",  # claimed ahead and given back: never began
            [bad],
        ).fetchone()
    assert row is not None
    after = held(member.pid)
    processes = len(site.fleet.leftovers()) - 1
    figure(
        overruns=len(bad),
        longest=f"{row[0]} ms",
        processes=processes,
        descriptors=after[0] - before[0],
        threads=after[1] - before[1],
    )
    assert row[1] == 0
    assert row[0] <= (LIMIT + 1) * 1000
    assert processes <= CHILDREN, "a child or what it started lives on"
    assert after[0] <= before[0] + 5
    assert after[1] <= before[1] + 2
    site.check()


def test_what_a_thread_brings_too_late_is_thrown_away(site: Site, figure: Callable[..., None]) -> None:
    """A function that no other process can find runs in a thread, which nothing can end: the fence ends its effect."""
    site.start(8)
    site.enqueue(*[Order(kind="overrun-thread", args={"how": "sleep", "seconds": LIMIT + 2})] * 3)
    site.wait_done(20)
    assert site.states() == {"failed": 3}
    site.wait_event("end", 3)
    site.enqueue(Order(kind="nap", args={}))
    site.wait_done(10)

    statuses = site.one("SELECT array_agg(status::text) FROM advisorjobs_runs WHERE job_id <> %s", site.ids[-1])
    figure(late_results=3, accepted=0)
    assert statuses == ["timed_out"] * 3
    site.check()


def held(pid: int) -> tuple[int, int]:
    """Open descriptors and threads of a process."""
    return len(os.listdir(f"/proc/{pid}/fd")), len(list(Path(f"/proc/{pid}/task").iterdir()))
