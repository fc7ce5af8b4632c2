"""Workers that are killed all the time (1): nothing is lost, nothing takes effect twice, the rate holds."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import monotonic

import psycopg
import pytest

from tests.faults.feed import Feed, feeding
from tests.faults.nemesis import every, pause
from tests.faults.scale import ENGINE, FULL, LEASE, SWEEP, full_or_short
from tests.faults.site import Site

pytestmark = pytest.mark.faults

WORKERS = full_or_short(4, 2)
SLOTS = 8
BACKLOG = 300
JOBS = full_or_short(20_000, 0)
SECONDS = full_or_short(180.0, 9.0)
CALM = full_or_short(30.0, 3.0)
PERIOD = 2.0
KINDS = ("ledger", "ledger", "ledger", "ledger", "ledger", "nap", "plain", "block-ledger")


def test_workers_killed_every_two_seconds_lose_nothing_and_double_nothing(
    site: Site, figure: Callable[..., None]
) -> None:
    dice = random.Random(1)
    kills = 0

    def kill_one() -> None:
        """Ours has a supervisor that replaces the dead; the control is started again from here."""
        nonlocal kills
        victim = dice.choice(site.fleet.living())
        if ENGINE == "ours":
            kills += site.fleet.kill_worker_of(victim)
            return
        site.fleet.kill(victim)
        site.start(SLOTS)
        kills += 1

    for _ in range(WORKERS):
        site.start(SLOTS, FAULTS_PROCESSES=1)
    site.wait_working(WORKERS)
    with feeding(Feed(site, backlog=BACKLOG, kinds=KINDS)) as feed:
        site.wait_event("end", 50)
        calm = monotonic()
        pause(CALM)
        storm = monotonic()
        with every(PERIOD, kill_one):
            pause(SECONDS)
            site.wait_until(lambda: len(site.ids) >= JOBS, f"{JOBS} jobs", 600)
        end = monotonic()
    site.wait_done(60 + 2 * LEASE)

    site.check()
    kept = feed.rate(storm, end) / feed.rate(calm, storm)
    slowest = max(returns(site), default=0.0)
    figure(
        jobs=len(site.ids), kills=kills, extra_runs=extra_runs(site), slowest_return=f"{slowest:.1f} s", rate=f"{kept:.0%}",
        effects=site.effects(), ledger_jobs=len(site.ledger),
    )  # fmt: skip
    assert site.effects() == len(site.ledger), "effects beside jobs that write one"
    # what ran, and what had ended and was not written yet
    assert extra_runs(site) <= kills * (SLOTS + 2), "more runs than the killed workers can have held"
    assert slowest <= LEASE + SWEEP + 1
    if FULL:
        assert kept >= 0.8


def extra_runs(site: Site) -> int:
    """Runs beside the one that ended the job."""
    if ENGINE == "stock":
        return len(site.witness.events("begin")) - len(site.ids)
    return int(site.one("SELECT count(*) FROM advisorjobs_runs WHERE NOT final"))


def returns(site: Site) -> list[float]:
    """Seconds from the last sign of life of each killed process until all that it held was runnable again."""
    if ENGINE == "stock":
        return []
    with psycopg.connect(site.dsn) as connection:
        rows = connection.execute(
            """
            SELECT extract(epoch FROM max(r.finished_at) - w.beat_at)
              FROM advisorjobs_runs r JOIN advisorjobs_workers w ON w.id = r.worker_id
             WHERE r.status = 'crashed' AND NOT r.final GROUP BY w.id, w.beat_at"""
        ).fetchall()
    return [float(row[0]) for row in rows]
