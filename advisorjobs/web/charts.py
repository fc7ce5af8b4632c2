"""Charts as drawings that need no script: bars and lines in numbers, and the same numbers for the script that draws better."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from advisorjobs.inspector.series import Series
from advisorjobs.web.rendering import duration, number

__all__ = ["Chart", "Line", "charts"]

WIDTH, HEIGHT = 600.0, 160.0
"""Of the drawing's own units."""

SECOND, MINUTE, HOUR, DAY = 1_000.0, 60_000.0, 3_600_000.0, 86_400_000.0
SPANS = (
    *(2.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0),
    *(SECOND * count for count in (1, 2, 4, 10, 20, 30)),
    *(MINUTE * count for count in (1, 2, 4, 10, 20, 30)),
    *(HOUR * count for count in (1, 2, 4, 12)),
    *(DAY * count for count in (1, 2, 4, 10, 20)),
)
"""Milliseconds: where the axis of durations may end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`kind` names its colour. `values` by point, None where there is none; `path`: of SVG, `bars`: x, y, width, height."""

    kind: str
    title: str
    values: tuple[float | None, ...]
    path: str = ""
    bars: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """`ticks`: height and text of the lines across; `moments`: place, from left (0) to right (1), and text. `data` is JSON."""

    title: str
    unit: str
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    moments: tuple[tuple[float, str], ...]
    data: str
    empty: bool


def charts(series: Series) -> tuple[Chart, ...]:
    """Ended jobs as bars, one on the other; how long jobs waited and ran as lines."""
    points = series.points
    starts = [point.start for point in points]
    step = series.step
    ended = [
        ("completed", "completed", [float(point.completed) for point in points]),
        ("failed", "failed", [float(max(point.failed, 0)) for point in points]),
    ]
    waits = [
        ("p50", "half waited less", [point.wait_p50_ms for point in points]),
        ("p95", "95 % waited less", [point.wait_p95_ms for point in points]),
    ]
    runs = [
        ("p50", "half ran shorter", [point.run_p50_ms for point in points]),
        ("p95", "95 % ran shorter", [point.run_p95_ms for point in points]),
    ]
    return (
        _stacked("Jobs that ended", starts, step, ended),
        _lines("Waiting time", starts, step, waits),
        _lines("Run time", starts, step, runs),
    )


Values = Sequence[tuple[str, str, Sequence[float | None]]]


def _stacked(title: str, starts: Sequence[datetime], step: timedelta, values: Values) -> Chart:
    below = [0.0] * len(starts)
    sums = [sum(each or 0.0 for each in column) for column in zip(*(own for _, _, own in values), strict=True)]
    top = _round_up(max(sums, default=0.0))
    wide = WIDTH / max(len(starts), 1)
    lines = []
    for kind, name, own in values:
        bars = []
        for place, value in enumerate(own):
            tall = HEIGHT * (value or 0.0) / top
            if tall:
                bars.append(_rounded(place * wide + wide * 0.1, HEIGHT - below[place] - tall, wide * 0.8, tall))
                below[place] += tall
        lines.append(Line(kind=kind, title=name, values=tuple(own), bars=tuple(bars)))
    return _chart(title, "jobs", starts, step, lines, top, number)


def _lines(title: str, starts: Sequence[datetime], step: timedelta, values: Values) -> Chart:
    most = max((each for _, _, own in values for each in own if each is not None), default=0.0)
    top = next((step for step in SPANS if most <= step), most)
    lines = [Line(kind=kind, title=name, values=tuple(own), path=_path(own, top)) for kind, name, own in values]
    return _chart(title, "ms", starts, step, lines, top, duration)


def _chart(
    title: str,
    unit: str,
    starts: Sequence[datetime],
    step: timedelta,
    lines: Sequence[Line],
    top: float,
    told: Callable[[float], str],
) -> Chart:
    data = {
        "unit": unit,
        "times": [start.timestamp() for start in starts],
        "series": [{"kind": line.kind, "title": line.title, "values": line.values} for line in lines],
    }
    return Chart(
        title=title,
        unit=unit,
        lines=tuple(lines),
        ticks=tuple((round(HEIGHT * (1 - part), 1), told(top * part)) for part in (1.0, 0.5)),
        moments=_moments(starts, step),
        data=json.dumps(data, separators=(",", ":")),
        empty=not any(value for line in lines for value in line.values),
    )


def _moments(starts: Sequence[datetime], step: timedelta) -> tuple[tuple[float, str], ...]:
    """Four moments or so below a chart, in UTC."""
    form = "%H:%M" if step < timedelta(hours=6) else "%d %b"
    every = max(1, len(starts) // 4)
    return tuple(
        (place / len(starts), starts[place].astimezone(UTC).strftime(form)) for place in range(0, len(starts), every)
    )


def _path(values: Sequence[float | None], top: float) -> str:
    """Through the middles of the points; a point without neighbours is a short stroke."""
    wide = WIDTH / max(len(values), 1)
    parts, drawing = [], False
    for place, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        x, y = (place + 0.5) * wide, HEIGHT * (1 - value / top)
        parts.append(f"{'L' if drawing else 'M'}{x:.1f} {y:.1f}")
        alone = not drawing and (place + 1 == len(values) or values[place + 1] is None)
        if alone:
            parts.append("h2")
        drawing = True
    return "".join(parts)


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 with noughts; 1 for nothing."""
    if value <= 0:
        return 1.0
    size = 10.0 ** math.floor(math.log10(value))
    return next(step * size for step in (1.0, 2.0, 5.0, 10.0) if value <= step * size * 1.000001)


def _rounded(*numbers: float) -> tuple[float, float, float, float]:
    x, y, wide, tall = (round(each, 2) for each in numbers)
    return x, y, wide, tall
