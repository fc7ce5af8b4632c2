"""The local engine: text layers by pdfium, scans and photos by rapidocr, nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisorjobs.services.reading.intake import FileKind, file_kind
from advisorjobs.services.reading.limits import DEFAULT_LIMITS, Limits
from advisorjobs.services.reading.order import arranged
from advisorjobs.services.reading.page import Line, Page, Reading
from advisorjobs.services.reading.pdf import open_page, open_pdf, page_pictures
from advisorjobs.services.reading.pictures import Picture, drawn_page, frames, open_image
from advisorjobs.services.reading.recognition import picture_words
from advisorjobs.services.reading.tables import find_tables
from advisorjobs.services.reading.text_layer import PageWords, legible, page_words

__all__ = ["LANGUAGES", "LocalReader"]

_ENGINE = "local"
_FEW_LETTERS = 200
"""A page with fewer letters in its text layer and a picture over most of it is a scan with a stamp or a footer."""
_MOSTLY = 0.6
# fmt: off
LANGUAGES = frozenset({
    "af", "az", "bs", "ca", "cs", "cy", "da", "de", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "hr", "hu", "id",
    "is", "it", "ja", "la", "lb", "lt", "lv", "ms", "mt", "nb", "nl", "nn", "no", "oc", "pl", "pt", "rm", "ro", "sk",
    "sl", "sq", "sv", "sw", "tl", "tr", "uz", "vi", "zh",
})
# fmt: on
"""Languages whose letters the bundled model knows; it reads all of them at once, so none has to be chosen."""


@dataclass(slots=True)
class _Progress:
    """What is counted and noted while a document is read."""

    scanned: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LocalReader:
    """Reads documents on this machine; see `DocumentReader`."""

    limits: Limits = DEFAULT_LIMITS
    extracts: frozenset[str] = frozenset()

    def read(self, path: Path, *, language: str = "en", tables: bool = False, kind: str | None = None) -> Reading:
        found = file_kind(path, limits=self.limits)
        progress = _Progress()
        pages = tuple(self._pdf(path, progress) if found is FileKind.PDF else self._image(path, found, progress, None))
        if progress.scanned and language[:2].casefold() not in LANGUAGES:
            progress.notes.append(f"language {language!r}: the local engine doesn't know its letters")
        return Reading(_ENGINE, pages, find_tables(pages) if tables else (), tuple(progress.notes))

    def read_picture(self, path: Path, *, language: str = "en", pages: int = 2) -> Reading:
        found = file_kind(path, limits=self.limits)
        progress = _Progress()
        if found is not FileKind.PDF:
            return Reading(_ENGINE, tuple(self._image(path, found, progress, pages)), notes=tuple(progress.notes))
        with open_pdf(path, limits=self.limits) as document:
            document.init_forms()
            read = tuple(self._drawn(document, number, progress) for number in range(1, min(pages, len(document)) + 1))
        return Reading(_ENGINE, read, notes=tuple(progress.notes))

    def _pdf(self, path: Path, progress: _Progress) -> Iterator[Page]:
        with open_pdf(path, limits=self.limits) as document:
            document.init_forms()
            pages = {number: _text_page(document, number, progress) for number in range(1, len(document) + 1)}
            self.limits.check_scanned_pages(sum(page is None for page in pages.values()))
            for number, page in pages.items():
                yield page or self._drawn(document, number, progress)

    def _drawn(self, document: Any, number: int, progress: _Progress) -> Page:
        with open_page(document, number) as page:
            if page is None:
                return _unreadable(number, progress)
            for picture in page_pictures(page):
                self.limits.check_pixels(picture.width, picture.height, picture.filters)
            drawn = drawn_page(page)
            width, height = page.get_size()
        return _picture_page(drawn, number, progress, size=(width, height))

    def _image(self, path: Path, kind: FileKind, progress: _Progress, most: int | None) -> Iterator[Page]:
        with open_image(path, kind, limits=self.limits) as image:
            for number, picture in enumerate(frames(image, kind, limits=self.limits), 1):
                self.limits.check_scanned_pages(number)
                yield _picture_page(picture, number, progress, size=None)
                if number == most:
                    return


def _text_page(document: Any, number: int, progress: _Progress) -> Page | None:
    """The page as its text layer says, or None where it has to be looked at."""
    with open_page(document, number) as page:
        if page is None:
            return _unreadable(number, progress)
        found = page_words(page, form=document.formenv)
        if _is_scan(page, found):
            return None
        width, height = page.get_size()
    if found.quarter % 2:
        width, height = height, width
    lines = arranged(found.words, width=width, height=height)
    aside = (Line(found.across),) if found.across else ()
    return Page(number, width, height, lines, "text_layer", aside)


def _is_scan(page: Any, found: PageWords) -> bool:
    """Hardly any text under a picture, or letters that stand for nothing."""
    letters = sum(len(word.text) for word in found.words)
    if letters >= _FEW_LETTERS:
        return not legible(found.words)
    covered = max((picture.coverage for picture in page_pictures(page)), default=0.0)
    return covered > (_MOSTLY if letters else 0.0) or not legible(found.words) or (not letters and _has_paths(page))


def _has_paths(page: Any) -> bool:
    """Whether anything at all is drawn on the page: text may be drawn as shapes."""
    return any(True for _ in page.get_objects(max_depth=2))


def _picture_page(picture: Picture, number: int, progress: _Progress, *, size: tuple[float, float] | None) -> Page:
    progress.scanned += 1
    if picture.reduced:
        progress.notes.append(f"page {number}: read at reduced resolution")
    found = picture_words(picture)
    lines = arranged(found.words, width=found.width, height=found.height)
    aside = (Line(found.across),) if found.across else ()
    width, height = size or (found.width, found.height)
    if (width > height) != (found.width > found.height):
        width, height = height, width
    return Page(number, width, height, lines, "picture", aside)


def _unreadable(number: int, progress: _Progress) -> Page:
    progress.notes.append(f"page {number}: damaged, not read")
    return Page(number, 0.0, 0.0, (), "text_layer")
