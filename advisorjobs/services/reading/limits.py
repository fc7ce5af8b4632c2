"""How large a document may be: checked on what headers say, before anything is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from advisorjobs.errors import ErrorCode, JobError

__all__ = ["DEFAULT_LIMITS", "Limits"]

_BILEVEL_FILTERS = frozenset({"CCITTFaxDecode", "JBIG2Decode"})
_BILEVEL_SHARE = 16
"""A picture of one bit a pixel takes so many times less memory than a grey or coloured one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may have at most.

    `file_bytes`: size of the file. Default 50 MiB.
    `pages`: pages of a PDF or TIFF. Default 300.
    `scanned_pages`: pages that have no text layer; each takes seconds to read. Default 60.
    `pixels`: pixels of one picture, alone or inside a PDF; fax-compressed ones may have 16 times as many.
        Default 100 million, about 400 MB when decoded.
    `unpacked_bytes`: what one compressed stream of a PDF holds (a page's content, a font); a picture's may hold four for
        each of `pixels`. Default 64 MiB.
    """

    file_bytes: int = 50 * 1024 * 1024
    pages: int = 300
    scanned_pages: int = 60
    pixels: int = 100_000_000
    unpacked_bytes: int = 64 * 1024 * 1024

    def check_bytes(self, size: int) -> None:
        self._check("file_bytes", size, self.file_bytes, "bytes")

    def check_pages(self, count: int) -> None:
        self._check("pages", count, self.pages, "pages")

    def check_scanned_pages(self, count: int) -> None:
        self._check("scanned_pages", count, self.scanned_pages, "pages without a text layer")

    def check_pixels(self, width: int, height: int, filters: tuple[str, ...] = ()) -> None:
        """*filters* are a PDF picture's compressions."""
        most = self.pixels * (_BILEVEL_SHARE if _BILEVEL_FILTERS & set(filters) else 1)
        self._check("pixels", width * height, most, f"pixels ({width} × {height}) in one picture")

    def check_unpacked(self, size: int, *, picture: bool) -> None:
        most = max(self.unpacked_bytes, 4 * self.pixels) if picture else self.unpacked_bytes
        self._check("unpacked_bytes", size, most, "bytes or more, unpacked, in one piece of it")

    def _check(self, name: str, value: int, most: int, what: str) -> None:
        if value > most:
            raise JobError(
                ErrorCode.VALIDATION,
                f"the document has {value} {what}, over the limit {name}={most}: send a smaller one",
            )


DEFAULT_LIMITS = Limits()
