"""Where things stand on the pages of a Reading: segments (pieces of a line without a wide gap) and spans of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from advisorjobs.services.reading.page import Box, Line, Page, Reading, Word

__all__ = ["Segment", "Span", "segments_of"]

GAP = 1.6
"""A gap wider than this many letter heights parts two segments."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Words of one line that stand together. `aspect` is page height / width, to compare lengths across and down."""

    index: int
    page: int
    words: tuple[Word, ...]
    text: str
    starts: tuple[int, ...]
    box: Box
    aspect: float
    confidence: float

    @property
    def height(self) -> float:
        return self.box.bottom - self.box.top

    @property
    def middle(self) -> float:
        return (self.box.top + self.box.bottom) / 2

    def span(self, start: int, end: int) -> Span:
        return Span(self, start, end)

    def box_of(self, start: int, end: int) -> Box:
        """The box of text[start:end]; inside a word its letters count as equally wide."""
        first, last = bisect_right(self.starts, start) - 1, bisect_right(self.starts, max(start, end - 1)) - 1
        box = Box.around(word.box for word in self.words[first : last + 1])
        left, right = self._edge(first, start), self._edge(last, end)
        return Box(left, box.top, max(left, right), box.bottom)

    def _edge(self, word: int, at: int) -> float:
        box, length = self.words[word].box, max(1, len(self.words[word].text))
        return box.left + (box.right - box.left) * min(1.0, max(0.0, (at - self.starts[word]) / length))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a segment's text."""

    segment: Segment
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.segment.text[self.start : self.end]

    @property
    def box(self) -> Box:
        return self.segment.box_of(self.start, self.end)

    @property
    def page(self) -> int:
        return self.segment.page

    def overlaps(self, other: Span) -> bool:
        return (
            self.segment.index == other.segment.index and self.start < other.end and other.start < self.end
        )  # fmt: skip


def segments_of(reading: Reading) -> tuple[Segment, ...]:
    """All segments of *reading*, page by page from top to bottom and left to right, with a skew taken out."""
    pieces: list[tuple[int, float, tuple[Word, ...]]] = []
    for page in reading.pages:
        aspect = page.height / page.width if page.width else 1.4
        lines = _straightened(page)
        found = [piece for line in lines for piece in _parted(line, aspect)]
        found.sort(key=lambda words: (round(_middle(words) * 200), words[0].box.left))
        pieces += [(page.number, aspect, words) for words in found]
    return tuple(_segment(index, *piece) for index, piece in enumerate(pieces))


def _segment(index: int, page: int, aspect: float, words: tuple[Word, ...]) -> Segment:
    starts, at = [], 0
    for word in words:
        starts.append(at)
        at += len(word.text) + 1
    text = " ".join(word.text for word in words)
    box = Box.around(word.box for word in words)
    return Segment(index, page, words, text, tuple(starts), box, aspect, min(word.confidence for word in words))


def _middle(words: tuple[Word, ...]) -> float:
    return median((word.box.top + word.box.bottom) / 2 for word in words)


def _parted(line: Line, aspect: float) -> Iterator[tuple[Word, ...]]:
    """*line* cut where a gap is wide for its letters."""
    words = sorted((word for word in line.words if word.text.strip()), key=lambda word: word.box.left)
    if not words:
        return
    height = median(word.box.bottom - word.box.top for word in words) * aspect
    part = [words[0]]
    for before, word in pairwise(words):
        if word.box.left - before.box.right > GAP * height:
            yield tuple(part)
            part = []
        part.append(word)
    yield tuple(part)


def _straightened(page: Page) -> list[Line]:
    """The page's lines, sheared so that lines of words run level; a text layer's are level already."""
    slope = _slope(page)
    if abs(slope) < 0.002:
        return list(page.lines)
    return [Line(tuple(_sheared(word, slope) for word in line.words)) for line in page.lines if line.words]


def _sheared(word: Word, slope: float) -> Word:
    box = word.box
    shift = slope * ((box.left + box.right) / 2 - 0.5)
    return Word(word.text, Box(box.left, box.top - shift, box.right, box.bottom - shift), word.confidence)


def _slope(page: Page) -> float:
    """How far down the page the page's long lines run per page width."""
    slopes = []
    for line in page.lines:
        if len(line.words) < 3 or page.source == "text_layer":
            continue
        first, last = line.words[0].box, line.words[-1].box
        width = (last.left + last.right - first.left - first.right) / 2
        if width > 0.15:
            slopes.append((last.top + last.bottom - first.top - first.bottom) / 2 / width)
    return median(slopes) if len(slopes) >= 3 else 0.0
