"""The languages of the reports: words, numbers and days, from the table of each beside this file.

A tag such as "de-AT" gets its language's table, with what its region writes differently; a language without a table English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from advisorjobs.services.reports.model import Kind, Value

__all__ = ["Language", "language"]

LANGUAGES = ("en", "de")


@dataclass(frozen=True, slots=True)
class Language:
    """`tag` names it to other programs, `code` is ISO 639-1, `form` how numbers and days are written, `texts` the words."""

    tag: str
    code: str
    form: Mapping[str, Any]
    texts: Mapping[str, str]

    def text(self, key: str, **values: object) -> str:
        """The words of *key*, with *values* put in."""
        return self.texts[key].format(**values) if values else self.texts[key]

    def number(self, value: Decimal | int, places: int = 0) -> str:
        """*value* with its thousands grouped: 1,234.50 or 1.234,50, with a real minus."""
        grouped = f"{abs(value):,.{places}f}"
        marks = {",": self.form["group"], ".": self.form["decimal"]}
        sign = self.form["minus"] if value < 0 and grouped.strip("0.,") else ""
        return sign + "".join(marks.get(character, character) for character in grouped)

    def day(self, day: date) -> str:
        return self._dated("day", day)

    def month(self, day: date) -> str:
        return self._dated("month", day)

    def quarter(self, day: date) -> str:
        return self._dated("quarter", day)

    def span(self, start: date, end: date) -> str:
        """From *start* to *end*, both included."""
        written: str = self.form["span"].format(start=self.day(start), end=self.day(end))
        return written

    def short_month(self, day: date) -> str:
        return self._dated("short_month", day)

    def short_quarter(self, day: date) -> str:
        return self._dated("short_quarter", day)

    def value(self, value: Value, kind: Kind) -> str:
        """A value as it stands in a table."""
        match value:
            case None:
                return ""
            case str():
                return value
            case date():
                return self.day(value)
        if kind is Kind.SHARE:
            return f"{self.number(value, 1)} %"
        return self.number(value, 2 if kind is Kind.MONEY else 0)

    def _dated(self, kind: str, day: date) -> str:
        written: str = self.form[kind].format(
            day=day.day,
            number=day.month,
            year=day.year,
            short_year=day.year % 100,
            quarter=(day.month + 2) // 3,
            long=self.form["long"][day.month - 1],
            short=self.form["short"][day.month - 1],
        )
        return written


@cache
def language(tag: str) -> Language:
    """The language that *tag* (ISO 639, with a region where it matters) names."""
    code, *rest = tag.split("-")
    region = next((part.upper() for part in rest if len(part) == 2), None)
    if code not in LANGUAGES:
        code, region = "en", None
    table = tomllib.loads((files(__package__) / f"{code}.toml").read_text(encoding="utf-8"))
    form = {**table["form"], **table.get("region", {}).get(region, {})}
    return Language(
        f"{code}-{region}" if region else code, code, MappingProxyType(form), MappingProxyType(table["text"])
    )
