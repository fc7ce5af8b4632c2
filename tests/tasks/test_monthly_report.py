"""The monthly report of a client whose books have only just begun."""

from __future__ import annotations

from datetime import date

from tests.fixtures.bookkeeping import CLIENT, Bookkeeping
from tests.fixtures.read_back import csv_lines, pdf_pages, workbook_of


def test_a_month_before_the_books_begin_has_no_figures_and_is_compared_with_nothing(bookkeeping: Bookkeeping) -> None:
    bookkeeping.firm()
    bookkeeping.money(date(2024, 10, 20), "1000.00", "services")
    bookkeeping.money(date(2024, 11, 3), "1200.00", "services")
    bookkeeping.money(date(2024, 11, 4), "-70.00", "rent")
    made = {
        form: bookkeeping.file(bookkeeping.make("report:monthly", format=form, client_id=CLIENT, month="2024-11"))
        for form in ("pdf", "excel", "csv")
    }
    lines = [line for line in csv_lines(made["csv"]) if line["line"] in ("row", "total")]
    income = [line for line in lines if line["table"] == "Income"]
    by_month = [line for line in lines if line["table"] == "By month" and line["line"] == "row"]

    assert len(income) == 2
    for line in income:
        assert (line["this_month"], line["last_month"], line["change"]) == ("1200.00", "1000.00", "200.00")
        assert (line["last_year"], line["year_change"]) == ("", "")
    assert [line["income"] for line in by_month] == [""] * 11 + ["1000.00", "1200.00"]
    assert [line["result"] for line in by_month[-3:]] == ["", "1000.00", "1130.00"]
    sheet = next(each for each in workbook_of(made["excel"]) if each.title.startswith("Income"))
    assert [cell.value for cell in list(sheet.rows)[-1]][-2:] == [None, None]
    text = "\n".join(pdf_pages(made["pdf"]))
    assert "Total 1,200.00 1,000.00 200.00 – –" in text
    assert "September 2024 – – –" in text
