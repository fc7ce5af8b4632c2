"""The documents that the project ships are read as a visitor expects."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from advisorjobs.services.documents.classification import classify
from advisorjobs.services.documents.extraction import extract
from advisorjobs.services.reading.local import LocalReader

EXPECTED = {
    "bank-statement.pdf": ("bank_statement", "Third Moon Savings Bank plc", "2024-04-30", "3172.67"),
    "invoice-english.pdf": ("invoice", "Paper Lantern Bookkeeping Ltd", "2024-03-12", "1278.60"),
    "letter.pdf": ("letter", "Quillfeather & Partners", "2024-05-21", None),
    "receipt-scan.jpg": ("receipt", "BLUE TEAPOT GROCERY", "2024-06-18", "26.35"),
    "rechnung-deutsch.pdf": ("invoice", "Wolkenwerk Möbel GmbH", "2024-10-07", "1620.78"),
    "tax-form.pdf": ("tax_form", "Cloud Cuckoo Bakery Inc", None, "41250.00"),
}


def samples() -> Path:
    return Path(str(files("advisorjobs.samples")))


def test_every_sample_is_expected_here() -> None:
    shipped = {path.name for path in samples().iterdir() if path.suffix in (".pdf", ".jpg", ".tif")}

    assert shipped == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_understood(name: str) -> None:
    reading = LocalReader().read(samples() / name)
    kind = classify(reading).type
    found = extract(reading, kind=kind)

    values = [field.value if field else None for field in (found.issuer, found.date, found.total)]
    assert (kind, *values) == EXPECTED[name]
