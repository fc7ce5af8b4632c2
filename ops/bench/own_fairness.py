"""How even the turns are: organizations that queued one after the other, and one that comes behind a very long line."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ops.bench.measure import Bench, Measure
from ops.bench.peer import Peer
from tests.faults.starts import jain, windows

__all__ = ["FAIRNESS", "NAP", "NEWCOMER", "figure_name"]

ORGANIZATIONS = 50
EACH = 1_000
LONG_LINE = 100_000
NAP, NAP_WINDOW = 20, 5.0
EMPTY_WINDOW = 0.2
PATIENCE = 400.0


def fairness(bench: Bench) -> dict[str, float]:
    """The least Jain index of the organizations' starts in any window in which all of them still had jobs."""
    return bench.each("fairness", indices)


def indices(peer: Peer) -> dict[str, float]:
    figures: dict[str, float] = {}
    for milliseconds, window in ((NAP, NAP_WINDOW), (0, EMPTY_WINDOW)):
        for workers in (1, 2):
            peer.fresh()
            peer.call("line", str(ORGANIZATIONS), str(EACH), str(milliseconds))
            peer.settle()
            moments = work_off(peer, ORGANIZATIONS * EACH, workers)
            starts = sorted((at / 1e9, f"org-{number // EACH}") for number, at in moments.items())
            names = {f"org-{n}": EACH for n in range(ORGANIZATIONS)}
            figures[figure_name(milliseconds, workers)] = min(map(jain, windows(starts, names, window)))
    return figures


def figure_name(milliseconds: int, workers: int) -> str:
    return f"jobs of {milliseconds} ms, {workers} worker{'s' * (workers > 1)}: least index"


def newcomer(bench: Bench) -> dict[str, float]:
    """Jobs that start between an organization's first job and its start, behind another one's hundred thousand."""
    return bench.each("newcomer", started_before)


def started_before(peer: Peer) -> dict[str, float]:
    peer.fresh()
    peer.call("line", "1", str(LONG_LINE), str(NAP))
    peer.settle()
    counts = []
    with peer.workers(2, moments=True) as working:
        working.open()
        for n in range(20):
            number = LONG_LINE + n
            done = peer.call("newcomer", str(number), str(NAP))["added"]
            give_up = time.monotonic() + PATIENCE
            while number not in (moments := working.moments()):
                working.look_alive(give_up)
                time.sleep(0.05)
            counts.append(sum(done < at < moments[number] for at in moments.values()))
    return {"most": max(counts), "mean": sum(counts) / len(counts)}


def work_off(peer: Peer, count: int, workers: int) -> Mapping[int, int]:
    """When each of *count* waiting jobs began."""
    with peer.workers(workers, moments=True) as working:
        working.open()
        give_up = time.monotonic() + PATIENCE
        while working.counted().count < count:
            working.look_alive(give_up)
            time.sleep(0.1)
        return working.moments()


FAIRNESS = Measure("fairness", "Evenness of the turns of 50 organizations", "Jain index", fairness, rounds=1)
NEWCOMER = Measure("newcomer", "Starts before a newcomer's, 8 slots in each of 2 workers", "jobs", newcomer, rounds=1)
