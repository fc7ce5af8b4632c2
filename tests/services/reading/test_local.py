"""The local engine on small files: text layers, pictures in every kind and position, what is noted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from advisorjobs.services.documents.classification import classify
from advisorjobs.services.reading.local import LocalReader
from advisorjobs.services.reading.page import Reading
from tests.services.documents.paper import PAPERS, Paper
from tests.services.pdf_file import pdf_file, shown

LETTER = Paper.load(PAPERS / "letter-bank-english.txt")


def read(path: Path, **options: object) -> Reading:
    return LocalReader().read(path, **options)


def share_found(reading: Reading, paper: Paper) -> float:
    """Of the paper's different words, how many were read."""
    printed = set(re.findall(r"\w+", " ".join(piece.text for piece in paper.pieces()).casefold()))
    return len(printed & set(re.findall(r"\w+", reading.text.casefold()))) / len(printed)


@pytest.fixture
def letter(tmp_path: Path) -> Image.Image:
    return LETTER.picture(dpi=130)


def test_a_text_layer_is_read_with_its_places(tmp_path: Path) -> None:
    path = tmp_path / "text.pdf"
    path.write_bytes(pdf_file(shown("Total due", 30, 240) + shown("£12.50", 200, 240)))

    reading = read(path)

    assert (reading.engine, reading.text) == ("local", "Total due £12.50")
    page = reading.pages[0]
    assert (page.width, page.height, page.source) == (300.0, 300.0, "text_layer")
    amount = page.lines[0].words[-1]
    assert amount.box.left == pytest.approx(200 / 300, abs=0.01)
    assert amount.box.bottom == pytest.approx(60 / 300, abs=0.02)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_picture_is_read_however_it_lies(tmp_path: Path, letter: Image.Image, degrees: int) -> None:
    path = tmp_path / "scan.png"
    letter.rotate(degrees, expand=True).save(path)

    reading = read(path)

    assert share_found(reading, LETTER) >= 0.95
    assert reading.text.index("Skipton") < reading.text.index("sincerely")


def test_a_skewed_picture_is_read_line_by_line(tmp_path: Path, letter: Image.Image) -> None:
    path = tmp_path / "skewed.jpg"
    letter.rotate(4, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC).save(path, quality=80)

    reading = read(path)

    assert share_found(reading, LETTER) >= 0.95
    assert any(line.text.startswith("We are writing to let you know") for line in reading.pages[0].lines)


def test_every_frame_of_a_tiff_is_a_page(tmp_path: Path, picture: Path) -> None:
    path = tmp_path / "two.tif"
    first = Image.open(picture)
    first.save(path, save_all=True, append_images=[first.rotate(180)])

    reading = read(path)

    assert [page.number for page in reading.pages] == [1, 2]
    assert all("1,234.56" in page.text for page in reading.pages)


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "CMYK", "I;16"])
def test_pictures_of_all_kinds_of_pixels_are_read(tmp_path: Path, picture: Path, mode: str) -> None:
    path = tmp_path / "picture.tif"
    Image.open(picture).convert(mode).save(path)

    assert "Quarterly statement" in read(path).text


def test_a_transparent_ground_is_taken_for_paper(tmp_path: Path, picture: Path) -> None:
    ink = Image.open(picture).point(lambda grey: 255 - grey)
    clear = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    clear.putalpha(ink)
    path = tmp_path / "clear.webp"
    clear.save(path, lossless=True)

    assert "Quarterly statement" in read(path).text


def test_the_camera_s_note_of_how_it_was_held_is_followed(tmp_path: Path, picture: Path) -> None:
    image = Image.open(picture).convert("RGB").rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to view
    path = tmp_path / "photo.jpg"
    image.save(path, exif=exif)

    page = read(path).pages[0]

    assert page.width > page.height
    assert "Quarterly statement" in page.text


def test_a_pdf_that_only_holds_a_picture_is_read_by_looking_at_it(tmp_path: Path, picture: Path) -> None:
    path = tmp_path / "scan.pdf"
    Image.open(picture).save(path, resolution=150)

    reading = read(path)

    assert [page.source for page in reading.pages] == ["picture"]
    assert "Balance 1,234.56" in reading.text


def test_an_empty_page_is_empty_text_of_no_kind(tmp_path: Path) -> None:
    path = tmp_path / "blank.pdf"
    path.write_bytes(pdf_file(b""))

    reading = read(path)

    assert (reading.text, classify(reading).type) == ("", "other")


def test_an_empty_picture_is_empty_text(tmp_path: Path) -> None:
    path = tmp_path / "blank.png"
    Image.new("L", (400, 300), 255).save(path)

    assert read(path).text == ""


def test_a_picture_read_in_less_detail_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "poster.png"
    Image.new("1", (6000, 6000), 1).save(path)

    assert read(path).notes == ("page 1: read at reduced resolution",)


def test_letters_that_the_model_does_not_know_are_noted(picture: Path) -> None:
    assert read(picture, language="el").notes == ("language 'el': the local engine doesn't know its letters",)
    assert read(picture, language="de-AT").notes == ()


def test_the_picture_of_a_page_is_read_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "text.pdf"
    path.write_bytes(
        pdf_file(shown("Amount payable", 40, 150, size=20), shown("second page", 40, 150), shown("third", 40, 9))
    )

    reading = LocalReader().read_picture(path, pages=1)

    assert [page.source for page in reading.pages] == ["picture"]
    assert "Amount payable" in reading.text


def test_tables_come_where_they_are_asked_for(tmp_path: Path) -> None:
    rows = [("Item", "Qty", "Price"), ("Tea", "2", "4.00"), ("Milk", "1", "1.20")]
    content = b"".join(
        shown(cell, 20 + 100 * column, 250 - 18 * row)
        for row, cells in enumerate(rows)
        for column, cell in enumerate(cells)
    )
    path = tmp_path / "table.pdf"
    path.write_bytes(pdf_file(content))

    assert read(path).tables == ()
    assert [table.rows for table in read(path, tables=True).tables] == [tuple(rows)]
