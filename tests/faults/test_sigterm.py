"""Being told to stop (30): within the budget, whatever runs; what has not ended is runnable at once and costs no attempt."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
from collections.abc import Callable
from time import monotonic

import pytest

from tests.faults.engines import Order
from tests.faults.fleet import Member
from tests.faults.nemesis import pause
from tests.faults.scale import ENGINE, full_or_short, ours_only
from tests.faults.site import Site

pytestmark = pytest.mark.faults

BUDGET = full_or_short(5.0, 2.0)
ROUNDS = full_or_short(25, 2)
AT_ONCE = full_or_short(4, 2)
HISTORY = full_or_short(1_000_000, 20_000)
KINDS = ("nap", "block", "ledger") if ENGINE == "ours" else ("nap", "ledger")
LONG = {"ms": 60_000}
HISTORIES = {
    "ours": """
        INSERT INTO advisorjobs_runs (job_id, run_no, attempt, final, status, worker_id, queued_at, queue_name, job_name)
        SELECT n, 1, 1, true, 'completed', w.id, now(), 'critical', 'faults:nap'
          FROM generate_series(-%s, -1) n, (SELECT max(id) AS id FROM advisorjobs_workers) w""",
    "stock": """
        INSERT INTO procrastinate_jobs (id, queue_name, task_name, status, worker_id)
        SELECT n, 'critical', 'faults:nap', 'succeeded', w.id
          FROM generate_series(-%s, -1) n, (SELECT max(id) AS id FROM procrastinate_workers) w""",
}


def test_workers_told_to_stop_at_any_moment_end_in_time_and_give_back_what_runs(
    site: Site, figure: Callable[..., None]
) -> None:
    dice = random.Random(1)
    slowest = 0.0
    for _ in range(ROUNDS):
        members = [site.start(4, ADVISORJOBS_GRACE=BUDGET, ADVISORJOBS_CHILDREN=2) for _ in range(AT_ONCE)]
        ids = site.enqueue(*[Order(kind=kind, args=LONG) for kind in KINDS for _ in range(AT_ONCE)])
        short = site.enqueue(*[Order(kind="nap", args={"ms": 20})] * 30)
        site.wait_event("end", 5, jobs=short)
        pause(dice.uniform(0, 1.5))
        slowest = max(slowest, stop(site, members))
        states = site.states()
        assert states["doing"] == 0, f"still doing after the stop: {states}\n{site.fleet.tails()}"
        assert states["lost"] == states["failed"] == 0, f"a stop ended jobs: {states}"
        assert uncharged(site, ids), "the stop cost attempts"
        clear(site)
    figure(stops=ROUNDS * AT_ONCE, budget=f"{BUDGET:g} s", slowest=f"{slowest:.2f} s", charged=0, aborted=0)
    assert slowest <= BUDGET + 1.0


@ours_only
def test_a_job_that_takes_no_notice_holds_the_stop_up_by_no_more_than_seconds(
    site: Site, figure: Callable[..., None]
) -> None:
    member = site.start(4, ADVISORJOBS_GRACE=1)
    site.enqueue(*[Order(kind="stubborn", args={"seconds": 60})] * 2)
    site.wait_event("begin", 2)
    took = stop(site, [member])
    figure(grace="1 s", took=f"{took:.2f} s")
    assert site.states() == {"todo": 2}
    assert took <= 1 + 5


@ours_only
def test_a_job_that_blocks_the_event_loop_does_not_keep_the_process_from_ending(
    site: Site, figure: Callable[..., None]
) -> None:
    """Not beyond its time limit yet: nothing else would end it. Its end is the heartbeat thread's doing, hence the 70."""
    member = site.start(4, ADVISORJOBS_GRACE=1)
    ids = site.enqueue(Order(kind="hog", args={"seconds": 60}))
    site.wait_event("begin", 1)
    begin = monotonic()
    member.send(signal.SIGTERM)
    status = member.ended(BUDGET + 30)
    took = monotonic() - begin
    figure(grace="1 s", took=f"{took:.2f} s")
    assert status == 70
    assert site.states() == {"todo": 1}
    assert uncharged(site, ids)
    assert took <= 1 + 6


@ours_only
def test_a_process_in_which_nothing_moves_any_more_is_killed_in_the_end(
    site: Site, figure: Callable[..., None]
) -> None:
    """As a function does that holds the interpreter's lock: neither a signal handler nor the heartbeat gets its turn."""
    member = site.start(4, ADVISORJOBS_GRACE=1, FAULTS_PROCESSES=1)
    site.wait_working(1)
    (worker,) = subprocess.run(
        ["pgrep", "-P", str(member.pid)], check=True, capture_output=True, text=True
    ).stdout.split()
    subprocess.run(["kill", "-STOP", worker], check=True)
    took = stop(site, [member])
    figure(grace="1 s", took=f"{took:.2f} s")
    assert took <= 1 + 15


def test_the_second_word_ends_it_now(site: Site, figure: Callable[..., None]) -> None:
    member = site.start(4, ADVISORJOBS_GRACE=60)
    site.enqueue(*[Order(kind=kind, args=LONG) for kind in KINDS])
    site.wait_event("begin", len(KINDS))
    member.send(signal.SIGTERM)
    pause(0.5)
    assert member.status is None
    took = stop(site, [member])
    figure(took=f"{took:.2f} s")
    assert took <= 1.0
    assert site.states() == {"todo": len(KINDS)}


def test_a_long_history_of_its_own_does_not_delay_a_stop(site: Site, figure: Callable[..., None]) -> None:
    member = site.start(4, ADVISORJOBS_GRACE=BUDGET)
    site.wait_working(1)
    with site.connect() as connection:
        connection.execute(HISTORIES[ENGINE].encode(), [HISTORY])
        connection.execute("ANALYZE")
    took = stop(site, [member])
    figure(finished_jobs=HISTORY, took=f"{took:.2f} s")
    assert took <= BUDGET + 1.0


@ours_only
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_a_worker_that_is_process_number_one_obeys_too(site: Site, figure: Callable[..., None]) -> None:
    """As in a container: process 1 gets no signal that it has no handler for."""
    site.fleet.prefix = ["unshare", "--fork", "--pid", "--kill-child"]
    member = site.start(4, ADVISORJOBS_GRACE=BUDGET)
    site.enqueue(Order(kind="nap", args=LONG))
    if member.status is not None:
        pytest.skip(f"unshare is not allowed here: {member.text()}")
    site.wait_event("begin", 1)
    (worker,) = subprocess.run(
        ["pgrep", "-P", str(member.pid)], check=True, capture_output=True, text=True
    ).stdout.split()
    begin = monotonic()
    subprocess.run(["kill", "-TERM", worker], check=True)
    member.ended(BUDGET + 10)
    figure(took=f"{monotonic() - begin:.2f} s")
    assert monotonic() - begin <= BUDGET + 1.0
    assert site.states() == {"todo": 1}


def stop(site: Site, members: list[Member]) -> float:
    """SIGTERM to all; returns the longest time that one took. Their exit status is 0."""
    begin = monotonic()
    for member in members:
        member.send(signal.SIGTERM)
    for member in members:
        member.ended(BUDGET + 30)
    took = monotonic() - begin
    statuses = [member.status for member in members]
    assert statuses == [0] * len(members), f"ended with {statuses}, jobs {dict(site.states())}\n{site.fleet.tails()}"
    return took


def uncharged(site: Site, ids: list[int]) -> bool:
    return bool(site.one("SELECT coalesce(max(attempts), 0) FROM procrastinate_jobs WHERE id = ANY (%s)", ids) == 0)


def clear(site: Site) -> None:
    """Takes what was given back out of the way of the next round."""
    with site.connect() as connection:
        connection.execute("DELETE FROM procrastinate_jobs")
    site.ids.clear()


SLOW = """
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1.5); RETURN NEW; END';
CREATE TRIGGER slow BEFORE UPDATE ON procrastinate_jobs FOR EACH ROW
  WHEN (NEW.status = 'doing' AND OLD.status = 'todo') EXECUTE FUNCTION slow()"""


@ours_only
def test_a_claim_under_way_when_the_worker_leaves_keeps_no_job(site: Site, figure: Callable[..., None]) -> None:
    """The claim is slow, as on a busy server: it is still at work when the worker says goodbye."""
    member = site.start(4, ADVISORJOBS_GRACE=BUDGET)
    site.wait_working(1)
    with site.connect() as connection:
        connection.execute(SLOW.encode())
    site.enqueue(Order(kind="nap", args={}))
    site.wait_until(lambda: site.one(SLEEPING, site.name), "a claim under way", 10)
    took = stop(site, [member])
    figure(took=f"{took:.2f} s")
    site.wait_until(lambda: not site.one(SLEEPING, site.name), "the end of the claim", 10)
    assert site.states() == {"todo": 1}


SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event = 'PgSleep'"
