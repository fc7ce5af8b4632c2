"""A small picture of a document's first page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from advisorjobs.services.reading.intake import FileKind, damaged, file_kind
from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reading.limits import DEFAULT_LIMITS, Limits
from advisorjobs.services.reading.pdf import open_page, open_pdf, page_pictures
from advisorjobs.services.reading.pictures import open_image

__all__ = ["thumbnail"]


def thumbnail(path: Path, *, longest: int = 320, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The first page of the document at *path* as a PNG in colour whose longer side has *longest* pixels or fewer.

    JobError as `intake`, where the file is damaged, locked or over the limits.
    """
    kind = file_kind(path, limits=limits)
    image = _pdf_page(path, longest, limits) if kind is FileKind.PDF else _image(path, kind, longest, limits)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _pdf_page(path: Path, longest: int, limits: Limits) -> Any:
    with open_pdf(path, limits=limits) as document:
        document.init_forms()
        with open_page(document, 1) as page:
            if page is None:
                raise damaged(FileKind.PDF, "its first page can't be read")
            for picture in page_pictures(page):
                limits.check_pixels(picture.width, picture.height, picture.filters)
            # Drawn twice as large and reduced: thin print stays legible.
            image = page.render(scale=2 * longest / max(1.0, *page.get_size())).to_pil()
    image.thumbnail((longest, longest), needed("PIL.Image").Resampling.LANCZOS)
    return image


def _image(path: Path, kind: FileKind, longest: int, limits: Limits) -> Any:
    pil, operations = needed("PIL.Image"), needed("PIL.ImageOps")
    with open_image(path, kind, limits=limits) as image:
        try:
            image.draft("RGB", (2 * longest, 2 * longest))
            image.thumbnail((longest, longest), pil.Resampling.LANCZOS, reducing_gap=3.0)
            shown = operations.exif_transpose(image).convert("RGBA")
        except (OSError, SyntaxError, ValueError) as error:
            raise damaged(kind, "its first page can't be decoded") from error
    ground = pil.new("RGBA", shown.size, "white")
    ground.alpha_composite(shown)
    return ground.convert("RGB")
