"""Words of text layers: turned pages and letters, form fields, characters outside the first plane."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisorjobs.services.reading.local import LocalReader
from advisorjobs.services.reading.page import Box, Reading, Word
from advisorjobs.services.reading.text_layer import legible
from tests.services.pdf_file import pdf_file, shown


def read(tmp_path: Path, content: bytes) -> Reading:
    path = tmp_path / "text.pdf"
    path.write_bytes(content)
    return LocalReader().read(path)


UPWARD, DOWNWARD, UPSIDE_DOWN, OBLIQUE = "0 1 -1 0", "0 -1 1 0", "-1 0 0 -1", "0.7 0.7 -0.7 0.7"


@pytest.mark.parametrize(("matrix", "places"), [(UPWARD, (100, 130)), (DOWNWARD, (130, 100))])
def test_a_page_whose_text_runs_up_or_down_is_turned(tmp_path: Path, matrix: str, places: tuple[int, int]) -> None:
    first, second = places
    content = shown("first line", first, 150, matrix=matrix) + shown("second line", second, 150, matrix=matrix)

    reading = read(tmp_path, pdf_file(content, width=300, height=400))

    assert reading.text == "first line\nsecond line"
    assert (reading.pages[0].width, reading.pages[0].height) == (400.0, 300.0)


def test_a_page_on_its_head_is_turned(tmp_path: Path) -> None:
    content = shown("first line", 200, 100, matrix=UPSIDE_DOWN) + shown("second line", 200, 130, matrix=UPSIDE_DOWN)

    assert read(tmp_path, pdf_file(content)).text == "first line\nsecond line"


def test_a_rotated_page_is_read_as_it_is_shown(tmp_path: Path) -> None:
    page = b"/Rotate 90 /Resources << /Font << /F1 3 0 R >> >>"
    content = shown("first line", 100, 150, matrix=UPWARD) + shown("second line", 130, 150, matrix=UPWARD)

    reading = read(tmp_path, pdf_file(content, width=300, height=400, page=page))

    assert reading.text == "first line\nsecond line"
    assert (reading.pages[0].width, reading.pages[0].height) == (400.0, 300.0)


def test_a_watermark_stands_aside(tmp_path: Path) -> None:
    content = (
        shown("Invoice number 17", 40, 160)
        + shown("Amount due 20.00", 40, 140)
        + shown("COPY", 60, 100, matrix=OBLIQUE)
    )

    page = read(tmp_path, pdf_file(content)).pages[0]

    assert [line.text for line in page.lines] == ["Invoice number 17", "Amount due 20.00"]
    assert page.aside
    assert page.text.startswith("Invoice number 17\nAmount due 20.00\n")


def test_what_was_filled_into_a_form_is_text(tmp_path: Path) -> None:
    field = (
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (wages) /V (41250.00) /Rect [150 190 250 210] /P 4 0 R"
        b" /DA (/F1 10 Tf 0 g) >>"
    )
    content = pdf_file(
        shown("Wages, tips and other compensation", 20, 230),
        page=b"/Annots [6 0 R] /Resources << /Font << /F1 3 0 R >> >>",
        catalog=b"/AcroForm << /Fields [6 0 R] /DR << /Font << /F1 3 0 R >> >> >>",
        more=[field],
    )

    assert read(tmp_path, content).text == "Wages, tips and other compensation\n41250.00"


def test_characters_of_two_utf16_units_are_one_character(tmp_path: Path) -> None:
    unicode_map = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def"
        b" 1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <41> <D83DDCDE> endbfchar endcmap end end"
    )
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 7 0 R >>"
    stream = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(unicode_map), unicode_map)
    content = pdf_file(shown("A 555", 40, 100), page=b"/Resources << /Font << /F1 6 0 R >> >>", more=[font, stream])

    text = read(tmp_path, content).text

    assert text == "\N{TELEPHONE RECEIVER} 555"
    assert text.encode()


def test_letters_that_stand_for_nothing_are_illegible() -> None:
    box = Box(0, 0, 1, 1)

    assert not legible((Word("\ue001\ue002\ufffd", box),))
    assert legible((Word("Total amount due", box), Word("\ue001", box)))
    assert legible(())
