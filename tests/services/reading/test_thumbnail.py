"""Thumbnails of every kind of document."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from advisorjobs.errors import JobError
from advisorjobs.services.reading.limits import Limits
from advisorjobs.services.reading.thumbnail import thumbnail
from tests.services.pdf_file import pdf_file, shown


def size(content: bytes) -> tuple[int, int]:
    image = Image.open(io.BytesIO(content))
    assert image.format == "PNG"
    return image.size


def test_a_pdf_s_first_page_is_reduced_to_the_longest_side(tmp_path: Path) -> None:
    path = tmp_path / "text.pdf"
    path.write_bytes(pdf_file(shown("first", 10, 10), shown("second", 10, 10), width=200, height=400))

    assert size(thumbnail(path)) == (160, 320)
    assert size(thumbnail(path, longest=100)) == (50, 100)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_picture_keeps_its_shape(picture: Path, suffix: str) -> None:
    path = picture.with_name(f"other{suffix}")
    Image.open(picture).save(path)

    assert size(thumbnail(path)) == (320, 101)


def test_a_small_picture_is_not_enlarged(tmp_path: Path) -> None:
    path = tmp_path / "small.png"
    Image.new("RGB", (40, 30), "red").save(path)

    assert size(thumbnail(path)) == (40, 30)


def test_limits_hold_for_thumbnails_too(picture: Path) -> None:
    with pytest.raises(JobError, match="over the limit pixels=1000"):
        thumbnail(picture, limits=Limits(pixels=1000))
