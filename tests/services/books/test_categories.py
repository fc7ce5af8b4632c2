"""The table of categories can be relied on by all who sort and show transactions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from advisorjobs.services.books.categories import categories, category_of


def test_every_category_is_named_in_every_language_and_has_a_share() -> None:
    for key, category in categories().items():
        assert key == category.key
        assert category.labels["en"]
        assert category.labels["de"]
        assert Decimal(0) <= category.deductible <= 1
        assert category.kind == "expense" or category.deductible == 0


def test_names_are_told_apart_and_follow_the_language() -> None:
    for language in ("en", "de"):
        labels = [category.label(language) for category in categories().values()]
        assert len(set(labels)) == len(labels)
    assert categories()["office_supplies"].label("de-AT") == "Bürobedarf"
    assert categories()["office_supplies"].label("fr") == "Office supplies"


@pytest.mark.parametrize("wrong", [{"kind": "profit"}, {"tax": "vat"}])
def test_a_kind_or_tax_that_there_is_not_is_refused_with_the_category(wrong: dict[str, str]) -> None:
    row = {"key": "rent", "kind": "expense", "tax": "input", "en": "Rent", "de": "Miete"}
    assert category_of(row).label("de") == "Miete"
    with pytest.raises(ValueError, match="rent has kind"):
        category_of({**row, **wrong})
