"""The geometry of a chart: where its bars, points and axis ticks stand, as parts of its height. No amount is rounded here."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from advisorjobs.services.reports.language import Language
from advisorjobs.services.reports.model import Table

__all__ = ["Drawing", "Line", "Tick", "drawing", "nice_step"]

STEPS = 4
LABELS = 14
"""So many labels fit below the axis."""


@dataclass(frozen=True, slots=True)
class Tick:
    """`at`: 0 is the bottom, 1 the top."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """The points of a series, as its bars or as a line: parts of the height."""

    label: str
    points: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """`zero` is where the axis lies; a label that had no room is empty."""

    kind: str
    title: str
    alt: str
    zero: float
    ticks: tuple[Tick, ...]
    labels: tuple[str, ...]
    lines: tuple[Line, ...]


def drawing(table: Table, words: Language) -> Drawing:
    """How the chart of *table* is drawn; where a row has no figure, its bar has no height."""
    chart = table.chart
    assert chart is not None
    rows = list(table.rows)
    places = [table.position(key) for key in chart.series]
    series = [[value if isinstance(value := row[at], Decimal) else Decimal(0) for row in rows] for at in places]
    least = min(Decimal(0), *(value for values in series for value in values))
    most = max(Decimal(0), *(value for values in series for value in values))
    step = nice_step((most - least) / STEPS)
    bottom = (least / step).to_integral_value(ROUND_FLOOR) * step
    top = (most / step).to_integral_value(ROUND_CEILING) * step

    def part(value: Decimal) -> float:
        return float((value - bottom) / (top - bottom))

    count = int((top - bottom) / step)
    marks = [bottom + step * number for number in range(count + 1)]
    every = -(-len(chart.labels) // LABELS)
    return Drawing(
        kind=chart.kind,
        title=chart.title,
        alt=chart.alt,
        zero=part(Decimal(0)),
        ticks=tuple(Tick(part(mark), words.number(mark, 0 if step >= 1 else 2)) for mark in marks),
        labels=tuple(label if at % every == 0 else "" for at, label in enumerate(chart.labels)),
        lines=tuple(
            Line(table.columns[at].label, tuple(map(part, values))) for at, values in zip(places, series, strict=True)
        ),
    )


def nice_step(least: Decimal) -> Decimal:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not less than *least*; at least a cent."""
    least = max(least, Decimal("0.01"))
    power = Decimal(1).scaleb(least.adjusted())
    return next(power * factor for factor in map(Decimal, ("1", "2", "2.5", "5", "10")) if power * factor >= least)
