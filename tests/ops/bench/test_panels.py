"""The picture's values: peers from slow to fast, ours by the lowest of its ways."""

from __future__ import annotations

from ops.bench.panels import panels
from ops.bench.peer_spec import OURS, STOCK
from ops.bench.results import Results, Taken


def test_ours_counts_as_the_lowest_of_its_ways_and_the_slowest_peer_comes_first() -> None:
    figures = {STOCK: [500.0], **{name: [30_000.0 + place] for place, name in enumerate(OURS)}}

    rows = panels(Results({"drain": Taken("", "", figures=figures)}))["throughput"]

    assert [(row["name"], row["ours"], row["one"], row["two"]) for row in rows] == [
        ("procrastinate", False, 500.0, None),
        ("AdvisorJobs", True, 30_000.0, None),
    ]


def test_ours_is_not_shown_while_one_of_its_ways_is_missing() -> None:
    figures = {OURS[0]: [30_000.0]}

    assert panels(Results({"drain": Taken("", "", figures=figures)}))["throughput"] == []


def test_claims_are_lines_over_the_jobs_waiting() -> None:
    figures = {"1 organizations, 10 waiting: p50": [0.8], "1 organizations, 1000 waiting: p50": [1.8]}

    claims = panels(Results({"claim": Taken("", "", figures=figures)}))["claims"]

    assert claims["p50"]["1"] == [(10, 0.8), (1000, 1.8)]
    assert claims["p99"]["1"] == []
