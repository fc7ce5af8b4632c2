"""The database's histograms as classic buckets: within the stated error, and never a run lost."""

from __future__ import annotations

import math
import random

from advisorjobs.monitoring.exposition import histogram_buckets
from advisorjobs.monitoring.queue_metrics import DURATIONS
from advisorjobs.monitoring.sketch import classic_counts, entries, representative


def bucket_of(ms: int) -> int:
    """As advisorjobs_bucket."""
    return 0 if ms <= 0 else 1 + math.ceil(math.log(ms) / math.log(1.1) - 1e-9)


def kept(durations: list[int]) -> str:
    """As the database keeps them."""
    return str(sum(10 ** (10 * bucket_of(ms)) for ms in durations))


def test_every_run_is_in_one_bucket_and_the_last_has_all() -> None:
    durations = [random.Random(7).randrange(5_000_000) for _ in range(3000)] + [0, 0, 1]
    counts = classic_counts(kept(durations), DURATIONS)

    assert sum(counts) == 3003
    buckets = histogram_buckets(DURATIONS, counts)
    values = [value for _, value in buckets]
    assert values == sorted(values)
    assert buckets[-1] == ("+Inf", 3003.0)
    assert [bound for bound, _ in buckets][:3] == ["0.005", "0.01", "0.025"]


def test_a_run_is_on_the_right_side_of_a_bound_unless_it_is_within_five_percent_of_it() -> None:
    for ms in range(1, 40_000, 7):
        (index,) = [place for place, count in enumerate(classic_counts(kept([ms]), DURATIONS)) if count]
        upper = math.inf if index == len(DURATIONS) else DURATIONS[index] * 1000
        lower = 0.0 if index == 0 else DURATIONS[index - 1] * 1000
        assert lower * 0.952 <= ms <= upper * 1.05


def test_what_stands_for_a_bucket_is_near_all_that_is_in_it() -> None:
    for ms in range(1, 100_000, 13):
        assert abs(representative(bucket_of(ms)) * 1000 - ms) <= 0.048 * ms


def test_an_empty_histogram_has_nothing_and_counts_may_be_large() -> None:
    assert list(entries("0")) == []
    assert classic_counts("0", (1.0,)) == [0, 0]
    assert list(entries("1230000000042")) == [(0, 42), (1, 123)]
    assert list(entries("9999999999")) == [(0, 9_999_999_999)]
