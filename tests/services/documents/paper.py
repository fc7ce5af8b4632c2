"""Papers for tests: documents written as plain text on a grid, with the fields that a person would read off them.

The head gives `kind`, the fields, and `page: slip` for a till slip; after `---` every line is a line of print,
where "# " and "## " begin larger ones. A paper becomes a Reading as a text layer would give it, or a picture to be read by OCR.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image, ImageFilter

from advisorjobs.services.reading.order import arranged
from advisorjobs.services.reading.page import Box, Page, Reading, Word
from tests.services.pdf_file import pdf_file, shown

PAPERS = Path(__file__).parent / "papers"
_SIZES = {"": 1.0, "## ": 1.35, "# ": 1.8}
_PIECE = re.compile(r"(##? )?(\S+(?: \S+)*)")


@dataclass(frozen=True)
class Piece:
    """Words that belong together at a place of the grid; `size` is 1 for ordinary print."""

    text: str
    column: float
    row: int
    size: float


@dataclass(frozen=True)
class Paper:
    """One paper: its name, its expected fields (`kind` among them) and its lines of print."""

    name: str
    fields: dict[str, str]
    lines: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> Paper:
        head, body = path.read_text(encoding="utf-8").split("\n---\n", 1)
        fields = dict(re.split(r":\s*", line, maxsplit=1) for line in head.splitlines())
        return cls(path.stem, fields, tuple(body.rstrip().splitlines()))

    @property
    def slip(self) -> bool:
        return self.fields.get("page") == "slip"

    @property
    def columns(self) -> int:
        return max(round(piece.column + len(piece.text) * piece.size) for piece in self.pieces()) + (
            4 if self.slip else 10
        )

    @property
    def rows(self) -> int:
        return max(len(self.lines) + 4, 0 if self.slip else round(self.columns * 0.62))

    def pieces(self) -> Iterator[Piece]:
        for number, line in enumerate(self.lines):
            for match in _PIECE.finditer(line):
                yield Piece(match.group(2), match.start(), number, _SIZES[match.group(1) or ""])

    def reading(self) -> Reading:
        """As a text layer gives it, every sign equally wide."""
        margin = 2 if self.slip else 5
        width, height = (self.columns * 6.0, self.rows * 13.5)
        words = [
            Word(
                match.group(),
                Box(
                    (margin + piece.column + match.start() * piece.size) / self.columns,
                    (piece.row + 2.8 - 0.75 * piece.size) / self.rows,
                    (margin + piece.column + match.end() * piece.size) / self.columns,
                    (piece.row + 2.85) / self.rows,
                ),
            )
            for piece in self.pieces()
            for match in re.finditer(r"\S+", piece.text)
        ]
        return Reading("paper", (Page(1, width, height, arranged(words, width=width, height=height), "text_layer"),))

    def pdf(self) -> bytes:
        """Printed in Helvetica, with a text layer; letters beyond Western Europe's become question marks."""
        margin = 2 if self.slip else 5
        width, height = self.columns * 6.0, self.rows * 13.5
        content = b"".join(
            shown(piece.text, (margin + piece.column) * 6.0, height - (piece.row + 2.8) * 13.5, size=9.5 * piece.size)
            for piece in self.pieces()
        )
        return pdf_file(content, width=width, height=height)

    def picture(self, *, dpi: int = 160, turned: float = 0.0, blur: float = 0.0, paper: int = 255) -> Image.Image:
        """Scanned at *dpi*; *turned* by degrees, blurred by a radius in pixels, on *paper* of this grey."""
        page = pypdfium2.PdfDocument(self.pdf())[0].render(scale=dpi / 72, grayscale=True).to_pil()
        page = page.point(lambda grey: grey * paper // 255)
        page = page.rotate(turned, expand=True, fillcolor=paper, resample=Image.Resampling.BICUBIC)
        return page.filter(ImageFilter.GaussianBlur(blur)) if blur else page


def papers() -> list[Paper]:
    return [Paper.load(path) for path in sorted(PAPERS.glob("*.txt"))]
