"""Tables as rows of cells: consecutive rows of print whose pieces stand in the same columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from statistics import median

from advisorjobs.services.reading.order import rows_of_words
from advisorjobs.services.reading.page import Box, Page, Table, Word

__all__ = ["find_tables"]

_GAP = 1.2
"""A gap of so many letter heights parts two cells."""
_LEAST_ROWS, _LEAST_COLUMNS = 3, 2
_FAR = 2.5
"""A blank band of so many row heights ends a table."""

_Cell = tuple[Box, str]


def find_tables(pages: Iterable[Page]) -> tuple[Table, ...]:
    """The tables of *pages*: at least three rows with at least two columns in common."""
    return tuple(
        Table(page.number, rows)
        for page in pages
        for group in _groups(page)
        if len(rows := _aligned(group)) >= _LEAST_ROWS
    )


def _groups(page: Page) -> Iterator[list[list[_Cell]]]:
    """Runs of rows that hold two cells or more and follow each other closely."""
    aspect = page.height / page.width if page.width else 1.4
    group: list[list[_Cell]] = []
    for row in rows_of_words(word for line in page.lines for word in line.words):
        cells = list(_cells(row, aspect))
        if group and not _follows(group[-1], cells):
            yield group
            group = []
        if len(cells) >= _LEAST_COLUMNS or (group and _under_one_column(group[-1], cells)):
            group.append(cells)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _cells(row: list[Word], aspect: float) -> Iterator[_Cell]:
    height = median(word.box.bottom - word.box.top for word in row) * aspect
    part = [row[0]]
    for before, word in pairwise(row):
        if word.box.left - before.box.right > _GAP * height:
            yield _cell(part)
            part = []
        part.append(word)
    yield _cell(part)


def _cell(words: list[Word]) -> _Cell:
    return Box.around(word.box for word in words), " ".join(word.text for word in words)


def _follows(above: list[_Cell], cells: list[_Cell]) -> bool:
    one, other = Box.around(box for box, _ in above), Box.around(box for box, _ in cells)
    height = min(one.bottom - one.top, other.bottom - other.top)
    return other.top - one.bottom <= _FAR * height and any(_shares(box, cell) for box, _ in above for cell, _ in cells)


def _shares(one: Box, other: Box) -> bool:
    return one.shared_width(other) > 0


def _under_one_column(above: list[_Cell], cells: list[_Cell]) -> bool:
    """Whether a lone piece continues a cell of the row above rather than running across the table."""
    return len(cells) == 1 and sum(_shares(cells[0][0], box) for box, _ in above) == 1


def _aligned(group: list[list[_Cell]]) -> tuple[tuple[str, ...], ...]:
    """The rows of *group* with every cell in its column, empty where a row has none."""
    columns = _columns(group)
    if len(columns) < _LEAST_COLUMNS:
        return ()
    rows = []
    for cells in group:
        texts = [""] * len(columns)
        for box, text in cells:
            at = max(range(len(columns)), key=lambda number: _overlap(columns[number], box))
            texts[at] = f"{texts[at]} {text}".strip()
        rows.append(tuple(texts))
    return tuple(rows)


def _columns(group: list[list[_Cell]]) -> list[tuple[float, float]]:
    """Spans of x that cells share; a cell across several columns (a heading) joins none of them together."""
    spans: list[tuple[float, float]] = []
    most = max(len(cells) for cells in group)
    for cells in sorted(group, key=len, reverse=True):
        for box, _ in cells:
            touched = [span for span in spans if min(span[1], box.right) > max(span[0], box.left)]
            if not touched:
                spans.append((box.left, box.right))
            elif len(touched) == 1 and len(cells) * 2 >= most:
                spans[spans.index(touched[0])] = (min(touched[0][0], box.left), max(touched[0][1], box.right))
    return sorted(spans)


def _overlap(column: tuple[float, float], box: Box) -> float:
    return min(column[1], box.right) - max(column[0], box.left)
