"""The page shows what was measured, and leaves out what was not."""

from __future__ import annotations

import pytest

from ops.bench.peer_spec import ADVISORJOBS, STOCK
from ops.bench.report import amount, comparison, depth_table, report
from ops.bench.results import Results, Taken


def taken(**figures: list[float]) -> Taken:
    return Taken("A measure", "jobs/s", {"date": "2026-01-01", "cores": 2}, figures)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0.834, "0.83"), (12.34, "12.3"), (482.5, "482"), (33_707.9, "33 700"), (1_234_567, "1 230 000")],
)
def test_an_amount_has_the_digits_that_count(value: float | None, shown: str) -> None:
    assert amount(value) == shown


def test_peers_stand_in_rows_and_measures_in_columns() -> None:
    results = Results({"drain": taken(**{STOCK: [480.0, 500.0, 520.0]}), "bulk": taken(**{ADVISORJOBS: [80_000.0]})})

    assert comparison(results).splitlines()[2:] == [
        "| procrastinate | 500 | – | – | – | – | – |",
        "| AdvisorJobs | – | – | 80 000 | – | – | – |",
    ]


def test_depth_shows_what_is_left_of_the_rate() -> None:
    figures = {f"{STOCK}: empty": [500.0], f"{STOCK}: deep": [5.0], f"{STOCK}: deep, not vacuumed": [50.0]}

    assert depth_table(Results({"depth": taken(**figures)})).splitlines()[2:] == [
        "| procrastinate | 500 | 5.00 | 1 % | 50.0 | 10 % |"
    ]


def test_a_measure_without_a_table_of_its_own_is_listed_with_its_range() -> None:
    page = report(Results({"bloat": taken(ours=[3.0, 1.0, 2.0])}))

    assert "## A measure (jobs/s)" in page
    assert "| ours | 2.00 | 1.00 | 3.00 |" in page


def test_a_peer_without_figures_is_named_with_its_reason() -> None:
    left_out = taken()
    left_out.excused["pg-boss"] = "npm is not installed"

    assert "* pg-boss: npm is not installed" in report(Results({"drain": left_out}))


def test_an_empty_report_is_one() -> None:
    assert report(Results()).startswith("# What was measured")
