"""A workbook has real numbers, days and formulas of ours alone."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from advisorjobs.services.reports.model import Column, Group, Kind, Table
from advisorjobs.services.reports.workbook import workbook
from tests.fixtures.read_back import workbook_of
from tests.services.reports.sample import INJECTIONS, chart_of, report_of, table_of


@pytest.mark.parametrize("text", [*INJECTIONS, "{=1+1}", "http://example.com", "00123", "x" * 40_000])
def test_texts_are_texts_whatever_they_begin_with(text: str) -> None:
    report = report_of(table_of([(text, [(text, Decimal("-3.50"))])], title=text), title=text, client=text, firm=text)
    book = workbook_of(workbook(report))
    formulas = [cell.value for sheet in book for row in sheet.rows for cell in row if cell.data_type == "f"]
    texts = [cell.value for cell in book.worksheets[1]["A"]]

    assert len(formulas) == 4
    assert all(str(formula).startswith("=SUBTOTAL(9,") for formula in formulas)
    assert text[:32_000].replace("\r\n", "\n") in [
        str(each).replace("_x000D_", "\r").replace("\r\n", "\n") for each in texts
    ]


def test_numbers_days_and_shares_are_what_they_are() -> None:
    columns = (
        Column("day", "Day", Kind.DAY),
        Column("amount", "Amount", Kind.MONEY, total=True),
        Column("share", "Share", Kind.SHARE),
    )
    table = Table(
        title="T",
        columns=columns,
        groups=(Group(((date(2024, 2, 29), Decimal("-1234.56"), Decimal("12.5")),)),),
        currency="CHF",
    )
    sheet = workbook_of(workbook(report_of(table))).worksheets[1]
    day, amount, share = sheet[5]

    assert day.value == datetime(2024, 2, 29)  # noqa: DTZ001 – a workbook knows no time zones
    assert amount.value == -1234.56
    assert "CHF" in amount.number_format
    assert (share.value, share.number_format) == (0.125, "0.0%")


def test_labels_stay_in_sight_and_are_printed_on_every_page() -> None:
    sheet = workbook_of(workbook(report_of(chart_of("1.00", "2.00")))).worksheets[1]

    assert sheet.freeze_panes == "B5"
    assert sheet.print_title_rows == "$4:$4"
    assert sheet.page_setup.paperSize == 9
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.auto_filter.ref == "A4:C6"
    assert len(sheet._charts) == 1


def test_sheets_have_names_that_excel_allows_each_once() -> None:
    titles = ["a/b[c]:*?", "Long " * 12, "Long " * 12, "summary", "''", ""]
    names = workbook_of(
        workbook(report_of(*(table_of([(None, [("x", Decimal(1))])], title=title) for title in titles)))
    ).sheetnames

    assert len({name.lower() for name in names}) == len(titles) + 1
    assert all(0 < len(name) <= 31 and not set("[]:*?/\\'") & set(name) for name in names)
