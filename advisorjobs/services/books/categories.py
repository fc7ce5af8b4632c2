"""The categories of the table beside this file, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, get_args

__all__ = ["Category", "categories", "category_of"]

Kind = Literal["income", "expense", "transfer"]
Tax = Literal["sales", "input", "exempt"]

KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}
TAXES: Mapping[str, Tax] = {tax: tax for tax in get_args(Tax)}


@dataclass(frozen=True, slots=True)
class Category:
    """`deductible`: the share, 0 to 1, by which it lowers the taxed profit. `labels`: language → its name for people."""

    key: str
    kind: Kind
    deductible: Decimal
    tax: Tax
    labels: Mapping[str, str]

    def label(self, language: str) -> str:
        """Its name in *language* ("de", "de-AT"), or in English."""
        return self.labels.get(language.partition("-")[0], self.labels["en"])


@cache
def categories() -> Mapping[str, Category]:
    """Key → category, in the order in which reports show them."""
    table = tomllib.loads((files(__package__) / "categories.toml").read_text(encoding="utf-8"))
    return MappingProxyType({row["key"]: category_of(row) for row in table["category"]})


def category_of(row: Mapping[str, str]) -> Category:
    """The category of a row of the table. Raises ValueError, with its key, for a kind or tax that there isn't."""
    kind, tax = KINDS.get(row["kind"]), TAXES.get(row["tax"])
    if kind is None or tax is None:
        raise ValueError(
            f"categories.toml: {row['key']} has kind {row['kind']!r} and tax {row['tax']!r}, one of which there isn't"
        )
    labels = {language: row[language] for language in ("en", "de")}
    return Category(row["key"], kind, Decimal(row.get("deductible", "0")), tax, MappingProxyType(labels))
