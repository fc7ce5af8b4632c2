"""Schedules (33): each second is one job, though workers are killed, frozen and cut off from a server that restarts."""

from __future__ import annotations

import itertools
import random
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.faults.fleet import Member
from tests.faults.nemesis import every, pause
from tests.faults.scale import LEASE, full_or_short, ours_only
from tests.faults.site import Site

pytestmark = [pytest.mark.faults, ours_only]

WORKERS = 3
KEYS = ("a", "b", "c")
ROUNDS = full_or_short(5, 1)
"""The last hundred ticks of a schedule are kept: a round is shorter."""

PUT = "SELECT schedule_job(%s, 'faults:nap', '{\"organization_id\": \"o\"}', '* * * * * *', missed => 'all')"
PAUSE = "SELECT pause_schedule(key) FROM schedules"
TICKS = """
    SELECT s.key, t.tick, t.job_id, t.outcome::text FROM advisorjobs_schedule_ticks t JOIN schedules s ON s.id = t.schedule_id
"""
JOBS = "SELECT job_id FROM advisorjobs_runs WHERE job_name = 'faults:nap' UNION SELECT id FROM procrastinate_jobs"


def test_each_second_is_one_job_through_kills_freezes_and_an_outage(
    shaky_site: Site, figure: Callable[..., None]
) -> None:
    site, dice, kills, total = shaky_site, random.Random(33), 0, 0

    def kill_one() -> None:
        nonlocal kills
        if living := site.fleet.living():  # one that starts while the server restarts ends by itself
            site.fleet.kill(dice.choice(living))
            kills += 1
        site.start()

    for _ in range(ROUNDS):
        members = [site.start() for _ in range(WORKERS)]
        site.wait_working(WORKERS)
        with site.connect() as connection:
            for key in KEYS:
                connection.execute(PUT, [key])
        site.wait_until(lambda: ticks(site), "a tick", 30)
        with every(1.3, kill_one):
            freeze(members[-1])
            site.cluster.restart("immediate")
            pause(4.0)
        for member in site.fleet.living():
            site.fleet.kill(member)
        pause(5.0)  # nobody: what is due meanwhile is made up for
        outage = len(ticks(site))
        site.start()
        site.wait_until(lambda before=outage: len(ticks(site)) >= before + 5 * len(KEYS), "the missed ticks", 30)  # type: ignore[misc]
        with site.connect() as connection:
            connection.execute(PAUSE)
        total += judge(site)
        with site.connect() as connection:
            connection.execute("SELECT unschedule_job(key) FROM schedules")
        site.fleet.stop()
    figure(ticks=total, kills=kills, doubled=0, left_out=0)


def freeze(member: Member) -> None:
    """Stops a process for longer than its lease, wherever it is."""
    if member.status is None:
        member.send(signal.SIGSTOP)
        pause(LEASE + 1)
        if member.status is None:
            member.send(signal.SIGCONT)


def ticks(site: Site) -> list[tuple[Any, ...]]:
    with site.connect() as connection:
        return connection.execute(TICKS + " ORDER BY 1, 2").fetchall()


def judge(site: Site) -> int:
    """Each second from the first tick to the last has one job, and no job is without a tick. Returns how many there were."""
    found = ticks(site)
    for _, of_key in itertools.groupby(found, key=lambda row: row[0]):
        moments = [row[1] for row in of_key]
        assert {late - early for early, late in itertools.pairwise(moments)} == {timedelta(seconds=1)}
    assert {row[3] for row in found} == {"queued"}
    made = [row[2] for row in found]
    assert len(set(made)) == len(made)
    with site.connect() as connection:
        there = {job for (job,) in connection.execute(JOBS)}
        connection.execute("TRUNCATE advisorjobs_runs")
        connection.execute("DELETE FROM procrastinate_jobs")
    assert there == set(made)
    return len(made)
