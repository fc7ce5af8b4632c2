"""What of its rate a peer keeps when the table is full of jobs that it may not run now."""

from __future__ import annotations

from ops.bench.measure import Bench, Measure
from ops.bench.peer import Peer

__all__ = ["DEPTH"]

OTHER_QUEUE = 500_000
TOMORROW = 200_000
PATIENCE = 20.0
"""Seconds after which a slow peer's rate is taken from what it has done."""

KEPT = "bench_deep"


def depth(bench: Bench) -> dict[str, float]:
    """Drain rates: empty table; 500 000 jobs of another queue and 200 000 for tomorrow, vacuumed; the same, not vacuumed."""
    try:
        return bench.each("depth", ask)
    finally:
        bench.server.autovacuum(True)
        bench.server.drop(KEPT)


def ask(peer: Peer) -> dict[str, float]:
    name = peer.spec.name
    peer.server.autovacuum(False)
    peer.fresh()
    figures = {f"{name}: empty": rate(peer)}
    peer.fresh()
    peer.call("fill", str(OTHER_QUEUE), str(TOMORROW))
    peer.server.keep(KEPT)
    peer.fresh(KEPT)
    figures[f"{name}: deep, not vacuumed"] = rate(peer, settled=False)
    peer.fresh(KEPT)
    figures[f"{name}: deep"] = rate(peer)
    return figures


def rate(peer: Peer, *, settled: bool = True) -> float:
    count = peer.spec.deep_jobs or peer.spec.jobs
    peer.call("bulk", str(count))
    if settled:
        peer.settle()
    return peer.drain(count, patience=PATIENCE)


DEPTH = Measure("depth", "Drain with 500 000 jobs of another queue and 200 000 for tomorrow", "jobs/s", depth, rounds=2)
