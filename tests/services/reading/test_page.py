"""The value that engines return."""

from __future__ import annotations

import json

from advisorjobs.services.reading.page import Box, Line, Page, Reading, Table, Word


def test_a_reading_survives_json() -> None:
    line = Line((Word("Total", Box(0.1, 0.2, 0.3, 0.4), 0.9), Word("5.00", Box(0.5, 0.2, 0.6, 0.4))))
    page = Page(1, 595.0, 842.0, (line,), "picture", (Line((Word("COPY", Box(0, 0, 1, 1)),)),))
    reading = Reading("local", (page,), (Table(1, (("a", "b"),)),), ("a note",), {"total": {"value": "5.00"}})

    assert Reading.from_json(json.loads(json.dumps(reading.to_json()))) == reading


def test_pages_are_parted_by_form_feeds() -> None:
    pages = [Page(n, 1, 1, (Line((Word(f"page{n}", Box(0, 0, 1, 1)),)),), "text_layer") for n in (1, 2)]

    assert Reading("local", tuple(pages)).text == "page1\fpage2"
