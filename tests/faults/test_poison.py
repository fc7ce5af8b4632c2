"""Poisonous jobs (7): each is stopped after three deaths of its own, and takes nobody along."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.faults.engines import Order
from tests.faults.nemesis import every
from tests.faults.scale import ENGINE, LEASE, full_or_short
from tests.faults.site import Site

pytestmark = pytest.mark.faults

GOOD = full_or_short(1000, 200)
PILLS = {"pill": ("kill", "memory", "segfault") if ENGINE == "ours" else ("kill", "segfault"), "loop-pill": ("kill",)}
"""procrastinate's worker has no limit of memory: there, that pill would take the machine along."""

MOST_RESTARTS = 3


def test_a_poisonous_job_ends_after_three_deaths_and_takes_nobody_along(
    site: Site, figure: Callable[..., None]
) -> None:
    restarts = 0

    def restart() -> None:
        """What systemd or a container's restart policy does."""
        nonlocal restarts
        if not site.fleet.living():
            restarts += 1
            if restarts < 40:
                site.start(8)

    site.start(8)
    pills = [Order(kind=kind, args={"how": how}) for kind, hows in PILLS.items() for how in hows]
    good = [Order(kind="nap", args={"ms": 10})] * (GOOD // len(pills))
    ids = []
    for pill in pills:
        site.enqueue(*good)
        ids += site.enqueue(pill)
    with every(0.3, restart):
        site.wait_done(60 + 3 * LEASE)

    done = site.states()
    figure(good_done=done["done"], pills=len(ids), failed=done["failed"], worker_restarts=restarts)
    assert done == {"done": len(good) * len(pills), "failed": len(ids)}
    if ENGINE == "ours":
        assert deaths(site, ids) == dict.fromkeys(ids, (3, "crashed", "crashed")), site.fleet.tails()
    assert restarts <= MOST_RESTARTS * len(PILLS["loop-pill"]), "a pill in a child cost the worker its life"
    site.check()


def deaths(site: Site, ids: list[int]) -> dict[int, tuple[int, str, str]]:
    """Of each pill: the deaths charged to it, and how history says that it ended."""
    with psycopg.connect(site.dsn) as connection:
        rows = connection.execute(
            """
            SELECT j.id, j.crashes, r.status::text, r.error_code::text
              FROM procrastinate_jobs j JOIN advisorjobs_runs r ON r.job_id = j.id AND r.final WHERE j.id = ANY (%s)""",
            [ids],
        ).fetchall()
    return {job: (crashes, status, code) for job, crashes, status, code in rows}
