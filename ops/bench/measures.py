"""THE LIST of measures, in the order in which they are run and reported."""

from __future__ import annotations

from ops.bench.claim_time import CLAIM
from ops.bench.depth import DEPTH
from ops.bench.own_fairness import FAIRNESS, NEWCOMER
from ops.bench.own_limits import LIMITED, LIMITED_CLAIM
from ops.bench.pickup import PICKUP
from ops.bench.throughput import BATCH_DEFER, BULK, DRAIN, DRAIN_TWO, SINGLE

__all__ = ["MEASURES"]

MEASURES = {
    measure.name: measure
    for measure in (
        DRAIN,
        DRAIN_TWO,
        BULK,
        SINGLE,
        BATCH_DEFER,
        PICKUP,
        DEPTH,
        CLAIM,
        LIMITED,
        LIMITED_CLAIM,
        FAIRNESS,
        NEWCOMER,
    )
}
