"""THE LIST of what is measured: each peer as it is installed and, where that differs much, at its best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

__all__ = ["ADVISORJOBS", "BULL", "GRAPHILE", "GRAPHILE_BEST", "OURS", "PEERS", "PGQUEUER", "STOCK", "PeerSpec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSpec:
    """`script`: in peers/ (Python) or node/. `ours`: needs AdvisorJobs' own interpreter.

    `tables`: which of sql/unfinished_*.sql counts its jobs; None for Redis, where they are in the lists `lists`.
    `options`: for the script. `measures`: those that it takes part in. `jobs`: how many it drains, so that a run takes a
    second or more; `deep_jobs`: how many in a deep table, where not as many. `command`: the worker, where that isn't the
    script's own.
    """

    name: str
    script: str
    tables: str | None = None
    lists: tuple[str, ...] = ()
    ours: bool = False
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    measures: frozenset[str] = frozenset()
    jobs: int = 20_000
    deep_jobs: int | None = None
    command: tuple[str, ...] = ()


STOCK = "procrastinate"
PGQUEUER = "PgQueuer, at its best"
GRAPHILE = "graphile-worker"
GRAPHILE_BEST = "graphile-worker, at its best"
BULL = "Bull on Redis"
ADVISORJOBS = "AdvisorJobs"
INSTALLED = "AdvisorJobs, as installed"
TYPED = "AdvisorJobs, typed jobs"
COMMAND = "AdvisorJobs, typed jobs, procrastinate worker -q"
CLAIMS = "AdvisorJobs, its claim alone"
TURNS = "AdvisorJobs, its turns"
OURS = (ADVISORJOBS, TYPED, COMMAND)
"""The three whose lowest counts."""

DRAINS = frozenset({"drain", "drain-two"})
EVERYTHING = DRAINS | {"bulk", "single", "pickup", "depth"}
PLAIN_JOB = {"job": "bench:empty"}
TYPED_JOB = {"job": "bench:typed"}

# fmt: off
PEERS = {
    spec.name: spec
    for spec in (
        PeerSpec(name=STOCK, script="procrastinate_stock.py", tables="procrastinate",
                 options={"slots": 10, "chunk": 1000}, measures=EVERYTHING | {"batch-defer", "wal"}, deep_jobs=2_000),
        PeerSpec(name="PgQueuer", script="pgqueuer_stock.py", tables="pgqueuer",
                 options={"batch": 10}, measures=DRAINS | {"depth"}, deep_jobs=2_000),
        PeerSpec(name=PGQUEUER, script="pgqueuer_stock.py", tables="pgqueuer",
                 options={"batch": 500, "pool": True, "uvloop": True}, measures=EVERYTHING, jobs=60_000),
        PeerSpec(name=GRAPHILE, script="graphile.mjs", tables="graphile",
                 options={"worker": {"concurrentJobs": 10, "maxPoolSize": 12}}, measures=EVERYTHING, deep_jobs=2_000),
        PeerSpec(name=GRAPHILE_BEST, script="graphile.mjs", tables="graphile",
                 options={"worker": {"concurrentJobs": 24, "maxPoolSize": 25, "localQueue": {"size": 500},
                                     "completeJobBatchDelay": 0, "failJobBatchDelay": 0}},
                 measures=DRAINS | {"depth"}, jobs=100_000),
        PeerSpec(name="pg-boss", script="pgboss.mjs", tables="pgboss",
                 options={"work": {"batchSize": 1000, "burstWhenBatchFull": True, "pollingIntervalSeconds": 0.5}},
                 measures=EVERYTHING, jobs=60_000),
        PeerSpec(name="BullMQ on PostgreSQL", script="bullmq.mjs", tables="bullmq",
                 options={"concurrency": 50}, measures=EVERYTHING, deep_jobs=5_000),
        PeerSpec(name=BULL, script="bull.mjs", lists=("bull:empty:wait", "bull:empty:active"),
                 options={"concurrency": 100}, measures=EVERYTHING - {"depth"}, jobs=60_000),
        PeerSpec(name=INSTALLED, script="advisorjobs_own.py", tables="procrastinate", ours=True,
                 options=PLAIN_JOB, measures=frozenset({"drain", "pickup", "batch-defer"}), jobs=60_000),
        PeerSpec(name=ADVISORJOBS, script="advisorjobs_own.py", tables="procrastinate", ours=True,
                 options={**PLAIN_JOB, "slots": 200, "uvloop": True}, measures=DRAINS | {"depth", "pickup"}, jobs=60_000),
        PeerSpec(name=TYPED, script="advisorjobs_own.py", tables="procrastinate", ours=True,
                 options={**TYPED_JOB, "slots": 200, "uvloop": True},
                 measures=DRAINS | {"bulk", "single", "depth", "wal", "limited"},
                 jobs=60_000),
        PeerSpec(name=COMMAND, script="advisorjobs_own.py", tables="procrastinate", ours=True,
                 options=TYPED_JOB, measures=DRAINS, jobs=60_000,
                 command=("procrastinate", "worker", "-q", "critical", "-c", "200")),
        PeerSpec(name=CLAIMS, script="advisorjobs_claims.py", tables="procrastinate", ours=True,
                 measures=frozenset({"claim", "limited-claim"})),
        PeerSpec(name=TURNS, script="advisorjobs_turns.py", tables="procrastinate", ours=True,
                 options={"slots": 8}, measures=frozenset({"fairness", "newcomer"})),
    )
}
# fmt: on
