"""A report as PDF, set by typst from templates/reports/report.typ, with the fonts that typst brings.

The template gets the report as JSON, every value written out in the report's language; no text of a client's is ever part of
the template's source. The file is tagged for screen readers (PDF/UA-1). The same report gives the same bytes.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime, time
from functools import cache
from importlib.resources import files
from typing import Any

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reports.drawing import drawing
from advisorjobs.services.reports.language import Language, language
from advisorjobs.services.reports.model import Column, Fact, Group, Kind, Report, Row, Table

__all__ = ["MOST_ROWS", "pdf"]

MOST_ROWS = 4000
"""What typst sets within the memory of a child process: some 100 KB a row. The other forms have all of them."""

STANDARDS: tuple[Any, ...] = (["ua-1"], [])
"""PDF/UA refuses a letter that no font has: better a box in its place than no report."""

KEPT = 16
"""A table of so many rows isn't broken over pages."""

UNKNOWN = "–"

LONG_WORD = re.compile(r"\S{22,}")
PIECE = re.compile(r"(.{11})(?=.)")
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def pdf(report: Report) -> bytes:
    """The bytes of the file. JobError `internal` where typst refuses, without a word of the report's own."""
    typst = needed("typst", "reports")
    inputs = {"report": json.dumps(_data(report), ensure_ascii=False)}
    made_at = datetime.combine(report.made_on, time(12), UTC)
    refused: Exception | None = None
    for standard in STANDARDS:
        try:
            return bytes(
                typst.compile(
                    _template(), ignore_system_fonts=True, sys_inputs=inputs, pdf_standards=standard, timestamp=made_at
                )
            )
        except typst.TypstError as error:
            refused = error
    raise JobError(
        ErrorCode.INTERNAL, "typst could not set the report: templates/reports/report.typ has an error", permanent=True
    ) from refused


@cache
def _template() -> bytes:
    return (files("advisorjobs.templates") / "reports" / "report.typ").read_bytes()


def _data(report: Report) -> dict[str, Any]:
    words = language(report.language)
    left = MOST_ROWS
    sections = []
    for section in report.sections:
        tables = []
        for table in section.tables:
            tables.append(_table(table, words, left))
            left -= len(tables[-1]["lines"])
        sections.append({"title": _text(section.title), "note": _text(section.note), "tables": tables})
    return {
        "title": _text(report.title),
        "period": report.period,
        "firm": _text(report.firm),
        "client": _text(report.client),
        "lang": words.code,
        "region": words.tag.partition("-")[2] or None,
        "made": words.text("made_on", day=words.day(report.made_on)),
        "made_on": [report.made_on.year, report.made_on.month, report.made_on.day],
        "prepared_for": words.text("prepared_for"),
        "summary": words.text("summary"),
        "page": words.text("page", number="\x01", count="\x02"),
        "wide": any(map(_is_wide, report.tables)),
        "facts": _facts(report.facts, words),
        "sections": sections,
        "notes": [_text(note) for note in report.notes],
    }


def _is_wide(table: Table) -> bool:
    """Whether its rows need a page on its side."""
    return len(table.columns) > 7 or sum(column.kind is Kind.TEXT for column in table.columns) > 3


def _facts(facts: tuple[Fact, ...], words: Language) -> list[list[dict[str, Any]]]:
    """The key figures, a line for each currency; what has none ends the last line."""
    lines: dict[str | None, list[dict[str, Any]]] = {}
    for fact in facts:
        currency = fact.currency or next(reversed(lines), None)
        figure = {
            "label": fact.label,
            "value": words.value(fact.value, fact.kind),
            "currency": fact.currency,
            "emphasis": fact.emphasis,
        }
        lines.setdefault(currency, []).append(figure)
    return list(lines.values())


def _table(table: Table, words: Language, most: int) -> dict[str, Any]:
    """A table's lines in order, each with its style: row, group, subtotal or total. Of more than *most* rows the first."""
    lines: list[dict[str, Any]] = []
    count, shown = sum(1 for _ in table.rows), 0
    for group in table.groups:
        rows = group.rows[: max(0, most - shown)]
        shown += len(rows)
        if group.label is not None and rows:
            lines.append({"style": "group", "cells": [_text(group.label)]})
        lines += [{"style": "row", "cells": _cells(table, row, words)} for row in rows]
        if group.label is not None and rows and table.has_total:
            label = words.text("subtotal", group=group.label)
            lines.append(_sums(table, group, words, label))
    if table.has_total:
        lines.append(_sums(table, None, words, words.text("total")))
    cut = {"shown": words.number(shown), "count": words.number(count)}
    return {
        "title": _text(table.title),
        "currency": table.currency,
        "columns": [_column(table, at, column) for at, column in enumerate(table.columns)],
        "lines": lines,
        "kept": len(lines) <= KEPT,
        "note": words.text("shown", **cut) if shown < count else _text(table.note),
        "chart": asdict(drawing(table, words)) if table.chart else None,
    }


def _column(table: Table, at: int, column: Column) -> dict[str, Any]:
    """`weight`: its part of the room that is left, by what nine in ten of its texts need; 0: as wide as what is in it."""
    lengths = sorted(len(value) for row in table.rows if isinstance(value := row[at], str))
    usual = lengths[len(lengths) * 9 // 10] if lengths else 0
    narrow = column.kind is not Kind.TEXT or (max(lengths, default=0) <= 14 and not column.wide)
    return {
        "label": column.label,
        "right": column.kind in (Kind.MONEY, Kind.COUNT, Kind.SHARE),
        "weight": 0 if narrow else max(14, min(usual, 36)),
    }


def _cells(table: Table, row: Row, words: Language) -> list[str]:
    """The values written out; an amount that isn't known is a dash, as an empty place would look forgotten."""
    return [
        UNKNOWN if value is None and column.kind is Kind.MONEY else _text(words.value(value, column.kind))
        for value, column in zip(row, table.columns, strict=True)
    ]


def _sums(table: Table, group: Group | None, words: Language, label: str) -> dict[str, Any]:
    """A line of sums; its label has the room of all columns (`span`) before the first that is summed up."""
    span = next(at for at, column in enumerate(table.columns) if column.total)
    cells = [_text(label), *_cells(table, table.totals(group), words)[span:]]
    return {"style": "subtotal" if group else "total", "span": span, "cells": cells}


def _text(text: str | None) -> str:
    """*text* in one line, with places where long words may be broken."""
    if text is None:
        return ""
    line = " ".join(UNSEEN.sub("\ufffd", text).split())
    return LONG_WORD.sub(lambda word: PIECE.sub("\\1\u200b", word[0]), line)
