# ruff: noqa: E501 (a text and what comes of it stand on one line)
"""How the fields of an extraction come together: text layer, page picture, service."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisorjobs.services.documents.choice import choose_number
from advisorjobs.services.documents.classification import classify
from advisorjobs.services.documents.extraction import FIELDS, extract
from advisorjobs.services.documents.issuer import choose_issuer
from advisorjobs.services.reading.page import Page, Reading
from tests.services.documents.printed import evidence, reading

INVOICE = """
Invoice number  A-17
Invoice date    5 May 2024

Work            100.00
Total due       100.00
"""
LETTERHEAD = "# Harbour Pianos Ltd\nVAT No 000 0000 00\n\n\n\n"


def test_a_complete_text_layer_is_not_looked_at_again() -> None:
    def never() -> Reading:
        pytest.fail("the picture was read")

    found = extract(reading(LETTERHEAD + INVOICE), kind="invoice", read_picture=never)

    assert found.issuer is not None
    assert (found.issuer.value, found.read_picture) == ("Harbour Pianos Ltd", False)


def test_what_only_the_picture_shows_is_added() -> None:
    shown = reading(LETTERHEAD + INVOICE)
    hidden = reading("\n\n\n\n\n" + INVOICE)
    page = replace(shown.pages[0], source="picture")
    hidden = replace(hidden, pages=(replace(hidden.pages[0], lines=shown.pages[0].lines[2:]),))

    found = extract(hidden, kind="invoice", read_picture=lambda: replace(shown, pages=(page,)))

    assert found.read_picture
    assert found.issuer is not None
    assert found.issuer.value == "Harbour Pianos Ltd"
    assert found.number is not None
    assert found.number.value == "A-17"


def test_a_scan_is_not_looked_at_twice() -> None:
    scan = reading(INVOICE)
    scan = replace(scan, pages=(replace(scan.pages[0], source="picture"),))

    assert not extract(scan, kind="invoice", read_picture=lambda: pytest.fail("read again")).read_picture


def test_a_service_s_surer_field_wins_and_a_less_sure_one_does_not() -> None:
    fields = {"number": {"value": "B-1", "confidence": 0.1}, "total": {"value": "101.00", "confidence": 0.999}}

    found = extract(replace(reading(INVOICE), fields=fields), kind="invoice")

    assert found.number is not None
    assert found.total is not None
    assert (found.number.value, found.total.value) == ("A-17", "101.00")


def test_nothing_gives_no_fields_and_plain_json() -> None:
    empty = Reading("local", (Page(1, 600, 800, (), "text_layer"),))

    found = extract(empty)

    assert classify(empty).type == "other"
    assert found.to_json() == {**dict.fromkeys(FIELDS), "lines": []}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Invoice No. 4711", "4711"),
        ("Factuurnummer: 2024-0031\nKlantnummer: 99120", "2024-0031"),
        ("Handelsrechnung (380) Nr. 471102 vom 05.03.2018", "471102"),
        ("Bill number  4410 2987 553\nAccount number  77019", "4410 2987 553"),
        ("Fatura  FT 2024/345", "FT 2024/345"),
        ("Fattura n. 88/B del 12/09/2024", "88/B"),
        ("Phone 555-0147", None),
    ],
)
def test_the_document_s_own_number_is_told_from_others(text: str, number: str | None) -> None:
    choice = choose_number(evidence(text), kind="invoice")

    assert (choice.value if choice else None) == number


@pytest.mark.parametrize(
    ("text", "issuer"),
    [
        ("Acme Tools Ltd\nVAT No 000 0000 00\n\nBill to:\nOther Company Inc\n1 Road", "Acme Tools Ltd"),
        ("Sold by: Grain Mill LLC\nShip to: Jane Roe", "Grain Mill LLC"),
        ("Mrs P Okafor\n17 Orchard Close\n\nSevern Water plc\nVAT reg no GB 000 0000 00", "Severn Water plc"),
        ("Tonstudio Kai Lorenz, Hafenstr. 3, 18055 Rostock\nFilmverein Ost e.V.\nLange Str. 1\n18057 Rostock", "Tonstudio Kai Lorenz"),
    ],
)  # fmt: skip
def test_the_issuer_is_told_from_the_recipient(text: str, issuer: str) -> None:
    choice = choose_issuer(evidence(text), kind="invoice")

    assert choice is not None
    assert choice.value == issuer
