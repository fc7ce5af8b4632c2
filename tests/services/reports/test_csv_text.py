"""A CSV is data: nothing in it is run, numbers stay numbers, and it is read back as it was."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisorjobs.services.reports.csv_text import csv_text, harmless
from tests.fixtures.read_back import csv_lines
from tests.services.reports.sample import INJECTIONS, report_of, table_of

FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_cell_begins_a_formula_whatever_separates_cells(text: str, delimiter: str) -> None:
    report = report_of(table_of([(text, [(text, Decimal("-3.50"))])]), title=text, client=text)
    cells = [
        cell.lstrip(" \u200b\ufeff")
        for row in csv.reader(io.StringIO(csv_text(report).decode("utf-8-sig"), newline=""), delimiter=delimiter)
        for cell in row
    ]

    assert [cell for cell in cells if cell.startswith(FORMULA) and not number(cell, delimiter)] == []


def test_negative_amounts_stay_numbers() -> None:
    lines = csv_lines(csv_text(report_of(table_of([(None, [("x", Decimal("-3.50"))])]))))

    assert [line["amount"] for line in lines if line["line"] == "row"] == ["-3.50"]
    assert [line["value"] for line in lines if line["line"] == "fact"] == ["-12.50"]


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_text_is_read_back_as_it_was_but_for_the_quotes_that_disarm_it(text: str) -> None:
    lines = csv_lines(csv_text(report_of(table_of([(None, [(text, Decimal(1))])]))))
    row = next(line for line in lines if line["line"] == "row")

    assert row["text"].replace("'", "") == text.replace("'", "")


def test_what_is_harmless_is_left_alone() -> None:
    assert [harmless(text) for text in ("Café", "a-b", "5 = five", "", "x@y.z")] == [
        "Café",
        "a-b",
        "5 = five",
        "",
        "x@y.z",
    ]


def number(cell: str, delimiter: str) -> bool:
    """Whether it is an amount of ours; cut by another separator, it begins the rest of a line."""
    try:
        Decimal(cell)
    except ArithmeticError:
        return delimiter != "," and cell.startswith(("-3.50", "-12.50"))
    return True
