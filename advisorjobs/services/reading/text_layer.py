"""The words that a PDF page says in its text layer and its form fields, with their places."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reading.page import Box, Word

__all__ = ["legible", "words_of"]

_SCALE = 1_000_000
_WORD_GAP = 0.28
"""A gap of so many letter heights parts two words even without a space between them."""
_HIDDEN_SHARE = 0.15
"""A text layer in which so many letters stand for nothing known is no use."""


@dataclass(frozen=True, slots=True)
class _Letter:
    text: str
    left: float
    bottom: float
    right: float
    top: float


def words_of(page: Any, *, form: Any = None) -> tuple[Word, ...]:
    """Every word of *page* (a pypdfium2 page) in the order of the file, form fields' values last.

    *form* is the document's form environment, None where it has no form.
    """
    place = _Placing(page)
    words = [place.word(letters) for letters in _words(_letters(page))]
    return (*words, *(_field_words(page, form, place) if form else ()))


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
        edges = [ctypes.c_double() for _ in range(4)]
        loose = raw.FS_RECTF()
        for index in range(text.count_chars()):
            char = chr(raw.FPDFText_GetUnicode(text, index) & 0xFFFFF)
            if char.isspace() or char in "\0\xad\ufffe\u200b":
                yield None
                continue
            if char == "\x02":  # a hyphen at a line's end
                char = "-"
            raw.FPDFText_GetCharBox(text, index, *edges)
            left, right, bottom, top = (edge.value for edge in edges)
            # The loose box has the font's height, so that "-" and "g" stand on one line.
            if raw.FPDFText_GetLooseCharBox(text, index, loose):
                bottom, top = loose.bottom, loose.top
                left, right = min(left, loose.left), max(right, loose.right)
            yield _Letter(char, left, min(bottom, top), right, max(bottom, top))
    finally:
        text.close()


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
    """Whether two letters that follow each other stand apart: a gap, or another line."""
    height = max(before.top - before.bottom, letter.top - letter.bottom, 0.1)
    across = max(letter.left - before.right, before.left - letter.right)
    down = max(letter.bottom - before.top, before.bottom - letter.top)
    return across > _WORD_GAP * height or down > 0.0 or letter.right < before.left - height


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
