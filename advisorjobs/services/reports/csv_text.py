"""A report as CSV: RFC 4180, UTF-8 with a byte order mark, one table for programs and for people who filter.

Each line says of which section and table it is and what it holds: `about` the report, a `fact`, a `row`, a `subtotal`, a
`total` or a `note`. Columns that tables share are shared. Amounts have a point and two places, days are ISO 8601, whatever
the language. A text that a spreadsheet would take for a formula is given a quote in front (OWASP, "CSV Injection");
numbers are left alone.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from advisorjobs.services.reports.language import Language, language
from advisorjobs.services.reports.model import Kind, Report, Row, Table, Value

__all__ = ["csv_text", "harmless"]

FIRST = ("section", "table", "line", "group", "label", "value", "currency")
DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠")
INSIDE = re.compile(r"([;\t\r\n][ \u00a0]*)(?=[=+\-@＝＋－＠])")
"""Where a spreadsheet that separates cells by semicolons or tabs would begin a new one, which quotes don't stop then."""

Line = Mapping[str, str]


def csv_text(report: Report) -> bytes:
    """The bytes of the file."""
    keys = dict.fromkeys(column.key for table in report.tables for column in table.columns)
    header = [*FIRST, *(key for key in keys if key not in FIRST)]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, header, restval="", dialect="excel", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_lines(report, language(report.language)))
    return file.getvalue().encode("utf-8-sig")


def harmless(text: str) -> str:
    """*text* so that no spreadsheet takes it for a formula."""
    text = INSIDE.sub(r"\1'", text)
    return f"'{text}" if text.lstrip(" \u00a0\ufeff\u200b")[:1] in DANGEROUS else text


def _lines(report: Report, words: Language) -> Iterator[Line]:
    about = {"title": report.title, "period": report.period, "firm": report.firm, "client": report.client}
    for label, value in {**about, "made_on": report.made_on, "start": report.start, "end": report.end}.items():
        yield {"line": "about", "label": label, "value": _cell(value, Kind.TEXT)}
    for fact in report.facts:
        yield {
            "section": words.text("summary"),
            "line": "fact",
            "label": harmless(fact.label),
            "value": _cell(fact.value, fact.kind),
            "currency": fact.currency or "",
        }
    for section in report.sections:
        for table in section.tables:
            for line in _table(table):
                yield {"section": section.title, "table": table.title, "currency": table.currency or "", **line}
        if section.note:
            yield {"section": section.title, "line": "note", "label": harmless(section.note)}
    for note in report.notes:
        yield {"line": "note", "label": harmless(note)}


def _table(table: Table) -> Iterator[Line]:
    for group in table.groups:
        label = {"group": harmless(group.label or "")}
        for row in group.rows:
            yield {"line": "row", **label, **_row(table, row)}
        if group.label is not None and table.has_total:
            yield {"line": "subtotal", **label, **_row(table, table.totals(group))}
    if table.has_total:
        yield {"line": "total", **_row(table, table.totals())}


def _row(table: Table, row: Row) -> Line:
    return {column.key: _cell(value, column.kind) for column, value in zip(table.columns, row, strict=True)}


def _cell(value: Value, kind: Kind) -> str:
    match value:
        case None:
            return ""
        case str():
            return harmless(value)
        case date():
            return value.isoformat()
        case Decimal() if kind is Kind.MONEY:
            return f"{value:.2f}"
    return str(value)
