"""A database that goes away (12), and connections that are cut all the time (13): workers stay, and come back at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import psycopg
import pytest

from tests.faults.feed import Feed, feeding
from tests.faults.nemesis import every, pause
from tests.faults.scale import ENGINE, FULL, LEASE, full_or_short
from tests.faults.site import Site, open_proxy

pytestmark = pytest.mark.faults

WORKERS, SLOTS = 2, 8
PER_SECOND = 100
"""About 70 % of what 16 slots do of jobs that take 100 ms."""

KINDS = ("nap", "ledger", "plain")
CALM = full_or_short(20.0, 4.0)
RESTARTS = full_or_short(10, 2)
DOWN = full_or_short((0, 1, 2, 3, 5, 7, 10), (0, 4))
A_SECOND = 20
STORM = full_or_short(60.0, 5.0)
BACK_WITHIN = 5.0
TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = %s AND application_name <> 'feed' AND backend_type = 'client backend' ORDER BY random() LIMIT 1"""


@contextmanager
def at_work(site: Site, dsn: str | None = None) -> Iterator[Feed]:
    """Two workers under a steady load, that are still the same two at the end, with nothing lost."""
    members = [site.start(SLOTS, dsn=dsn) for _ in range(WORKERS)]
    site.wait_working(WORKERS)
    with feeding(Feed(site, per_second=PER_SECOND, kinds=KINDS)) as feed:
        site.wait_event("end", PER_SECOND)
        yield feed
    site.wait_done(30 + 2 * LEASE)
    statuses = [member.status for member in members]
    assert statuses == [None] * WORKERS, f"workers ended with {statuses}\n{site.fleet.tails()}"
    site.check()


def test_a_restart_of_postgres_costs_seconds_and_no_job(shaky_site: Site, figure: Callable[..., None]) -> None:
    site, dice = shaky_site, random.Random(1)
    recoveries = []
    with at_work(site) as feed:
        begin = monotonic()
        pause(CALM)
        baseline = feed.rate(begin, monotonic())
        for number in range(RESTARTS):
            site.cluster.stop(("fast", "immediate")[number % 2])
            pause(dice.choice(DOWN) if FULL else DOWN[number % 2])
            site.cluster.start()
            ready = monotonic()
            pause(BACK_WITHIN + CALM)
            recoveries.append(feed.rate(ready + BACK_WITHIN, monotonic()) / baseline)
    extra = again(site)
    figure(
        restarts=RESTARTS,
        jobs=len(site.ids),
        lost=0,
        run_again=extra,
        rate_after=f"{min(recoveries):.0%} to {max(recoveries):.0%}",
    )
    assert min(recoveries) >= 0.95
    assert extra <= RESTARTS * WORKERS * (SLOTS + 5)


def test_backends_terminated_twenty_times_a_second_cost_no_job(site: Site, figure: Callable[..., None]) -> None:
    terminated = 0

    def terminate_one() -> None:
        nonlocal terminated
        terminated += len(nemesis.execute(TERMINATE, [site.name]).fetchall())

    with (
        psycopg.connect(site.cluster.dsn, autocommit=True) as nemesis,
        open_proxy(site) as (proxy, dsn),
        at_work(site, dsn) as feed,
    ):
        begin = monotonic()
        pause(CALM)
        calm, connections = monotonic(), proxy.accepted
        with every(1 / A_SECOND, terminate_one):
            pause(STORM)
        over, connections = monotonic(), proxy.accepted - connections
        pause(BACK_WITHIN + CALM)
        after = feed.rate(over + BACK_WITHIN, monotonic()) / feed.rate(begin, calm)
    during = feed.rate(calm, over) / feed.rate(begin, calm)
    reconnects = connections / (over - calm) / WORKERS
    figure(
        terminated=terminated,
        jobs=len(site.ids),
        lost=0,
        run_again=again(site),
        rate_during=f"{during:.0%}",
        rate_after=f"{after:.0%}",
        reconnects=f"{reconnects:.1f}/s in each process",
    )
    assert after >= 0.95
    assert reconnects <= A_SECOND / WORKERS + 1, "more connections were opened than cut"


def again(site: Site) -> int:
    """Runs beside one for each job."""
    begun = [entry.job for entry in site.witness.events("begin")]
    if ENGINE == "stock":
        begun = [job for job in begun if job in set(site.ids)]
    return len(begun) - len(set(begun))
