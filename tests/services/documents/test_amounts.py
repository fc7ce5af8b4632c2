"""Amounts as they are printed in many countries."""

from __future__ import annotations

from decimal import Decimal

import pytest

from advisorjobs.services.documents.amounts import decimal_comma, find_amounts, parse_amount
from advisorjobs.services.documents.layout import segments_of
from tests.services.documents.printed import reading


def amounts(text: str) -> list[tuple[str, str | None]]:
    segments = segments_of(reading(text))
    return [(str(a.value), a.currency) for a in find_amounts(segments, comma=decimal_comma(segments))]


@pytest.mark.parametrize(
    ("text", "comma", "value"),
    [
        ("1.234,56", True, "1234.56"),
        ("1,234.56", False, "1234.56"),
        ("1 234,56", True, "1234.56"),
        ("1'234.50", False, "1234.50"),
        ("1,23,456.00", False, "123456.00"),
        ("1.234", True, "1234"),
        ("0.125", False, "0.125"),
        ("1O,5O", True, "10.50"),
        ("12", True, "12"),
        ("..", True, None),
    ],
)
def test_an_amount_is_read_as_its_country_writes_it(text: str, comma: bool, value: str | None) -> None:
    assert parse_amount(text, comma=comma) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Total € 12,50", [("12.50", "€")]),
        ("Total 12,50 EUR", [("12.50", "EUR")]),
        ("Credit -12.50", [("-12.50", None)]),
        ("Credit (12.50)", [("-12.50", None)]),
        ("Paid 12.50-", [("-12.50", None)]),
        ("Betrag 45,-", [("45", None)]),
        ("VAT 20% of 10.00", [("10.00", None)]),
        ("open 08.30 - 12.30 Uhr", []),
        ("12.05.2024", []),
    ],
)
def test_amounts_are_found_with_sign_and_currency(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert amounts(text) == expected
