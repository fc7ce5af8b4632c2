"""Whole papers: classified, and their fields drawn out, as a text layer and as a skewed, soft, grey scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisorjobs.services.documents.classification import classify
from advisorjobs.services.documents.extraction import FIELDS, extract
from advisorjobs.services.documents.names import core
from advisorjobs.services.reading.local import LocalReader
from advisorjobs.services.reading.page import Reading
from tests.services.documents.paper import Paper, papers

SCANNED = [
    "invoice-us-freelance",
    "rechnung-schweiz",
    "facture-garage",
    "factuur-fietsen",
    "bon-supermarkt",
    "kontoauszug",
]
KNOWN_WRONG = {
    "scontrino-bar": {"issuer"},  # a name that runs over two lines, the second in small letters
}


def wrong_fields(paper: Paper, reading: Reading) -> dict[str, object]:
    """Every expected field that came out otherwise, and what came."""
    kind = classify(reading).type
    found = extract(reading, kind=kind)
    values = {name: field.value if (field := getattr(found, name)) else None for name in FIELDS}
    got = {**values, "kind": kind, "lines": str(len(found.lines))}
    wrong = {}
    for name, expected in paper.fields.items():
        same = core(got["issuer"] or "") == core(expected) if name == "issuer" else got.get(name) == expected
        if name != "page" and not same and name not in KNOWN_WRONG.get(paper.name, ()):
            wrong[name] = got.get(name)
    return wrong


@pytest.mark.parametrize("paper", papers(), ids=lambda paper: paper.name)
def test_a_printed_paper_is_understood(paper: Paper, tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(paper.pdf())

    reading = LocalReader().read(path)

    assert [page.source for page in reading.pages] == ["text_layer"]
    assert wrong_fields(paper, reading) == {}


@pytest.mark.parametrize("name", SCANNED)
def test_a_scanned_paper_is_understood(name: str, tmp_path: Path) -> None:
    paper = next(paper for paper in papers() if paper.name == name)
    path = tmp_path / "scan.jpg"
    paper.picture(dpi=140, turned=1.2, blur=0.6, paper=225).save(path, quality=70)

    reading = LocalReader().read(path)

    assert [page.source for page in reading.pages] == ["picture"]
    assert wrong_fields(paper, reading) == {}
