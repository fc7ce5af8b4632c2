"""A bar is judged by the worst of its pairs, and not at all while one of them is missing."""

from __future__ import annotations

import pytest

from ops.bench.bars import BARS, Bar
from ops.bench.measures import MEASURES
from ops.bench.results import Results, Taken

DRAIN = Bar("drain", "drain", (("plain", "stock"), ("typed", "stock")), must=40, aim=60)
WAIT = Bar("wait", "drain", (("p99 of one", None), ("p99 of many", None)), must=10, unit="ms", at_most=True)


def results(**figures: float) -> Results:
    return Results(
        {"drain": Taken("", "", figures={name.replace("_", " "): [value] for name, value in figures.items()})}
    )


def test_the_lowest_of_the_ratios_counts() -> None:
    assert DRAIN.measured(results(plain=700, typed=500, stock=10)) == 50


def test_the_highest_counts_where_less_is_better() -> None:
    assert WAIT.measured(results(p99_of_one=2, p99_of_many=9)) == 9


@pytest.mark.parametrize("known", [results(plain=700, stock=10), results(plain=700, typed=500), Results()])
def test_half_a_comparison_says_nothing(known: Results) -> None:
    assert DRAIN.measured(known) is None


@pytest.mark.parametrize(
    ("bar", "measured", "verdict"),
    [(DRAIN, 60, "aim"), (DRAIN, 59, "met"), (DRAIN, 39, "missed"), (WAIT, 10, "met"), (WAIT, 11, "missed")],
)
def test_the_verdict_follows_the_two_limits(bar: Bar, measured: float, verdict: str) -> None:
    assert bar.verdict(measured) == verdict


def test_every_bar_asks_after_a_measure_that_is_taken() -> None:
    assert {bar.measure for bar in BARS} <= MEASURES.keys()
