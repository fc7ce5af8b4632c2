"""Numbers, days and words as each language writes them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from advisorjobs.services.reports.language import language
from advisorjobs.services.reports.model import Kind, Value


@pytest.mark.parametrize(
    ("tag", "value", "kind", "written"),
    [
        ("en", Decimal("1234567.5"), Kind.MONEY, "1,234,567.50"),
        ("de", Decimal("1234567.5"), Kind.MONEY, "1.234.567,50"),
        ("de-CH", Decimal("1234567.5"), Kind.MONEY, "1’234’567.50"),
        ("fr", Decimal("-0.01"), Kind.MONEY, "−0.01"),
        ("de-AT", Decimal("-1234"), Kind.MONEY, "−1.234,00"),
        ("en", Decimal("-0.00"), Kind.MONEY, "0.00"),
        ("de", 20000, Kind.COUNT, "20.000"),
        ("de", Decimal("12.5"), Kind.SHARE, "12,5 %"),
        ("en", date(2024, 3, 1), Kind.DAY, "1 Mar 2024"),
        ("en-US", date(2024, 3, 1), Kind.DAY, "Mar 1, 2024"),
        ("de", date(2024, 3, 1), Kind.DAY, "01.03.2024"),
        ("en", None, Kind.MONEY, ""),
    ],
)
def test_a_value_is_written_as_the_language_has_it(tag: str, value: Value, kind: Kind, written: str) -> None:
    assert language(tag).value(value, kind) == written


def test_months_and_quarters_have_names() -> None:
    assert language("de").month(date(2024, 3, 1)) == "März 2024"
    assert language("de").quarter(date(2024, 12, 31)) == "4. Quartal 2024"
    assert language("en").quarter(date(2024, 4, 1)) == "Q2 2024"


def test_every_language_has_all_words_with_the_same_places_to_fill() -> None:
    english, german = language("en").texts, language("de").texts

    assert english.keys() == german.keys()
    assert {key: places(text) for key, text in english.items()} == {key: places(text) for key, text in german.items()}


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))
