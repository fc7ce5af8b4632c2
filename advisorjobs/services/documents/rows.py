"""Lines of print: which segments stand beside each other, and which labels and amounts a line holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from advisorjobs.services.documents.amounts import Amount
from advisorjobs.services.documents.labels import Label, same_row
from advisorjobs.services.documents.layout import Segment

__all__ = ["Row", "rows_of"]


@dataclass(frozen=True)
class Row:
    """Segments of one line of print from left to right, with the labels and amounts in them, in the same order."""

    segments: tuple[Segment, ...]
    labels: tuple[Label, ...]
    amounts: tuple[Amount, ...]

    @property
    def page(self) -> int:
        return self.segments[0].page

    @property
    def top(self) -> float:
        return min(segment.box.top for segment in self.segments)

    @property
    def bottom(self) -> float:
        return max(segment.box.bottom for segment in self.segments)

    @cached_property
    def fields(self) -> frozenset[str]:
        """All that the row's labels may mean."""
        return frozenset(meaning.field for label in self.labels for meaning in label.meanings)

    @cached_property
    def table_head(self) -> bool:
        """Whether the row heads a table of items or movements rather than a table of totals."""
        columns = {field for field in self.fields if field.startswith("column_")}
        telling = columns & {
            "column_description",
            "column_quantity",
            "column_unit_price",
            "column_balance",
            "column_date",
        }
        return len(columns) >= 3 and bool(telling) and not any(amount.money for amount in self.amounts)


def rows_of(segments: Sequence[Segment], labels: Iterable[Label], amounts: Iterable[Amount]) -> tuple[Row, ...]:
    """The segments as rows, in reading order."""
    groups: list[list[Segment]] = []
    for segment in segments:
        home = next((group for group in reversed(groups[-6:]) if _fits(group, segment)), None)
        if home is None:
            groups.append([segment])
        else:
            home.append(segment)
    by_segment: dict[int, list[Label]] = {}
    for label in labels:
        by_segment.setdefault(label.span.segment.index, []).append(label)
    money: dict[int, list[Amount]] = {}
    for amount in amounts:
        money.setdefault(amount.span.segment.index, []).append(amount)
    return tuple(_row(group, by_segment, money) for group in groups)


def _fits(group: list[Segment], segment: Segment) -> bool:
    nearest = min(group, key=lambda other: abs(other.box.left - segment.box.left))
    return same_row(nearest, segment)


def _row(group: list[Segment], labels: dict[int, list[Label]], amounts: dict[int, list[Amount]]) -> Row:
    group.sort(key=lambda segment: segment.box.left)
    return Row(
        tuple(group),
        tuple(label for segment in group for label in labels.get(segment.index, ())),
        tuple(amount for segment in group for amount in amounts.get(segment.index, ())),
    )
