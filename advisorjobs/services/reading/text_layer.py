"""The words that a PDF page says in its text layer and its form fields, with their places."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import pi
from typing import Any

from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reading.page import Box, Word

__all__ = ["PageWords", "legible", "page_words"]

_SCALE = 1_000_000
_WORD_GAP = 0.28
"""A gap of so many letter heights parts two words even without a space between them."""
_OBLIQUE = -1
_SLIGHT = 0.15
"""Letters may be off their direction by so many right angles."""
_LINE_END_HYPHEN = 2
_NO_PRINT = frozenset({0xAD, 0xFFFE, 0xFFFF, 0x200B, 0xFEFF})
_HIDDEN_SHARE = 0.15
"""A text layer in which so many letters stand for nothing known is no use."""


@dataclass(frozen=True, slots=True)
class PageWords:
    """The words of a page as most of its text reads: `quarter` says by how many quarters clockwise the page had to be
    turned for that. `across` are words that run another way (margin notes, watermarks)."""

    words: tuple[Word, ...]
    across: tuple[Word, ...]
    quarter: int


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter in the page's own coordinates; `quarter` is its direction of reading, counted anticlockwise from left to
    right, or _OBLIQUE."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    quarter: int


def page_words(page: Any, *, form: Any = None) -> PageWords:
    """Every word of *page* (a pypdfium2 page) in the order of the file, form fields' values last.

    *form* is the document's form environment, None where it has no form.
    """
    place = _Placing(page)
    shown = page.get_rotation() // 90
    found = [(_as_shown(letters[0].quarter, shown), place.word(letters)) for letters in _words(_letters(page))]
    counts = Counter({0: 0})
    for quarter, word in found:
        counts[quarter] += len(word.text) if quarter != _OBLIQUE else 0
    main = max(counts, key=lambda quarter: counts[quarter])
    words = tuple(_turned(word, main) for quarter, word in found if quarter == main)
    across = tuple(_turned(word, main) for quarter, word in found if quarter != main)
    fields = tuple(_turned(word, main) for word in _field_words(page, form, place)) if form else ()
    return PageWords((*words, *fields), across, main)


def _as_shown(quarter: int, shown: int) -> int:
    """A letter's direction on a page that is shown turned clockwise by so many quarters."""
    return quarter if quarter == _OBLIQUE else (quarter - shown) % 4


def _turned(word: Word, quarters: int) -> Word:
    """*word* on a page turned clockwise by so many quarters."""
    box = word.box
    for _ in range(quarters):
        box = Box(1 - box.bottom, box.left, 1 - box.top, box.right)
    return Word(word.text, box, word.confidence)


def legible(words: tuple[Word, ...]) -> bool:
    """Whether the letters stand for something: fonts without a table of letters give private and replacement signs."""
    letters = "".join(word.text for word in words)
    odd = sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" or ord(char) < 32 for char in letters)
    return odd <= _HIDDEN_SHARE * len(letters)


class _Placing:
    """Turns a page's own coordinates into fractions of the page as it is shown (rotated and cropped)."""

    def __init__(self, page: Any) -> None:
        self._page, self._raw = page, needed("pypdfium2.raw")

    def word(self, letters: list[_Letter]) -> Word:
        box = self.box(
            min(letter.left for letter in letters),
            min(letter.bottom for letter in letters),
            max(letter.right for letter in letters),
            max(letter.top for letter in letters),
        )
        return Word("".join(letter.text for letter in letters), box)

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        (x1, y1), (x2, y2) = self._shown(left, bottom), self._shown(right, top)
        return Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))

    def _shown(self, x: float, y: float) -> tuple[float, float]:
        across, down = ctypes.c_int(), ctypes.c_int()
        self._raw.FPDF_PageToDevice(self._page, 0, 0, _SCALE, _SCALE, 0, x, y, across, down)
        return across.value / _SCALE, down.value / _SCALE


def _letters(page: Any) -> Iterator[_Letter | None]:
    """The page's letters, None for white space and line ends."""
    raw = needed("pypdfium2.raw")
    text = page.get_textpage()
    try:
        codes = [raw.FPDFText_GetUnicode(text, index) for index in range(text.count_chars())]
        for index, char in enumerate(_characters(codes)):
            if char is not None:
                yield None if char.isspace() else _letter(raw, text, index, char)
    finally:
        text.close()


def _characters(codes: list[int]) -> Iterator[str | None]:
    """UTF-16 units as characters, a space for what is not print, None for the second half of a pair."""
    half = 0
    for code in codes:
        if 0xD800 <= code < 0xDC00:
            half = code
            yield None
        elif 0xDC00 <= code < 0xE000:
            yield chr(0x10000 + ((half - 0xD800) << 10) + code - 0xDC00) if half else "\ufffd"
            half = 0
        elif code == _LINE_END_HYPHEN:
            yield "-"
        elif code < 32 or code in _NO_PRINT or code > 0x10FFFF:
            yield " "
        else:
            yield chr(code)


def _letter(raw: Any, text: Any, index: int, char: str) -> _Letter:
    edges = [ctypes.c_double() for _ in range(4)]
    raw.FPDFText_GetCharBox(text, index, *edges)
    left, right, bottom, top = (edge.value for edge in edges)
    quarter = _quarter(raw.FPDFText_GetCharAngle(text, index))
    loose = raw.FS_RECTF()
    # The loose box has the font's height, so that "-" and "g" stand on one line.
    if raw.FPDFText_GetLooseCharBox(text, index, loose):
        if quarter % 2:
            left, right = loose.left, loose.right
            bottom, top = min(bottom, loose.bottom), max(top, loose.top)
        else:
            bottom, top = loose.bottom, loose.top
            left, right = min(left, loose.left), max(right, loose.right)
    return _Letter(char, min(left, right), min(bottom, top), max(left, right), max(bottom, top), quarter)


def _quarter(angle: float) -> int:
    """The direction of reading of a letter that is turned clockwise by *angle* (radians)."""
    quarters = -angle / (pi / 2)
    return round(quarters) % 4 if abs(quarters - round(quarters)) < _SLIGHT else _OBLIQUE


def _words(letters: Iterator[_Letter | None]) -> Iterator[list[_Letter]]:
    word: list[_Letter] = []
    for letter in letters:
        if word and (letter is None or _parted(word[-1], letter)):
            yield word
            word = []
        if letter is not None:
            word.append(letter)
    if word:
        yield word


def _parted(before: _Letter, letter: _Letter) -> bool:
    """Whether two letters that follow each other stand apart: a gap, another line, another direction."""
    if before.quarter != letter.quarter:
        return True
    across = max(letter.left - before.right, before.left - letter.right)
    down = max(letter.bottom - before.top, before.bottom - letter.top)
    height = max(before.top - before.bottom, letter.top - letter.bottom, 0.1)
    if letter.quarter % 2:
        across, down = down, across
        height = max(before.right - before.left, letter.right - letter.left, 0.1)
    return across > _WORD_GAP * height or down > 0.0


def _field_words(page: Any, form: Any, place: _Placing) -> Iterator[Word]:
    """The values of filled-in form fields, which are no part of the text layer."""
    raw = needed("pypdfium2.raw")
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            if raw.FPDFAnnot_GetFormFieldType(form, annotation) in (
                raw.FPDF_FORMFIELD_TEXTFIELD,
                raw.FPDF_FORMFIELD_COMBOBOX,
            ):
                yield from _spread(_field_value(raw, form, annotation), _field_box(raw, annotation, place))
        finally:
            raw.FPDFPage_CloseAnnot(annotation)


def _field_value(raw: Any, form: Any, annotation: Any) -> str:
    size = raw.FPDFAnnot_GetFormFieldValue(form, annotation, None, 0)
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAnnot_GetFormFieldValue(form, annotation, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16-le", errors="replace").rstrip("\0")


def _field_box(raw: Any, annotation: Any, place: _Placing) -> Box:
    rectangle = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, rectangle)
    return place.box(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)


def _spread(value: str, box: Box) -> Iterator[Word]:
    """A field's value as words that share its box by their length; several lines share its height."""
    lines = [line for line in value.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        height = (box.bottom - box.top) / len(lines)
        pitch = min((box.right - box.left) / len(line), height)
        at = 0
        for text in line.split():
            at = line.index(text, at)
            left = box.left + at * pitch
            top = box.top + number * height
            yield Word(text, Box(left, top, left + len(text) * pitch, top + height))
            at += len(text)
