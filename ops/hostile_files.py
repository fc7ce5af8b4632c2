"""Files that are made to hurt whoever opens them: what each is, its bytes, and what must come of it.

Nothing here is a virus: they are small files that ask for much memory, time or depth.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["HOSTILE_FILES", "HostileFile"]

_SIDE = 60_000
_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
_XML = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "ha">{_ENTITIES}<!ENTITY f SYSTEM "file:///etc/passwd">]>'


@dataclass(frozen=True)
class HostileFile:
    """`refusal`: what the refusal must say; None: it is read, within the limits. `endless`: only a limit ends it."""

    make: Callable[[], bytes]
    refusal: str | None
    endless: bool = False


def pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1."""
    file, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return (
        file
        + head
        + table
        + b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            len(objects) + 1,
            trailer,
            len(file),
        )
    )


def stream(data: bytes, entries: bytes = b"/Filter /FlateDecode") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), entries, data)


CATALOG, PAGES = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def page(more: bytes = b"") -> bytes:
    return b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] %s >>" % more


def zip_overlapping() -> bytes:
    """Many entries of the directory that all point at one file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(1 << 20))
        archive.filelist *= 1000
    return file.getvalue()


def zip_nested() -> bytes:
    data = bytes(1 << 20)
    for _ in range(6):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for copy in range(10):
                archive.writestr(f"{copy}.zip", data)
        data = file.getvalue()
    return data


def zip_symlink() -> bytes:
    file = io.BytesIO()
    entry = zipfile.ZipInfo("../../letter.pdf")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    return file.getvalue()


def png_flood() -> bytes:
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(bytes(1 << 20)))


def png_text_flood() -> bytes:
    """A small picture whose compressed comment unpacks to 200 MB."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
    comment = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    return b"\x89PNG\r\n\x1a\n" + header + comment + _chunk(b"IDAT", zlib.compress(bytes(72))) + _chunk(b"IEND", b"")


def tiff_flood() -> bytes:
    """One strip that would hold 3.6 thousand million pixels."""
    tags = [(256, _SIDE), (257, _SIDE), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, _SIDE), (279, 16)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + bytes(16)


def tiff_loop() -> bytes:
    """A directory whose next directory is itself: a file of pages without end."""
    tags = [(256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, 8), (279, 64)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 8) + bytes(64)


def jpeg_flood() -> bytes:
    frame = struct.pack(">HBHHB", 17, 8, 65_500, 65_500, 3) + b"\x01\x22\0\x02\x11\1\x03\x11\1"
    return (
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0" + frame + b"\xff\xda\0\x0c\3\1\0\2\x11\3\x11\0\x3f\0"
    )


def webp_flood() -> bytes:
    size = struct.pack("<I", 16_382 | 16_382 << 14)
    body = b"WEBPVP8L" + struct.pack("<I", 10) + b"\x2f" + size + bytes(5)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf_deep_pages(depth: int = 20_000) -> bytes:
    """A tree of pages in which each node has one child."""
    nodes = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 3) for number in range(depth)]
    return pdf(CATALOG, *nodes, page())


def pdf_pages_in_a_ring() -> bytes:
    return pdf(CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>")


def pdf_many_pages() -> bytes:
    kids = b"3 0 R " * 200_000
    return pdf(CATALOG, b"<< /Type /Pages /Kids [%s] /Count 200000 >>" % kids, page())


def pdf_claimed_pages() -> bytes:
    return pdf(CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 2147483647 >>", page())


def pdf_deep_arrays() -> bytes:
    return pdf(b"<< /Type /Catalog /Pages 2 0 R /X %s%s >>" % (b"[" * 200_000, b"]" * 200_000), PAGES, page())


def pdf_deep_object_streams() -> bytes:
    """Object streams each of which says that it lies inside the next."""
    streams = [
        stream(
            zlib.compress(b"9 0 null"), b"/Type /ObjStm /N 1 /First 4 /Extends %d 0 R /Filter /FlateDecode" % (n + 5)
        )
        for n in range(5000)
    ]
    return pdf(CATALOG, PAGES, page(), *streams)


def pdf_content_flood() -> bytes:
    """A page whose content unpacks to 900 MB."""
    packer = zlib.compressobj(9)
    data = b"".join([*(packer.compress(b" " * (1 << 20)) for _ in range(900)), packer.flush()])
    return pdf(CATALOG, PAGES, page(b"/Contents 4 0 R"), stream(data))


def pdf_forms_squared() -> bytes:
    """Forms that each draw the next ten times: 10¹² texts on one page."""
    forms = [
        stream(
            zlib.compress(b"/F Do " * 10),
            b"/Type /XObject /Subtype /Form /BBox [0 0 300 300] /Resources << /XObject << /F %d 0 R >> >>"
            b" /Filter /FlateDecode" % (number + 6),
        )
        for number in range(12)
    ]
    last = stream(
        zlib.compress(b"BT /G 9 Tf (ha) Tj ET"),
        b"/Type /XObject /Subtype /Form /BBox [0 0 300 300] /Resources << /Font << /G 4 0 R >> >> /Filter /FlateDecode",
    )
    first = page(b"/Contents 18 0 R /Resources << /XObject << /F 5 0 R >> >>")
    return pdf(CATALOG, PAGES, first, FONT, *forms, last, stream(zlib.compress(b"/F Do")))


def pdf_xml_entities() -> bytes:
    """A form and metadata in XML, full of entities."""
    xml = stream(f"{_XML}<x>&e11;&f;</x>".encode(), b"/Type /Metadata /Subtype /XML")
    catalog = b"<< /Type /Catalog /Pages 2 0 R /Metadata 4 0 R /AcroForm << /XFA 4 0 R /Fields [] >> >>"
    return pdf(catalog, PAGES, page(), xml)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_KINDS, _PIXELS, _PAGES = "documents are PDF", "over the limit pixels", "over the limit pages"
HOSTILE_FILES: dict[str, HostileFile] = {
    "overlapping.zip": HostileFile(zip_overlapping, _KINDS),
    "nested.zip": HostileFile(zip_nested, _KINDS),
    "symlink.zip": HostileFile(zip_symlink, _KINDS),
    "entities.xml": HostileFile(f"{_XML}<x>&e11;&f;</x>".encode, _KINDS),
    "entities.svg": HostileFile(f"{_XML}<svg>&e11;</svg>".encode, _KINDS),
    "flood.png": HostileFile(png_flood, _PIXELS),
    "comment.png": HostileFile(png_text_flood, "damaged"),
    "flood.tif": HostileFile(tiff_flood, _PIXELS),
    "loop.tif": HostileFile(tiff_loop, None),
    "flood.jpg": HostileFile(jpeg_flood, _PIXELS),
    "flood.webp": HostileFile(webp_flood, _PIXELS),
    "deep-pages.pdf": HostileFile(pdf_deep_pages, None),
    "ring.pdf": HostileFile(pdf_pages_in_a_ring, None),
    "many-pages.pdf": HostileFile(pdf_many_pages, _PAGES),
    "claimed-pages.pdf": HostileFile(pdf_claimed_pages, None),
    "deep-arrays.pdf": HostileFile(pdf_deep_arrays, None),
    "object-streams.pdf": HostileFile(pdf_deep_object_streams, None),
    "content.pdf": HostileFile(pdf_content_flood, "over the limit unpacked_bytes"),
    "forms.pdf": HostileFile(pdf_forms_squared, None, endless=True),
    "entities.pdf": HostileFile(pdf_xml_entities, None),
}
