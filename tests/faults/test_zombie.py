"""Frozen processes (2): a worker that was given up for dead and comes back changes nothing."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.engines import Order
from tests.faults.nemesis import pause
from tests.faults.scale import FULL, full_or_short, ours_only
from tests.faults.site import Site
from tests.faults.witness import Entry

pytestmark = pytest.mark.faults

LEASE = 3
KINDS = ("success", "failure", "progress", "write")
OF_EACH = full_or_short(6, 1)
"""Zombies of each kind in one round; all lie in one frozen process and wake together."""

ROUNDS = full_or_short(50, 1)
LATE_WRITES = 1.0


@pytest.mark.parametrize("trusting", [False, pytest.param(True, marks=ours_only)], ids=["", "without its own fence"])
def test_a_worker_that_slept_beyond_its_lease_writes_nothing_of_what_it_held(
    site: Site, figure: Callable[..., None], trusting: bool
) -> None:
    """*trusting* switches the worker's own look at its lease off: then the database alone refuses what comes late."""
    zombies, slowest = 0, 0.0
    for number in range(ROUNDS if FULL and not trusting else 1):
        delay = one_round(site, str(site.folder / f"gate-{number}"), trusting)
        zombies += OF_EACH * len(KINDS)
        slowest = max(slowest, delay)
    figure(zombies=zombies, stale_writes=0, fenced_after=f"{slowest:.2f} s", effects=site.effects())
    site.check()
    if not trusting:
        assert slowest <= 1.0, "the worker did not stop its runs within a second of waking"


def one_round(site: Site, gate: str, trusting: bool) -> float:
    """Returns how long after waking the frozen worker stopped a run that would have gone on."""
    count = len(KINDS) * OF_EACH + 1
    variables = {"ADVISORJOBS_GRACE": "1", **({"FAULTS_TRUST_LEASE": "1"} if trusting else {})}
    zombie = site.start(count, ADVISORJOBS_LEASE=LEASE, **variables)
    hows = [how for how in KINDS for _ in range(OF_EACH)]
    (asleep,) = site.enqueue(Order(kind="zombie", args={"gate": f"{gate}-never", "how": "success"}))
    ids = [asleep, *site.enqueue(*(Order(kind="zombie", args={"gate": gate, "how": how}) for how in hows))]
    site.wait_event("begin", count, jobs=ids)
    zombie.send(signal.SIGSTOP)
    other = site.start(count, ADVISORJOBS_LEASE=LEASE, ADVISORJOBS_CHILDREN=count)
    site.wait_until(lambda: len(begun(site, ids, 2)) == count, "each job's second run", 60)

    effects = site.effects()
    Path(f"{gate}-1").touch()
    site.witness.note("continued", pid=zombie.pid)
    zombie.send(signal.SIGCONT)
    site.wait_until(lambda: len(last_words(site, zombie.pid, ids[1:])) == count - 1, "the zombies' last words", 20)
    pause(LATE_WRITES)
    states = site.states(ids)
    assert states == {"doing": count}, f"late words of a zombie ended runs of another process: {dict(states)}"
    assert site.effects() == effects, "a late write of the zombie was accepted"
    assert (
        site.one(
            "SELECT count(*) FROM procrastinate_jobs WHERE to_jsonb(procrastinate_jobs) ->> 'progress' IS NOT NULL"
        )
        == 0
    )

    if not trusting:
        site.wait_until(lambda: last_words(site, zombie.pid, [asleep]), "the end of a run that would have gone on", 20)
    for path in (f"{gate}-2", f"{gate}-never-2"):
        Path(path).touch()
    site.wait_done(30, ids)
    for member in (zombie, other):
        member.send(signal.SIGTERM)
        member.ended(30)
    woken = site.witness.events("continued")[-1].at
    words = [] if trusting else last_words(site, zombie.pid, [asleep])
    return max(((entry.at - woken) / 1e9 for entry in words), default=0.0)


def begun(site: Site, ids: list[int], run: int) -> list[Entry]:
    return [entry for entry in site.witness.events("begin") if entry.job in ids and entry.run == run]


def last_words(site: Site, pid: int, ids: list[int]) -> list[Entry]:
    """How each run in the frozen process went on after it woke."""
    return [entry for entry in site.witness.events("woke", "broke") if entry.pid == pid and entry.job in ids]
