"""A hundred thousand jobs that fall due in the same second: what the claims of a worker take then."""

from __future__ import annotations

import statistics

from ops.bench.measure import Bench, Measure
from ops.bench.peer import Peer
from ops.bench.pickup import percentile

__all__ = ["PROMOTION"]

JOBS = 100_000


def promotion(bench: Bench) -> dict[str, float]:
    """Milliseconds of each claim's statement, of a worker of a hundred slots, from their moment until the last is taken."""

    def ask(peer: Peer) -> dict[str, float]:
        peer.fresh()
        peer.call("load-due", str(JOBS))
        peer.settle()
        answer = peer.call("claims-due", str(JOBS))
        times = answer["times"]
        return {
            "p50": statistics.median(times),
            "p99": percentile(times, 99),
            "longest": max(times),
            "seconds until all were taken": answer["seconds"],
        }

    return bench.each("claim", ask)


PROMOTION = Measure("promotion", "Claims while 100 000 jobs are due at once", "ms", promotion, rounds=1)
