"""Reading order: words put together to lines, and lines of columns of running text read one column after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from advisorjobs.services.reading.page import Box, Line, Word

__all__ = ["arranged", "rows_of_words"]

_GAP = 1.6
"""A gap of so many letter heights parts the pieces of a row."""
_PROSE_WORDS = 3.5
"""Columns of running text have at least so many words in a line; columns of a table have fewer."""
_PROSE_LINES = 4


class _Piece:
    """Words of one row without a wide gap between them."""

    __slots__ = ("box", "words")

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = tuple(words)
        self.box = Box.around(word.box for word in words)

    @property
    def height(self) -> float:
        return self.box.bottom - self.box.top

    @property
    def middle(self) -> float:
        return (self.box.top + self.box.bottom) / 2


def arranged(words: Iterable[Word], *, width: float, height: float) -> tuple[Line, ...]:
    """The words of a page of this size as lines in reading order."""
    aspect = height / width if width else 1.4
    pieces = [piece for row in rows_of_words(words) for piece in _pieces(row, aspect)]
    return tuple(Line(tuple(row)) for block in _blocks(pieces, 0) for row in _rows(block))


def rows_of_words(words: Iterable[Word]) -> list[list[Word]]:
    """Words grouped by the row of print that they stand on, top to bottom and left to right."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=_middle):
        home = next((row for row in reversed(rows[-4:]) if _beside(row, word)), None)
        if home is None:
            rows.append([word])
        else:
            home.append(word)
    rows.sort(key=lambda row: median(map(_middle, row)))
    return [sorted(row, key=lambda word: word.box.left) for row in rows]


def _middle(word: Word) -> float:
    return (word.box.top + word.box.bottom) / 2


def _beside(row: list[Word], word: Word) -> bool:
    """Compared with the row's nearest word, so that a row may rise or fall a little over the page."""
    near = min(row, key=lambda other: abs(other.box.left - word.box.left))
    shared = near.box.shared_height(word.box)
    least, most = sorted((near.box.bottom - near.box.top, word.box.bottom - word.box.top))
    overlapping = near.box.shared_width(word.box)
    crossing = overlapping > 0.3 * min(near.box.right - near.box.left, word.box.right - word.box.left)
    return shared >= (0.75 if crossing else 0.5) * least and most < 4 * max(least, 1e-9)


def _pieces(row: list[Word], aspect: float) -> Iterator[_Piece]:
    height = median(word.box.bottom - word.box.top for word in row) * aspect
    part = [row[0]]
    for before, word in pairwise(row):
        if word.box.left - before.box.right > _GAP * height:
            yield _Piece(part)
            part = []
        part.append(word)
    yield _Piece(part)


def _blocks(pieces: list[_Piece], depth: int) -> Iterator[list[_Piece]]:
    """Cut at gutters between columns of running text, else at the widest blank band, until neither is left."""
    if not pieces:
        return
    gutter = _gutter(pieces)
    if gutter is not None and depth < 40:
        yield from _blocks([piece for piece in pieces if piece.box.right <= gutter], depth + 1)
        yield from _blocks([piece for piece in pieces if piece.box.right > gutter], depth + 1)
        return
    band = _band(pieces) if depth < 40 else None
    if band is None:
        yield pieces
        return
    yield from _blocks([piece for piece in pieces if piece.middle <= band], depth + 1)
    yield from _blocks([piece for piece in pieces if piece.middle > band], depth + 1)


def _gutter(pieces: list[_Piece]) -> float | None:
    """The x of a blank strip with running text on either side."""
    ends = sorted((piece.box.left, piece.box.right) for piece in pieces)
    reach = ends[0][1]
    for left, right in ends[1:]:
        if left > reach + 0.008:
            middle = (left + reach) / 2
            sides = (
                [piece for piece in pieces if piece.box.right <= middle],
                [piece for piece in pieces if piece.box.right > middle],
            )
            if all(map(_prose, sides)):
                return middle
        reach = max(reach, right)
    return None


def _prose(pieces: list[_Piece]) -> bool:
    if len(pieces) < _PROSE_LINES:
        return False
    words = [word for piece in pieces for word in piece.words]
    numbers = sum(any(char.isdigit() for char in word.text) for word in words)
    return len(words) / len(pieces) >= _PROSE_WORDS and numbers < 0.25 * len(words)


def _band(pieces: list[_Piece]) -> float | None:
    """The y of the widest blank band that is at least as high as a line of text."""
    spans = sorted((piece.box.top, piece.box.bottom) for piece in pieces)
    least = 0.6 * median(piece.height for piece in pieces)
    best: tuple[float, float] | None = None
    reach = spans[0][1]
    for top, bottom in spans[1:]:
        if top - reach > least and (best is None or top - reach > best[0]):
            best = (top - reach, (top + reach) / 2)
        reach = max(reach, bottom)
    return best[1] if best else None


def _rows(pieces: list[_Piece]) -> list[list[Word]]:
    return rows_of_words(word for piece in pieces for word in piece.words)
