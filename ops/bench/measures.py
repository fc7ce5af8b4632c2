"""THE LIST of measures, in the order in which they are run and reported."""

from __future__ import annotations

from ops.bench.measure import Bench, Measure

__all__ = ["MEASURES"]


def drain(bench: Bench) -> dict[str, float]:
    return {peer.spec.name: peer.drain(20_000) for peer in bench.peers}


def single(bench: Bench) -> dict[str, float]:
    return {peer.spec.name: peer.enqueue("single", 2_000) for peer in bench.peers}


def bulk(bench: Bench) -> dict[str, float]:
    return {peer.spec.name: peer.enqueue("bulk", 20_000) for peer in bench.peers}


def pickup(bench: Bench) -> dict[str, float]:
    return {f"{peer.spec.name}: p50": peer.pickup(200)[0] for peer in bench.peers}


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("drain", "drain of 20 000 empty jobs, one worker process", "jobs/s", drain),
        Measure("single", "enqueue one by one", "jobs/s", single),
        Measure("bulk", "enqueue in bulk", "jobs/s", bulk),
        Measure("pickup", "pick-up by an idle worker", "ms", pickup),
    )
}
