"""Amounts, shares and days as people write them in a language, and the sentences of a table with them filled in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["Wording", "raw"]

# fmt: off
MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December"),
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni",
           "Juli", "August", "September", "Oktober", "November", "Dezember"),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Wording:
    """How *language* ("en", "de", "de-AT"; any other is worded in English) writes amounts in *currency*."""

    language: str
    currency: str = "EUR"

    @property
    def spoken(self) -> str:
        """The language that we have sentences in."""
        base = self.language.partition("-")[0]
        return base if base in MONTHS else "en"

    def money(self, amount: Decimal | float) -> str:
        """ "1,234.50 EUR", "1.234,50 EUR"."""
        return f"{self.number(Decimal(amount).quantize(Decimal('0.01'), ROUND_HALF_EVEN))} {self.currency}"

    def percent(self, share: float | Decimal) -> str:
        """A share of one: 0.124 → "12.4 %", in English without the space."""
        return f"{self.number(round(Decimal(share) * 100, 1))}{'' if self.spoken == 'en' else ' '}%"

    def number(self, value: Decimal | int) -> str:
        text = f"{value:,}"
        return text if self.spoken == "en" else text.translate(str.maketrans(",.", ".,"))

    def day(self, day: date) -> str:
        month = MONTHS[self.spoken][day.month - 1]
        return f"{day.day} {month} {day.year}" if self.spoken == "en" else f"{day.day}. {month} {day.year}"

    def sentence(self, key: str, values: Mapping[str, Any]) -> str:
        """The sentence *key* of sentences.toml, with *values* as they are written here."""
        return _sentences()[key][self.spoken].format_map({name: self.shown(value) for name, value in values.items()})

    def shown(self, value: Any) -> str:
        """A Decimal is money, a float a share of one, an int a count; days are dates, texts stay."""
        match value:
            case Decimal():
                return self.money(value)
            case float():
                return self.percent(value)
            case int():
                return self.number(value)
            case date():
                return self.day(value)
        return str(value)


def raw(values: Mapping[str, Any]) -> dict[str, Any]:
    """*values* for programs: money as text, days in ISO 8601, shares and counts as numbers."""
    return {name: value if isinstance(value, float | int) else str(value) for name, value in values.items()}


@cache
def _sentences() -> dict[str, dict[str, str]]:
    return tomllib.loads((files(__package__) / "sentences.toml").read_text(encoding="utf-8"))
