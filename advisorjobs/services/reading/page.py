"""What a document says and where: the value that every reading engine returns and every later step works on.

All boxes are fractions of the page (0…1, origin at the top left), so that a text layer in points, a picture in pixels
and a cloud service in inches give the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Box", "Line", "Page", "Reading", "Table", "Word"]


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle on a page, as fractions of its width and height."""

    left: float
    top: float
    right: float
    bottom: float

    def shared_height(self, other: Box) -> float:
        """How far both reach over the same lines of the page; negative where a gap is between them."""
        return min(self.bottom, other.bottom) - max(self.top, other.top)

    def shared_width(self, other: Box) -> float:
        """How far both stand under each other; negative where a gap is between them."""
        return min(self.right, other.right) - max(self.left, other.left)

    @classmethod
    def around(cls, boxes: Iterable[Box]) -> Box:
        """The smallest box that holds all of *boxes* (at least one)."""
        them = list(boxes)
        return cls(
            min(box.left for box in them),
            min(box.top for box in them),
            max(box.right for box in them),
            max(box.bottom for box in them),
        )


@dataclass(frozen=True, slots=True)
class Word:
    """One run of characters without white space. `confidence` is 0…1; a text layer's words have 1."""

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand on one line of one column, left to right."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        return Box.around(word.box for word in self.words)


@dataclass(frozen=True, slots=True)
class Page:
    """One page in reading order. `width` and `height` are points (1/72 inch) where known, else pixels. `aside` holds
    what runs another way than the page's text: notes up a margin, watermarks across the page."""

    number: int
    width: float
    height: float
    lines: tuple[Line, ...]
    source: Literal["text_layer", "picture", "service"]
    aside: tuple[Line, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in (*self.lines, *self.aside))


@dataclass(frozen=True, slots=True)
class Table:
    """A table as rows of cell texts (every row equally long); `page` counts from 1."""

    page: int
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole document as one engine read it. `fields` holds what the engine itself extracted (a cloud service's
    prebuilt models do; the local engine leaves it empty), by the names of `advisorjobs process --json`."""

    engine: str
    pages: tuple[Page, ...]
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The pages' texts, parted by form feeds."""
        return "\f".join(page.text for page in self.pages)

    def to_json(self) -> dict[str, Any]:
        """A plain JSON object from which `from_json` makes an equal Reading."""
        return {
            "engine": self.engine,
            "pages": [_page_to_json(page) for page in self.pages],
            "tables": [{"page": table.page, "rows": [list(row) for row in table.rows]} for table in self.tables],
            "notes": list(self.notes),
            "fields": self.fields,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Reading:
        """The Reading that `to_json` turned into *value*."""
        return cls(
            engine=value["engine"],
            pages=tuple(map(_page_from_json, value["pages"])),
            tables=tuple(Table(table["page"], tuple(map(tuple, table["rows"]))) for table in value["tables"]),
            notes=tuple(value["notes"]),
            fields=value["fields"],
        )


def _page_to_json(page: Page) -> dict[str, Any]:
    return {
        "number": page.number,
        "width": page.width,
        "height": page.height,
        "source": page.source,
        "lines": list(map(_line_to_json, page.lines)),
        "aside": list(map(_line_to_json, page.aside)),
    }


def _line_to_json(line: Line) -> list[list[Any]]:
    """Words as [text, left, top, right, bottom, confidence]."""
    return [[w.text, w.box.left, w.box.top, w.box.right, w.box.bottom, w.confidence] for w in line.words]


def _page_from_json(value: dict[str, Any]) -> Page:
    return Page(
        number=value["number"],
        width=value["width"],
        height=value["height"],
        source=value["source"],
        lines=tuple(map(_line_from_json, value["lines"])),
        aside=tuple(map(_line_from_json, value["aside"])),
    )


def _line_from_json(words: list[list[Any]]) -> Line:
    return Line(tuple(Word(text, Box(*box), confidence) for text, *box, confidence in words))
