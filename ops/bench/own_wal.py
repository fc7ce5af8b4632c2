"""How much write-ahead log a job costs, from the enqueue to the history, beside procrastinate's."""

from __future__ import annotations

from ops.bench.measure import Bench, Measure
from ops.bench.peer import Peer
from ops.bench.server import BenchServer

__all__ = ["WAL"]

JOBS = 5_000


def wal(bench: Bench) -> dict[str, float]:
    """Bytes a job, enqueued one by one and drained by one worker, from a checkpoint on, so with the images of the pages that
    each touches first (full_page_writes as the server has it)."""

    def ask(peer: Peer) -> dict[str, float]:
        peer.fresh()
        peer.settle()
        before = written(bench.server)
        peer.call("single", str(JOBS))
        queued = written(bench.server)
        peer.drain(JOBS)
        after = written(bench.server)
        name = peer.spec.name
        return {name: (after - before) / JOBS, f"{name}: enqueue": (queued - before) / JOBS}

    return bench.each("wal", ask)


def written(server: BenchServer) -> int:
    return int(server.value("wal_position"))


WAL = Measure("wal", "Write-ahead log of a job", "bytes", wal)
