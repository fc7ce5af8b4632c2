"""One Reading out of two of the same pages: a text layer, and what only the picture shows."""

from __future__ import annotations

from dataclasses import replace

from advisorjobs.services.reading.page import Box, Line, Page, Reading

__all__ = ["merged"]


def merged(reading: Reading, picture: Reading) -> Reading:
    """*reading* with those lines of *picture* that stand where it has no words (logos, letterheads, stamps)."""
    seen = {page.number: page for page in picture.pages}
    pages = [_with_lines(page, seen[page.number]) if page.number in seen else page for page in reading.pages]
    known = {page.number for page in reading.pages}
    return replace(reading, pages=(*pages, *(page for page in picture.pages if page.number not in known)))


def _with_lines(page: Page, picture: Page) -> Page:
    words = [word.box for line in page.lines for word in line.words]
    new = [line for line in picture.lines if line.words and _uncovered(line, words)]
    lines = sorted([*page.lines, *new], key=lambda line: (line.box.top, line.box.left) if line.words else (2.0, 0.0))
    return replace(page, lines=tuple(lines))


def _uncovered(line: Line, words: list[Box]) -> bool:
    """Whether less than a third of the line's area lies under words that are known."""
    box = line.box
    area = max(1e-9, (box.right - box.left) * (box.bottom - box.top))
    return sum(_shared(box, word) for word in words) < 0.33 * area


def _shared(one: Box, other: Box) -> float:
    width, height = one.shared_width(other), one.shared_height(other)
    return width * height if width > 0 and height > 0 else 0.0
