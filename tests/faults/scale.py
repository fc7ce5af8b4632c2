"""How long the fault tests are: short in the test-suite, at full length with TEST_CHAOS=full."""

from __future__ import annotations

import os
from typing import TypeVar

import pytest

__all__ = ["ENGINE", "FULL", "LEASE", "SWEEP", "full_or_short", "ours_only"]

T = TypeVar("T")

FULL = os.environ.get("TEST_CHAOS") == "full"
ENGINE = os.environ.get("TEST_CHAOS_ENGINE", "ours")
"""`stock` runs the same situations against procrastinate's own worker: `make chaos-control`."""


def full_or_short(full: T, short: T) -> T:
    return full if FULL else short


LEASE = full_or_short(15.0, 3.0)
SWEEP = LEASE / 3
"""Seconds: a worker that is silent for LEASE is dead; every SWEEP somebody looks for such."""

ours_only = pytest.mark.skipif(ENGINE != "ours", reason="procrastinate has nothing of the kind to try it on")
