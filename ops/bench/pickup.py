"""How soon an idle worker starts a job."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

from ops.bench.measure import Bench, Measure
from ops.bench.peer import Peer
from ops.bench.peer_failed import PeerFailed

__all__ = ["PICKUP", "percentile", "waits"]

JOBS = 300
EVERY = 20
"""Milliseconds between two jobs."""

IDLE = 2.5
"""Seconds that a worker has had nothing to do before the first job."""


def pickup(bench: Bench) -> dict[str, float]:
    """Milliseconds from an enqueue's return to its job's start: median and 99th percentile."""
    return bench.each("pickup", ask)


def ask(peer: Peer) -> dict[str, float]:
    peer.fresh()
    with peer.workers(moments=True) as working:
        working.open()
        time.sleep(IDLE)
        returned = dict(map(tuple, peer.call("paced", str(JOBS), str(EVERY))["returned"]))
        give_up = time.monotonic() + 10
        while len(started := working.moments()) < JOBS + 1:  # and the one before all that count
            if time.monotonic() > give_up:
                raise PeerFailed(f"started {len(started)} of {JOBS + 1} jobs")
            time.sleep(0.05)
    found = waits(returned, started)
    return {f"{peer.spec.name}: p50": statistics.median(found), f"{peer.spec.name}: p99": percentile(found, 99)}


def waits(returned: dict[int, int], started: dict[int, int]) -> list[float]:
    """Milliseconds from each enqueue's return to its job's start; 0 where the job started before that."""
    return [max(0.0, (started[number] - at) / 1e6) for number, at in returned.items()]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of *values* that at least *percent* of them don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__trunc__() - 1)]


PICKUP = Measure("pickup", "Pick-up by an idle worker", "ms", pickup)
