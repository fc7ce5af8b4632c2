"""THE LIST of measures, in the order in which they are run and reported."""

from __future__ import annotations

from ops.bench.claim_time import CLAIM
from ops.bench.depth import DEPTH
from ops.bench.own_bloat import BLOAT
from ops.bench.own_commits import COMMITS
from ops.bench.own_dashboard import DASHBOARD
from ops.bench.own_fairness import FAIRNESS, NEWCOMER
from ops.bench.own_limits import LIMITED, LIMITED_CLAIM
from ops.bench.own_memory import MEMORY
from ops.bench.own_promotion import PROMOTION
from ops.bench.own_statistics import STATISTICS
from ops.bench.own_timing import DUE, POLLING, STOPPING
from ops.bench.own_wal import WAL
from ops.bench.pickup import PICKUP
from ops.bench.throughput import BATCH_DEFER, BULK, DRAIN, DRAIN_TWO, SINGLE

__all__ = ["MEASURES"]

OWN = (
    COMMITS,
    WAL,
    DUE,
    POLLING,
    STOPPING,
    PROMOTION,
    MEMORY,
    LIMITED,
    LIMITED_CLAIM,
    FAIRNESS,
    NEWCOMER,
    STATISTICS,
    DASHBOARD,
    BLOAT,
)
MEASURES = {
    measure.name: measure for measure in (DRAIN, DRAIN_TWO, BULK, SINGLE, BATCH_DEFER, PICKUP, DEPTH, CLAIM, *OWN)
}
