"""How much a PDF's streams unpack to, counted before the PDF is opened: pdfium unpacks a page's content in one piece.

A stream of a few kilobytes may unpack to gigabytes. What looks like zlib's data is unpacked piece by piece and thrown away,
whatever its dictionary says it is, so that a false label doesn't help. (Other compressions are left to the child's
memory limit.)
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

from advisorjobs.services.reading.limits import Limits

__all__ = ["check_unpacked"]

_STREAM = re.compile(rb"stream\r?\n(?=[\x08-\x78][\x01\x5e\x9c\xda])")
_PICTURE = re.compile(rb"/Subtype\s*/Image\b")
_DICTIONARY = 1024
"""The dictionary of a stream stands before it, within so many bytes."""
_PIECE = 1 << 16
_UNPACKED_PIECE = 1 << 20


def check_unpacked(path: Path, *, limits: Limits) -> None:
    """JobError `validation` where a stream of the PDF at *path* unpacks to more than *limits* allow."""
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        for match in _STREAM.finditer(data):
            before = data[max(0, match.start() - _DICTIONARY) : match.start()]
            picture = bool(_PICTURE.search(before, before.rfind(b" obj") + 1))
            unpacked = 0
            for size in _sizes(data, match.end()):
                unpacked += size
                limits.check_unpacked(unpacked, picture=picture)


def _sizes(data: mmap, start: int) -> Iterator[int]:
    """The sizes of the pieces that the zlib data at *start* unpacks to; ends where they end or are damaged."""
    unpacking = zlib.decompressobj()
    piece = data[start : start + _PIECE]
    try:
        while piece and not unpacking.eof:
            yield len(unpacking.decompress(piece, _UNPACKED_PIECE))
            piece = unpacking.unconsumed_tail
            if not piece:
                start += _PIECE
                piece = data[start : start + _PIECE]
    except zlib.error:
        return
