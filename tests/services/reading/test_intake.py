"""The first look at a file: kind, size, and refusals that say what to do."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.services.reading.intake import FileKind, file_kind, kind_of_bytes
from advisorjobs.services.reading.limits import Limits
from advisorjobs.services.reading.local import LocalReader
from tests.services.pdf_file import many_pages, pdf_file, shown


def refusal(path: Path, limits: Limits | None = None) -> str:
    """The text with which the local engine refuses the file; it must be `validation`."""
    with pytest.raises(JobError) as caught:
        LocalReader(limits=limits or Limits()).read(path)
    assert caught.value.code == ErrorCode.VALIDATION
    assert caught.value.permanent
    return str(caught.value)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"%PDF-1.7\n", FileKind.PDF),
        (b"\x00" * 500 + b"%PDF-1.4", FileKind.PDF),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", FileKind.JPEG),
        (b"\x89PNG\r\n\x1a\n", FileKind.PNG),
        (b"II*\x00", FileKind.TIFF),
        (b"MM\x00*", FileKind.TIFF),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", FileKind.WEBP),
        (b"GIF89a", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_the_first_bytes_say_the_kind(start: bytes, kind: FileKind | None) -> None:
    assert kind_of_bytes(start) == kind


def test_another_kind_is_refused_with_the_kinds_that_are_read(tmp_path: Path) -> None:
    path = tmp_path / "named.pdf"
    path.write_bytes(b"PK\x03\x04 a spreadsheet")

    assert "documents are PDF, JPEG, PNG, TIFF, WebP" in refusal(path)


def test_an_empty_file_is_refused_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.pdf"
    path.touch()

    assert "the file is empty" in refusal(path)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"there is no file gone\.pdf") as caught:
        file_kind(tmp_path / "gone.pdf")

    assert caught.value.code == ErrorCode.NOT_FOUND


def test_a_file_over_the_limit_of_bytes_is_refused_by_its_name_and_value(tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    path.write_bytes(b"%PDF-1.4" + b"\x00" * 100)

    assert "108 bytes, over the limit file_bytes=50" in refusal(path, Limits(file_bytes=50))


def test_ten_thousand_pages_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "pages.pdf"
    path.write_bytes(many_pages(10_000))

    assert "10000 pages, over the limit pages=300" in refusal(path)


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(header)) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    path = tmp_path / "bomb.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    )

    assert "3600000000 pixels (60000 × 60000)" in refusal(path)


def test_a_picture_of_too_many_pixels_inside_a_pdf_is_refused_undrawn(tmp_path: Path) -> None:
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 40000 /Height 40000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
        b" /Filter /FlateDecode /Length 8 >>\nstream\n%s\nendstream" % zlib.compress(b"")
    )
    path = tmp_path / "bomb.pdf"
    page = b"/Resources << /XObject << /I 6 0 R >> >>"
    path.write_bytes(pdf_file(b"q 300 0 0 300 0 0 cm /I Do Q", page=page, more=[image]))

    assert "over the limit pixels=100000000" in refusal(path)


def test_scanned_pages_have_a_limit_of_their_own(tmp_path: Path, picture: Path) -> None:
    from PIL import Image

    path = tmp_path / "scans.tif"
    first = Image.open(picture)
    first.save(path, save_all=True, append_images=[first, first])

    assert "3 pages without a text layer, over the limit scanned_pages=2" in refusal(path, Limits(scanned_pages=2))


def test_a_pdf_with_a_password_is_refused_as_such(tmp_path: Path) -> None:
    path = tmp_path / "locked.pdf"
    key = b"<" + b"00" * 32 + b">"
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O %s /U %s /P -4 >> /ID [<00> <00>]" % (key, key)
    path.write_bytes(pdf_file(shown("secret", 20, 20), trailer=lock))

    assert "needs a password" in refusal(path)


@pytest.mark.parametrize("content", [b"%PDF-1.4\nnothing more", b"%PDF-1.7\n1 0 obj\n<<"])
def test_a_broken_pdf_is_refused_as_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(content)

    assert "damaged" in refusal(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_picture_cut_short_is_refused_as_damaged(tmp_path: Path, picture: Path, suffix: str) -> None:
    from PIL import Image

    whole = tmp_path / f"whole{suffix}"
    Image.open(picture).save(whole)
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(whole.read_bytes()[:200])

    assert "damaged" in refusal(cut)
