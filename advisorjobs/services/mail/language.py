"""How a language writes days, moments and amounts, and what all mails say in it: templates/emails/<language>/words.toml."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["FALLBACK", "Language", "language", "languages"]

FALLBACK = "en"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
WITHOUT_CENTS = frozenset({"JPY", "KRW", "CLP", "ISK", "VND"})
"""Currencies whose smallest unit is the currency itself (ISO 4217), as far as firms have asked for them."""

TIED = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """`texts` is a words.toml, with what its region writes otherwise in place of the language's own."""

    name: str
    texts: Mapping[str, Any]

    @property
    def words(self) -> dict[str, str]:
        """What all mails say, by name, for templates."""
        return {"language": self.texts["language"], **self.texts["words"]}

    def day(self, day: date) -> str:
        """A calendar day, its month in letters, so that nobody takes it for another: 3 March 2026."""
        month = self.texts["months"][day.month - 1]
        return tied(self.texts["day"].format(day=day.day, month=month, year=day.year))

    def moment(self, moment: datetime, zone: ZoneInfo) -> str:
        """A moment by the clocks of *zone*, to the minute."""
        there = moment.astimezone(zone)
        time = f"{there:%H:%M}"
        return str(self.texts["moment"].format(day=self.day(there.date()), time=time, zone=f"{there:%Z}"))

    def money(self, amount: Decimal, currency: str) -> str:
        """An amount, exact to the cent, with its currency's symbol or code."""
        places = 0 if currency in WITHOUT_CENTS and amount == int(amount) else 2
        whole, _, cents = f"{abs(amount):,.{places}f}".partition(".")
        figure = whole.replace(",", self.texts["group"]) + (self.texts["decimal"] + cents if cents else "")
        symbol = SYMBOLS.get(currency)
        written = self.texts["symbol"] if symbol else self.texts["code"]
        return ("-" if amount < 0 else "") + tied(written.format(amount=figure, symbol=symbol, code=currency))


def tied(text: str) -> str:
    """*text* with spaces at which no line is broken."""
    return text.replace(" ", TIED)


@functools.cache
def languages() -> tuple[str, ...]:
    """The languages that mails are written in: the folders with a words.toml."""
    folders = (files("advisorjobs.templates") / "emails").iterdir()
    return tuple(sorted(folder.name for folder in folders if (folder / "words.toml").is_file()))


@functools.lru_cache(maxsize=64)
def language(tag: str) -> Language:
    """The language that *tag* ("de", "de-CH") means; FALLBACK where no mail is written in it."""
    name, _, rest = tag.partition("-")
    if name not in languages():
        name, rest = FALLBACK, ""
    source = (files("advisorjobs.templates") / "emails" / name / "words.toml").read_text("utf-8")
    texts = tomllib.loads(source)
    regions = texts.pop("regions", {})
    region: dict[str, str] = next((regions[part.upper()] for part in rest.split("-") if part.upper() in regions), {})
    return Language(name, {**texts, **region})
