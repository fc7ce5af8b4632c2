"""What limits cost: the rate under limits that never bind beside the rate without any, and claims among many limits."""

from __future__ import annotations

import statistics

from ops.bench.measure import Bench, Measure
from ops.bench.peer import Peer
from ops.bench.pickup import percentile

__all__ = ["LIMITED", "LIMITED_CLAIM", "SHARE"]

UNBOUND = 1_000_000
"""Starts per minute: counted at each start, and never reached."""

SHARE = "limited and fair: share of the rate without"
ORGANIZATIONS = 1_000
BACKLOG = 100_000
SAMPLES = 400


def limited(bench: Bench) -> dict[str, float]:
    """Jobs a second of fifty organizations, without limits and turns and with both, in turns; and the share that is left."""
    return bench.each("limited", share)


def share(peer: Peer) -> dict[str, float]:
    rates: dict[str, float] = {}
    for name, fair, rate in (("neither", False, None), ("limited and fair", True, UNBOUND)):
        peer.fresh()
        peer.server.value("set_rules", fair=fair, rate=rate, organization_rate=None)
        peer.call("bulk", str(peer.spec.jobs))
        peer.settle()
        rates[name] = peer.drain(peer.spec.jobs)
    return {**rates, SHARE: rates["limited and fair"] / rates["neither"]}


def limited_claim(bench: Bench) -> dict[str, float]:
    """Milliseconds of a claim of 100 jobs among a thousand organizations, each with a rate: all open, and half of them not."""
    return bench.each("limited-claim", claims)


def claims(peer: Peer) -> dict[str, float]:
    figures: dict[str, float] = {}
    for name, closed in (("all open", 0), ("half of them closed", ORGANIZATIONS // 2)):
        peer.fresh()
        peer.server.value("set_rules", fair=True, rate=None, organization_rate=UNBOUND)
        peer.server.value("close_organizations", count=closed)
        peer.call("load", str(ORGANIZATIONS), str(BACKLOG))
        peer.settle()
        times = peer.call("claims", str(ORGANIZATIONS), str(SAMPLES))["times"]
        figures[f"{name}: p50"] = statistics.median(times)
        figures[f"{name}: p99"] = percentile(times, 99)
    return figures


LIMITED = Measure("limited", "Drained with limits that never bind, and in fair turns", "jobs/s", limited)
LIMITED_CLAIM = Measure(
    "limited-claim", "A claim of 100 jobs among 1 000 limited organizations", "ms", limited_claim, rounds=1
)
