"""Answers that never arrive (4, 5): the database did it, the worker doesn't know."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.faults.engines import Order
from tests.faults.scale import ENGINE, LEASE, full_or_short, ours_only
from tests.faults.site import Site, open_proxy

pytestmark = pytest.mark.faults

LOSSES = full_or_short(200, 12)
CLAIM = b"advisorjobs_claim_jobs("
FINISH = {"ours": b"advisorjobs_complete(", "stock": b"procrastinate_finish_job"}[ENGINE]
UNPREPARED = {"ADVISORJOBS_PREPARED_STATEMENTS": "off"}
"""So that the text of a statement is in each request, for the proxy to see."""


@ours_only
def test_jobs_of_a_claim_whose_answer_was_lost_come_back_by_the_next_heartbeats(
    site: Site, figure: Callable[..., None]
) -> None:
    with open_proxy(site) as (proxy, dsn):
        proxy.swallow, proxy.swallows = CLAIM, LOSSES
        site.start(4, dsn=dsn, **UNPREPARED)
        while proxy.swallowed < LOSSES:
            site.enqueue(*[Order(kind="nap", args={"ms": 50})] * 40)
            site.wait_done(60)
    site.wait_done(30)

    with psycopg.connect(site.dsn) as connection:
        rows = connection.execute(
            "SELECT status::text, extract(epoch FROM finished_at - started_at) FROM advisorjobs_runs WHERE NOT final"
        ).fetchall()
    slowest = max(float(seconds) for _, seconds in rows)
    charged = site.one("SELECT count(*) FROM advisorjobs_runs WHERE attempt > 1")
    figure(lost_answers=proxy.swallowed, jobs_returned=len(rows), slowest=f"{slowest:.2f} s", attempts_charged=charged)
    assert {status for status, _ in rows} == {"released"}
    assert charged == 0
    assert slowest <= full_or_short(5.0, LEASE), "as slow as the rescue of a dead worker"
    site.check()


@pytest.mark.parametrize("slots", [1, 50, 200])
def test_a_completion_whose_answer_was_lost_is_found_written_and_nothing_runs_again(
    site: Site, figure: Callable[..., None], slots: int
) -> None:
    losses = full_or_short(60, 4)
    with open_proxy(site) as (proxy, dsn):
        proxy.swallow, proxy.swallows = FINISH, losses
        member = site.start(slots, dsn=dsn, **UNPREPARED)
        while proxy.swallowed < losses:
            site.enqueue(*[Order(kind="nap", args={"ms": 1})] * slots * 2)
            site.wait_done(60)

    begins = len(site.witness.events("begin"))
    figure(lost_answers=proxy.swallowed, jobs=len(site.ids), run_again=begins - len(site.ids))
    assert begins == len(site.ids)
    assert member.status is None
    if ENGINE == "ours":
        assert "no longer this worker's" not in member.text()
        assert site.one("SELECT count(*) FROM advisorjobs_runs WHERE status <> 'completed' OR run_no > 1") == 0
    site.check()
