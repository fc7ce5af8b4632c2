"""A report as an Excel workbook: a sheet of key figures, then one sheet per table with real numbers, days and formulas.

Sums are SUBTOTAL formulas, so that a sum over groups doesn't count their subtotals twice, each with its value beside it for
programs that don't calculate. Texts are written as texts, whatever they begin with. The same report gives the same bytes.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reports.language import Language, language
from advisorjobs.services.reports.model import Column, Fact, Kind, Report, Row, Table, Value

__all__ = ["workbook"]

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
HEAD = 3
"""The row, from 0, of a table's column labels: above are whose it is and of when."""

LONGEST_CELL = 32_000
WIDEST = 48
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
UNNAMEABLE = re.compile(r"[\[\]:*?/\\'\U00010000-\U0010ffff]")
"""What a sheet's name may not hold, and what would count twice in its length."""

ACCENT, PALE, SECOND = "#1F4E79", "#EEF3F8", "#D08A2E"


def workbook(report: Report) -> bytes:
    """The bytes of the file."""
    xlsxwriter = needed("xlsxwriter", "reports")
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, OPTIONS) as book:
        book.set_properties(
            {
                "title": _text(report.title),
                "subject": report.period,
                "author": _text(report.firm),
                "created": datetime.combine(report.made_on, datetime.min.time()),
            }
        )
        drawing = _Drawing(book, report, language(report.language), {})
        names = _names(report, drawing.words)
        drawing.summary(names[0], list(zip(names[1:], report.tables, strict=True)))
        for name, table in zip(names[1:], report.tables, strict=True):
            drawing.table(name, table)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Drawing:
    book: Any
    report: Report
    words: Language
    formats: dict[tuple[tuple[str, Any], ...], Any]

    def format(self, **properties: Any) -> Any:
        """A cell's format; one for all cells that look alike."""
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"valign": "top", **properties})
        return self.formats[key]

    def summary(self, name: str, sheets: list[tuple[str, Table]]) -> None:
        """Whose report it is, the key figures, and where to find what."""
        sheet, report = self.book.add_worksheet(name), self.report
        self._print(sheet, landscape=False)
        sheet.set_column(0, 0, 42)
        sheet.set_column(1, 1, 24)
        sheet.set_row(0, 28)
        self._write(sheet, 0, 0, report.title, bold=True, font_size=18, font_color=ACCENT)
        self._write(sheet, 1, 0, report.period)
        self._write(sheet, 2, 0, report.client, bold=True)
        self._write(sheet, 3, 0, report.firm, font_color="#5A6675")
        self._write(sheet, 4, 0, self.words.text("made"), font_color="#5A6675")
        self._write(sheet, 4, 1, report.made_on, Kind.DAY, align="left", font_color="#5A6675")
        row = 6
        for fact in report.facts:
            self._fact(sheet, row, fact)
            row += 1
        row += 1
        for sheet_name, table in sheets:
            link = self.format(font_color=ACCENT, underline=1)
            sheet.write_url(row, 0, f"internal:'{sheet_name}'!A1", link, string=_text(_titled(table)))
            row += 1
        said = [f"{each.title}: {each.note}" for each in report.sections if each.note and not each.tables]
        for note in [*said, *report.notes]:
            sheet.merge_range(row + 1, 0, row + 1, 1, "")
            self._write(sheet, row + 1, 0, note, text_wrap=True, font_color="#5A6675")
            sheet.set_row(row + 1, 15 * (1 + len(note) // 62))
            row += 1

    def table(self, name: str, table: Table) -> None:
        """One sheet: labels that stay in sight, the rows, the sums, and the chart beside them."""
        sheet = self.book.add_worksheet(name)
        self._print(sheet, landscape=len(table.columns) > 5 or table.chart is not None)
        sheet.set_row(0, 22)
        self._write(sheet, 0, 0, f"{self.report.title} – {_titled(table)}", bold=True, font_size=14, font_color=ACCENT)
        self._write(sheet, 1, 0, f"{self.report.client} · {self.report.period}", font_color="#5A6675")
        for at, column in enumerate(table.columns):
            right: dict[str, Any] = {"align": "right"} if _is_number(column) else {}
            label = {
                "bold": True,
                "font_color": ACCENT,
                "bottom": 2,
                "bottom_color": ACCENT,
                "text_wrap": True,
                **right,
            }
            self._write(sheet, HEAD, at, column.label, **label)
            sheet.set_column(at, at, self._width(table, at))
        sheet.freeze_panes(HEAD + 1, 1)
        sheet.repeat_rows(HEAD)
        last = self._rows(sheet, table)
        if len(table.groups) == 1 and table.groups[0].label is None and last > HEAD + 1:
            sheet.autofilter(HEAD, 0, last, len(table.columns) - 1)
        if table.chart:
            self._chart(sheet, name, table, last)

    def _rows(self, sheet: Any, table: Table) -> int:
        """Writes the rows with their sums. Returns the last row that isn't the total."""
        at = HEAD + 1
        for group in table.groups:
            if group.label is not None:
                self._write(sheet, at, 0, group.label, bold=True)
                at += 1
            first = at
            for row in group.rows:
                self._row(sheet, at, table, row)
                at += 1
            if group.label is not None and table.has_total:
                label = self.words.text("subtotal", group=group.label)
                self._sums(sheet, at, table, (first, at - 1), table.totals(group), label, bold=True, top=1)
                at += 1
        if table.has_total and at > HEAD + 1:
            look = {"bold": True, "top": 2, "bottom": 2, "bg_color": PALE}
            self._sums(sheet, at, table, (HEAD + 1, at - 1), table.totals(), self.words.text("total"), **look)
        return at - 1

    def _row(self, sheet: Any, at: int, table: Table, row: Row) -> None:
        for place, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            wrap: dict[str, Any] = {"text_wrap": True} if column.wide else {}
            self._write(sheet, at, place, value, column.kind, table.currency, **wrap)

    def _sums(
        self, sheet: Any, at: int, table: Table, rows: tuple[int, int], sums: Row, label: str, **look: Any
    ) -> None:
        from xlsxwriter.utility import xl_range

        self._write(sheet, at, 0, label, **look)
        for place, (value, column) in enumerate(zip(sums, table.columns, strict=True)):
            if column.total and value is not None:
                form = self.format(**look, num_format=_number_format(column.kind, table.currency))
                formula = f"=SUBTOTAL(9,{xl_range(rows[0], place, rows[1], place)})"
                sheet.write_formula(at, place, formula, form, value)
            elif place:
                sheet.write_blank(at, place, None, self.format(**look))

    def _write(
        self,
        sheet: Any,
        row: int,
        at: int,
        value: Value,
        kind: Kind = Kind.TEXT,
        currency: str | None = None,
        **look: Any,
    ) -> None:
        """One cell, by what its value is: never a formula."""
        match value:
            case None:
                return
            case str():
                sheet.write_string(row, at, _text(value), self.format(**look))
            case date():
                form = self.format(**{"align": "left", **look}, num_format=_day_format(self.words))
                sheet.write_datetime(row, at, datetime.combine(value, datetime.min.time()), form)
            case _:
                number = value / 100 if kind is Kind.SHARE else value
                sheet.write_number(row, at, number, self.format(**look, num_format=_number_format(kind, currency)))

    def _fact(self, sheet: Any, row: int, fact: Fact) -> None:
        look: dict[str, Any] = {"bold": True, "bg_color": PALE} if fact.emphasis else {}
        self._write(sheet, row, 0, fact.label, **look)
        self._write(sheet, row, 1, fact.value, fact.kind, fact.currency, **look)

    def _chart(self, sheet: Any, name: str, table: Table, last: int) -> None:
        assert table.chart is not None
        chart = self.book.add_chart({"type": "column" if table.chart.kind == "bars" else "line"})
        for key, colour in zip(table.chart.series, (ACCENT, SECOND), strict=False):
            at = table.position(key)
            look = (
                {"fill": {"color": colour}} if table.chart.kind == "bars" else {"line": {"color": colour, "width": 2}}
            )
            chart.add_series(
                {
                    "name": [name, HEAD, at],
                    "categories": [name, HEAD + 1, 0, last, 0],
                    "values": [name, HEAD + 1, at, last, at],
                    **look,
                }
            )
        chart.set_title(
            {"name": f"{table.chart.title} ({table.currency})", "name_font": {"size": 12}, "overlay": False}
        )
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis({"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#D5DAE1"}}})
        chart.set_size({"width": 640, "height": 320})
        sheet.insert_chart(HEAD, len(table.columns) + 1, chart, {"description": table.chart.alt})

    def _print(self, sheet: Any, *, landscape: bool) -> None:
        sheet.hide_gridlines(2)
        sheet.set_paper(9)  # A4
        if landscape:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(0.6, 0.6, 0.7, 0.7)
        page = self.words.text("page", number="&P", count="&N")
        sheet.set_footer(f"&L{_text(self.report.firm).replace('&', '&&')[:80]}&R{page}")

    def _width(self, table: Table, at: int) -> float:
        """Wide enough for the label, the values and the sums, within reason."""
        column = table.columns[at]
        rows = [*table.rows, table.totals()]
        longest = max((len(self.words.value(row[at], column.kind)) for row in rows), default=0)
        room = 4 if column.kind is Kind.MONEY else 0  # for the currency
        label = max(map(len, column.label.split()), default=0)
        return min(WIDEST, max(8, longest + room, label) + 2)


def _names(report: Report, words: Language) -> list[str]:
    """The sheets' names: what Excel allows (31 characters, none of []:*?/\\), each once; the summary's first."""
    names: list[str] = []
    for title in [words.text("summary"), *map(_titled, report.tables)]:
        plain = UNNAMEABLE.sub(" ", _text(title)).strip() or "–"
        name, number = plain[:31].strip(), 1
        while name.lower() in {each.lower() for each in names}:
            number += 1
            name = f"{plain[:27].strip()} {number}"
        names.append(name)
    return names


def _titled(table: Table) -> str:
    return f"{table.title} {table.currency}" if table.currency else table.title


def _is_number(column: Column) -> bool:
    return column.kind in (Kind.MONEY, Kind.COUNT, Kind.SHARE)


def _number_format(kind: Kind, currency: str | None) -> str:
    """Excel's own notation, which it shows in the manner of the reader's country."""
    if kind is Kind.SHARE:
        return "0.0%"
    if kind is Kind.COUNT:
        return "#,##0"
    unit = f'\\ "{currency}"' if currency else ""
    return f"#,##0.00{unit};[Red]\\-#,##0.00{unit}"


def _day_format(words: Language) -> str:
    return "dd.mm.yyyy" if words.code == "de" else "d mmm yyyy"


def _text(text: str | None) -> str:
    return UNSEEN.sub("\ufffd", text or "")[:LONGEST_CELL]
