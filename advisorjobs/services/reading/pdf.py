"""Opening PDF files: the errors that users see, and the few facts about a page that decide how it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.reading.intake import FileKind, damaged
from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reading.limits import Limits
from advisorjobs.services.reading.unpacking import check_unpacked

__all__ = ["PagePicture", "open_page", "open_pdf", "page_pictures"]

_PASSWORD, _SECURITY = 4, 5
_NESTING = 6
"""Pictures are looked for in so many levels of forms inside forms."""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A picture on a page: its size in pixels, its compressions, and the share of the page that it covers (0…1)."""

    width: int
    height: int
    filters: tuple[str, ...]
    coverage: float


@contextmanager
def open_pdf(path: Path, *, limits: Limits) -> Iterator[Any]:
    """The pypdfium2 document at *path*, closed afterwards.

    JobError `validation` where it needs a password, is damaged, has too many pages or unpacks to too much.
    """
    pdfium = needed("pypdfium2")
    check_unpacked(path, limits=limits)
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise _refusal(error) from error
    try:
        count = len(document)
        if count < 1:
            raise damaged(FileKind.PDF, "it has no pages")
        limits.check_pages(count)
        yield document
    finally:
        document.close()


def _refusal(error: Any) -> JobError:
    if error.err_code == _PASSWORD:
        return JobError(
            ErrorCode.VALIDATION, "the PDF is encrypted and needs a password: send it again without a password"
        )
    if error.err_code == _SECURITY:
        return JobError(
            ErrorCode.VALIDATION, "the PDF is encrypted in a way other than with a password: send it again unencrypted"
        )
    return damaged(FileKind.PDF, "it can't be opened")


@contextmanager
def open_page(document: Any, number: int) -> Iterator[Any | None]:
    """Page *number* (from 1) of *document*, or None where that page is damaged."""
    pdfium = needed("pypdfium2")
    try:
        page = document[number - 1]
    except pdfium.PdfiumError:
        yield None
        return
    try:
        yield page
    except pdfium.PdfiumError as error:
        raise damaged(FileKind.PDF, f"page {number} can't be drawn") from error
    finally:
        page.close()


def page_pictures(page: Any) -> tuple[PagePicture, ...]:
    """The pictures on *page*, from their headers alone."""
    raw = needed("pypdfium2.raw")
    area = max(1.0, page.get_width() * page.get_height())
    found = []
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_NESTING):
        left, bottom, right, top = item.get_bounds()
        width, height = item.get_px_size()
        covered = max(0.0, right - left) * max(0.0, top - bottom) / area if item.level == 0 else 1.0
        found.append(PagePicture(width, height, tuple(item.get_filters()), min(1.0, covered)))
    return tuple(found)
