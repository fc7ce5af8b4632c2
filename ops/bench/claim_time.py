"""How long a claim of a hundred jobs takes, at growing backlogs, with few and many organizations."""

from __future__ import annotations

import statistics

from ops.bench.measure import Bench, Measure
from ops.bench.peer import Peer
from ops.bench.pickup import percentile

__all__ = ["BACKLOGS", "CLAIM", "ORGANIZATIONS", "figure_name"]

BACKLOGS = (10, 1_000, 100_000, 1_000_000)
ORGANIZATIONS = (1, 50, 5_000)
SAMPLES = 400


def claim(bench: Bench) -> dict[str, float]:
    """Milliseconds of the claim's statement as the worker sends it: median and 99th percentile."""
    return bench.each("claim", ask)


def ask(peer: Peer) -> dict[str, float]:
    figures: dict[str, float] = {}
    for organizations in ORGANIZATIONS:
        peer.fresh()
        present = 0
        for waiting in BACKLOGS:
            peer.call("load", str(organizations), str(waiting - present))
            present = waiting
            peer.settle()
            times = peer.call("claims", str(organizations), str(SAMPLES))["times"]
            figures[figure_name(organizations, waiting, "p50")] = statistics.median(times)
            figures[figure_name(organizations, waiting, "p99")] = percentile(times, 99)
    return figures


def figure_name(organizations: int, waiting: int, which: str) -> str:
    return f"{organizations} organizations, {waiting} waiting: {which}"


CLAIM = Measure("claim", "A claim of 100 jobs", "ms", claim, rounds=1)
