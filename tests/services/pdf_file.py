"""Small PDF files written by hand, so that tests need no library that makes them."""

from __future__ import annotations

from collections.abc import Sequence

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_FIRST_PAGE = 4


def pdf_file(
    *contents: bytes,
    width: float = 300,
    height: float = 300,
    page: bytes = b"",
    catalog: bytes = b"",
    trailer: bytes = b"",
    more: Sequence[bytes] = (),
) -> bytes:
    """A page for each content stream. F1 is Helvetica; *page*, *catalog* and *trailer* are entries added to these
    dictionaries; *more* are further objects, the first numbered 4 + twice the number of pages."""
    kids = " ".join(f"{_FIRST_PAGE + 2 * number} 0 R" for number in range(len(contents)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        FONT,
    ]
    for number, content in enumerate(contents):
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.1f} {height:.1f}]"
            f" /Contents {_FIRST_PAGE + 2 * number + 1} 0 R ".encode()
            + (page or b"/Resources << /Font << /F1 3 0 R >> >>")
            + b" >>"
        )
        bodies.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _assembled([*bodies, *more], trailer)


def shown(text: str, x: float, y: float, *, size: float = 12, matrix: str = "1 0 0 1") -> bytes:
    """The operators that print *text*; *matrix* turns it."""
    return (
        f"BT /F1 {size:.1f} Tf {matrix} {x:.1f} {y:.1f} Tm <{text.encode('cp1252', 'replace').hex()}> Tj ET\n".encode()
    )


def many_pages(count: int) -> bytes:
    """A small PDF that shows one page *count* times."""
    kids = b" ".join([b"4 0 R"] * count)
    return _assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
            FONT,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>",
        ],
        b"",
    )


def _assembled(bodies: Sequence[bytes], trailer: bytes) -> bytes:
    file, places = b"%PDF-1.6\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(bodies) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % count
    return (
        file
        + head
        + table
        + b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (count, trailer, len(file))
    )
