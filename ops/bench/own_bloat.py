"""Half an hour at a steady rate, in the middle of it a held transaction: how much slower claims get, what stays behind."""

from __future__ import annotations

from ops.bench.measure import Bench, Measure
from ops.soak.bloat import soak

__all__ = ["BLOAT"]

MINUTES = 30.0
RATE = 500


def bloat(bench: Bench) -> dict[str, float]:
    """The soak's figures, on a server of its own; no peer takes part."""
    return soak(MINUTES, RATE, 0, bench.say).figures()


BLOAT = Measure("bloat", "Half an hour with a held transaction", "×, s or jobs", bloat, rounds=1)
