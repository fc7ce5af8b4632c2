"""What a report is, before it is a file: facts and tables of exact figures. All three forms are drawn from the same one.

Amounts are Decimal, exact to the cent; a share is a Decimal of percent (12.5 is 12.5 %). Labels are in the report's language.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

__all__ = ["Chart", "Column", "Fact", "Group", "Kind", "Report", "Row", "Section", "Table", "Value"]

Value = str | date | Decimal | int | None
Row = tuple[Value, ...]
"""One value per column; None where there is nothing to say."""


class Kind(StrEnum):
    """How a value is written."""

    TEXT = "text"
    DAY = "day"
    MONEY = "money"
    COUNT = "count"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class Column:
    """`key` names it for programs, in every language. `total`: its sum means something. `wide`: takes the room that is left."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    total: bool = False
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together. With a label the group has a subtotal."""

    rows: tuple[Row, ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns of its table over its rows, which `labels` name shortly. `alt` says in words what it shows."""

    kind: Literal["bars", "lines"]
    title: str
    alt: str
    series: tuple[str, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`currency` is that of all its amounts: no table holds two. `note` stands below it."""

    title: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    currency: str | None = None
    chart: Chart | None = None
    note: str | None = None

    @property
    def rows(self) -> Iterator[Row]:
        return (row for group in self.groups for row in group.rows)

    @property
    def has_total(self) -> bool:
        return any(column.total for column in self.columns)

    def totals(self, group: Group | None = None) -> Row:
        """A row with the sums of what can be summed up, of *group* or of the whole table; None elsewhere, and where
        there is no number to sum up."""
        rows = list(self.rows if group is None else group.rows)
        return tuple(_sum(rows, at) if column.total else None for at, column in enumerate(self.columns))

    def position(self, key: str) -> int:
        """Where the column *key* stands."""
        return next(at for at, column in enumerate(self.columns) if column.key == key)


def _sum(rows: list[Row], at: int) -> Decimal | int | None:
    values = [row[at] for row in rows]
    numbers = [value for value in values if isinstance(value, Decimal | int)]
    if not numbers:
        return None
    return sum(numbers, start=Decimal(0) if any(isinstance(each, Decimal) for each in numbers) else 0)


@dataclass(frozen=True, slots=True)
class Section:
    """One matter. Without tables `note` says why there are none."""

    title: str
    tables: tuple[Table, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A key figure. `currency` is an amount's; `emphasis`: it is what the reader looks for."""

    label: str
    value: Value
    kind: Kind = Kind.MONEY
    currency: str | None = None
    emphasis: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`language` is a tag such as "de"; `made_on` the firm's day on which it was made."""

    name: str
    title: str
    period: str
    firm: str
    client: str | None
    language: str
    made_on: date
    facts: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None

    @property
    def tables(self) -> Iterator[Table]:
        return (table for section in self.sections for table in section.tables)
