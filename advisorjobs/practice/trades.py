"""What the invented clients buy and sell: the table beside this file, read once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["Irregular", "Regular", "Sales", "Takings", "Trade", "trades"]

_EVEN = (1.0,) * 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Regular:
    """A payment of every month, or of `months`. `season` has a factor for each month; `rate` is the VAT's."""

    party: str
    text: str
    category: str
    amount: Decimal
    day: int
    rate: Decimal
    months: tuple[int, ...] = tuple(range(1, 13))
    season: tuple[float, ...] = _EVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Irregular:
    """A purchase between `low` and `high`, on average `times` a month."""

    party: str
    text: str
    category: str
    low: Decimal
    high: Decimal
    times: float
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Takings:
    """What a day brings: `base`, times the factors of its weekday (Monday first) and month."""

    party: str
    text: str
    category: str
    rate: Decimal
    base: Decimal
    weekdays: tuple[float, ...]
    season: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """Invoices: `times` a month, each line's net between `low` and `high`, payable within `terms` days."""

    category: str
    rate: Decimal
    times: int
    low: Decimal
    high: Decimal
    terms: int
    work: tuple[str, ...]
    customers: tuple[str, ...]
    season: tuple[float, ...] = _EVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A client's business. `prefix` begins the numbers of its invoices."""

    id: str
    name: str
    email: str
    address: tuple[str, ...]
    iban: str
    opening: Decimal
    prefix: str
    takings: Takings | None
    sales: Sales
    regular: tuple[Regular, ...]
    irregular: tuple[Irregular, ...]


@cache
def trades() -> tuple[Trade, ...]:
    """The clients' trades in the order of the table."""
    table = tomllib.loads((files("advisorjobs.practice") / "trades.toml").read_text("utf-8"))
    return tuple(_trade(row) for row in table["client"])


def _trade(row: Mapping[str, Any]) -> Trade:
    spending = row["spending"]
    parts: dict[str, Any] = {
        "takings": Takings(**_values(row["takings"])) if "takings" in row else None,
        "sales": Sales(**_values(row["sales"])),
        "regular": tuple(Regular(**_values(each)) for each in spending["regular"]),
        "irregular": tuple(Irregular(**_values(each)) for each in spending["irregular"]),
    }
    return Trade(
        **_values({key: value for key, value in row.items() if key not in {"takings", "sales", "spending"}}), **parts
    )


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Money and rates, written as text, become Decimals; lists become tuples."""
    money = {"amount", "low", "high", "base", "rate", "opening"}
    return {
        key: Decimal(value) if key in money else tuple(value) if isinstance(value, list) else value
        for key, value in row.items()
    }
