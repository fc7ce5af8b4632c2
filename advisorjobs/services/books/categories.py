"""The categories of the table beside this file, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

__all__ = ["Category", "categories"]


@dataclass(frozen=True, slots=True)
class Category:
    """`deductible`: the share, 0 to 1, by which it lowers the taxed profit. `labels`: language → its name for people."""

    key: str
    kind: Literal["income", "expense", "transfer"]
    deductible: Decimal
    tax: Literal["sales", "input", "exempt"]
    labels: Mapping[str, str]

    def label(self, language: str) -> str:
        """Its name in *language* ("de", "de-AT"), or in English."""
        return self.labels.get(language.partition("-")[0], self.labels["en"])


@cache
def categories() -> Mapping[str, Category]:
    """Key → category, in the order in which reports show them."""
    table = tomllib.loads((files(__package__) / "categories.toml").read_text(encoding="utf-8"))
    return MappingProxyType({row["key"]: _category(row) for row in table["category"]})


def _category(row: dict[str, str]) -> Category:
    labels = {language: row[language] for language in ("en", "de")}
    kind, tax = row["kind"], row["tax"]
    assert kind in ("income", "expense", "transfer")
    assert tax in ("sales", "input", "exempt")
    return Category(row["key"], kind, Decimal(row.get("deductible", "0")), tax, MappingProxyType(labels))  # type: ignore[arg-type]
