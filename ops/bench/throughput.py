"""Jobs a second, in and out."""

from __future__ import annotations

from functools import partial

from ops.bench.measure import Bench, Measure
from ops.bench.peer import Peer

__all__ = ["BATCH_DEFER", "BULK", "DRAIN", "DRAIN_TWO", "SINGLE"]

BULK_JOBS = 100_000
SINGLE_JOBS = 2_000


def drain(name: str, workers: int, bench: Bench) -> dict[str, float]:
    """Jobs that wait in a table with statistics, drained by so many worker processes."""

    def ask(peer: Peer) -> dict[str, float]:
        peer.fresh()
        peer.call("bulk", str(peer.spec.jobs))
        peer.settle()
        return {peer.spec.name: peer.drain(peer.spec.jobs, workers)}

    return bench.each(name, ask)


def enqueue(name: str, command: str, count: int, bench: Bench) -> dict[str, float]:
    """*count* jobs into an empty table, by one producer that awaits each call."""

    def ask(peer: Peer) -> dict[str, float]:
        peer.fresh()
        return {peer.spec.name: float(peer.call(command, str(count))["rate"])}

    return bench.each(name, ask)


DRAIN = Measure("drain", "Empty jobs drained by one worker process", "jobs/s", partial(drain, "drain", 1))
DRAIN_TWO = Measure("drain-two", "Drained by two worker processes", "jobs/s", partial(drain, "drain-two", 2))
BULK = Measure("bulk", "Enqueued in bulk", "jobs/s", partial(enqueue, "bulk", "bulk", BULK_JOBS))
SINGLE = Measure("single", "Enqueued one by one", "jobs/s", partial(enqueue, "single", "single", SINGLE_JOBS))
BATCH_DEFER = Measure(
    "batch-defer",
    "procrastinate's own batch_defer_async, on its tables and on ours",
    "jobs/s",
    partial(enqueue, "batch-defer", "defer", BULK_JOBS),
)
