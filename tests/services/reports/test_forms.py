"""One report, three files: their figures agree to the cent, and the same report is the same bytes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisorjobs.services.reports.csv_text import csv_text
from advisorjobs.services.reports.pdf import pdf
from advisorjobs.services.reports.workbook import workbook
from tests.fixtures.read_back import csv_sums, pdf_sums, workbook_sums
from tests.services.reports.sample import chart_of, report_of, table_of

AMOUNTS = st.decimals(Decimal("-99999999999.99"), Decimal("99999999999.99"), places=2)
ROWS = st.lists(st.tuples(st.just("x"), AMOUNTS), min_size=1, max_size=30)
LABELS = st.sampled_from(["first", "second", "third"])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(LABELS, ROWS), min_size=1, max_size=4) | st.tuples(st.tuples(st.none(), ROWS)))
def test_the_sums_agree_to_the_cent_whatever_the_amounts(
    groups: list[tuple[str | None, list[tuple[str, Decimal]]]],
) -> None:
    report = report_of(table_of(groups))
    amounts = [amount for _, rows in groups for _, amount in rows]
    total = [sorted([Decimal(len(amounts)), sum(amounts, Decimal(0))])]

    assert csv_sums(csv_text(report)) == total
    assert workbook_sums(workbook(report)) == total
    assert [sorted(map(Decimal, row)) for row in pdf_sums(pdf(report), "en")] == total


def test_a_sum_that_floats_get_wrong_is_right() -> None:
    table = table_of([(None, [("x", Decimal("0.10"))] * 3 + [("y", Decimal("90000000000.07"))])])

    assert sum([0.1] * 3) != 0.3
    for sums in (csv_sums(csv_text(report_of(table))), workbook_sums(workbook(report_of(table)))):
        assert sums == [[Decimal(4), Decimal("90000000000.37")]]


@pytest.mark.parametrize("render", [pdf, workbook, csv_text])
def test_the_same_report_gives_the_same_bytes(render: object) -> None:
    assert callable(render)
    report = report_of(chart_of("1.00", "-2.00"), table_of([("g", [("x", Decimal("3.00"))])]))

    assert render(report) == render(report)
