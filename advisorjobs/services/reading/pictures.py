"""Pages as grey pictures of bounded size: decoded from image files and drawn from PDF pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from advisorjobs.services.reading.intake import FileKind, damaged
from advisorjobs.services.reading.libraries import needed
from advisorjobs.services.reading.limits import Limits

__all__ = ["WORKING_PIXELS", "Picture", "bounded_scale", "drawn_page", "frames", "open_image"]

WORKING_PIXELS = 5_000_000
"""Pictures are reduced to so many pixels for reading: an A4 page at about 225 dpi."""
_DPI = 300
_POINT = 1 / 72
_MULTI_FRAME = frozenset({FileKind.TIFF})
_GREY = frozenset({"1", "L"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A grey picture. `pixels` is a numpy array of bytes (rows × columns); `reduced` says that detail was given up."""

    pixels: Any
    width: int
    height: int
    reduced: bool


@contextmanager
def open_image(path: Path, kind: FileKind, *, limits: Limits) -> Iterator[Any]:
    """The Pillow image at *path*, its headers read and nothing decoded.

    JobError `validation` where it is damaged, or its first frame is over the limits.
    """
    pil = needed("PIL.Image")
    pil.MAX_IMAGE_PIXELS = None  # our own limit names itself
    try:
        image = pil.open(path, formats=[kind.upper()])
    except (OSError, SyntaxError, ValueError) as error:
        raise damaged(kind, "it can't be opened") from error
    with image:
        limits.check_pixels(*image.size)
        yield image


def frames(image: Any, kind: FileKind, *, limits: Limits) -> Iterator[Picture]:
    """The pages of an opened image file, one at a time: every frame of a TIFF, the first of the others."""
    sequence = needed("PIL.ImageSequence")
    try:
        count = getattr(image, "n_frames", 1) if kind in _MULTI_FRAME else 1
        limits.check_pages(count)
        for number, frame in enumerate(sequence.Iterator(image), 1):
            limits.check_pixels(*frame.size)
            yield _grey_picture(frame)
            if number == count:
                return
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise damaged(kind, "a page can't be decoded") from error


def drawn_page(page: Any) -> Picture:
    """A pypdfium2 page drawn in grey at 300 dpi, or less where that would be over WORKING_PIXELS."""
    width, height = page.get_width() * _POINT * _DPI, page.get_height() * _POINT * _DPI
    scale = bounded_scale(width, height)
    bitmap = page.render(scale=scale * _DPI * _POINT, grayscale=True)
    try:
        pixels = bitmap.to_numpy().copy()
    finally:
        bitmap.close()
    return Picture(pixels, bitmap.width, bitmap.height, scale < 0.5)


def bounded_scale(width: float, height: float, *, most: int = WORKING_PIXELS) -> float:
    """The scale (at most 1) at which width × height has no more than *most* pixels."""
    return min(1.0, sqrt(most / max(1.0, width * height)))


def _grey_picture(frame: Any) -> Picture:
    numpy, pil = needed("numpy"), needed("PIL.Image")
    scale = bounded_scale(*frame.size)
    size = tuple(max(1, round(side * scale)) for side in frame.size)
    if frame.format == "JPEG":
        frame.draft("L", size)  # lets the decoder skip detail
    image = needed("PIL.ImageOps").exif_transpose(_grey(frame))
    if scale < 1.0:
        image = image.resize(_turned_like(size, image.size), pil.Resampling.LANCZOS, reducing_gap=2.0)
    return Picture(numpy.array(image), image.width, image.height, scale < 0.5)


def _grey(frame: Any) -> Any:
    """*frame* in 8-bit grey on a white ground."""
    if frame.mode.startswith(("I", "F")):
        low, high = frame.getextrema()
        spread = 255.0 / max(1e-9, high - low)
        return frame.convert("F").point(lambda value: value * spread - low * spread).convert("L")
    if frame.mode in _GREY:
        return frame.convert("L")
    if "A" in frame.mode or "transparency" in frame.info:
        own = frame.convert("RGBA")
        ground = needed("PIL.Image").new("RGBA", own.size, "white")
        ground.alpha_composite(own)
        return ground.convert("L")
    return frame.convert("L")


def _turned_like(size: tuple[int, ...], shown: tuple[int, int]) -> tuple[int, int]:
    """*size* with its sides exchanged where the picture was turned on its side."""
    across, down = size
    return (down, across) if (across > down) != (shown[0] > shown[1]) else (across, down)
