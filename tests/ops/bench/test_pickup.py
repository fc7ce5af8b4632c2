"""Waiting times and their percentiles."""

from __future__ import annotations

import pytest

from ops.bench.pickup import percentile, waits


def test_a_job_that_began_before_its_enqueue_returned_did_not_wait() -> None:
    assert waits({1: 1_000_000, 2: 5_000_000}, {1: 3_000_000, 2: 4_000_000}) == [2.0, 0.0]


@pytest.mark.parametrize(("percent", "value"), [(1, 1), (50, 50), (99, 99), (100, 100)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent: float, value: int) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == value
