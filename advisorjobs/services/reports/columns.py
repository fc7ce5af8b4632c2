"""Columns and charts with the words of a language."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from typing import Literal, TypeVar

from advisorjobs.services.books.categories import categories
from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.model import Chart, Column, Group, Kind, Row

__all__ = ["category_label", "chart", "column", "grouped", "money", "text"]

K = TypeVar("K", bound=Hashable)


def column(words: Language, key: str, kind: Kind, *, total: bool = False) -> Column:
    return Column(key, words.text(key), kind, total)


def text(words: Language, key: str, *, wide: bool = False) -> Column:
    return Column(key, words.text(key), wide=wide)


def money(words: Language, key: str, label: str | None = None) -> Column:
    """Amounts that are summed up. *label*: the key of its words, where they aren't its own."""
    return Column(key, words.text(label or key), Kind.MONEY, total=True)


def category_label(words: Language, category: str | None) -> str:
    """A category's name for people; "uncategorised" for one that isn't in the table."""
    known = categories().get(category or "")
    return known.label(words.code) if known else words.text("uncategorised")


def grouped(rows: Iterable[tuple[K, str, Row]]) -> tuple[Group, ...]:
    """Groups of rows that come with the key and label of theirs, in the order in which the keys come first."""
    found: dict[K, tuple[str, list[Row]]] = {}
    for key, label, row in rows:
        found.setdefault(key, (label, []))[1].append(row)
    return tuple(Group(tuple(each), label) for label, each in found.values())


def chart(
    words: Language,
    kind: Literal["bars", "lines"],
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    series: tuple[str, ...],
    labels: Sequence[str],
    currency: str,
) -> Chart | None:
    """A chart of the columns *series*, with what it shows in words; None where it would show nothing."""
    drawn = [at for at, each in enumerate(columns) if each.key in series]
    if len(rows) < 2 or not any(row[at] for row in rows for at in drawn):
        return None
    said = [words.text("chart", title=title, currency=currency)]
    for at in drawn:
        values = [value for row in rows if isinstance(value := row[at], Decimal)]
        figures = {"least": min(values), "most": max(values), "sum": sum(values, start=Decimal(0))}
        written = {name: words.value(value, Kind.MONEY) for name, value in figures.items()}
        said.append(words.text("chart_series", label=columns[at].label, **written))
    return Chart(kind, title, " ".join(said), series, tuple(labels))
