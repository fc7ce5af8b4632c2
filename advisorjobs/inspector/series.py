"""How work went over time: completed, failed, how long jobs waited and ran, by hours or days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["SPANS", "Series", "SeriesCalls", "SeriesPoint", "Span"]

Span = Literal["24h", "7d", "30d"]

SPANS: Mapping[Span, tuple[int, int]] = MappingProxyType({"24h": (24, 1), "7d": (7 * 24, 6), "30d": (30 * 24, 24)})
"""Hours that are shown, and hours of a point."""

QUARTER, DAY = 6, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    """What ended from `start` on, for the series' `step`. Jobs, and runs; milliseconds, None where nothing ran.

    Percentiles are at most 4.8 % off: see advisorjobs.durations.
    """

    start: datetime
    completed: int
    failed: int
    cancelled: int
    runs: int
    wait_p50_ms: float | None
    wait_p95_ms: float | None
    run_p50_ms: float | None
    run_p95_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Of `queue` and `organization_id`, None: all of them. `points`: the oldest first, empty ones too; the last is not over."""

    queue: str | None
    organization_id: str | None
    span: Span
    step: timedelta
    points: tuple[SeriesPoint, ...]


class SeriesCalls:
    """How work went."""

    app: App

    @call
    def read_series(
        self,
        span: Span = "24h",
        *,
        queue: str | None = None,
        organization_id: str | None = None,
        connection: Any = None,
    ) -> Operation[Series]:
        """By hours for 24h, quarters of days for 7d (days for one organization), days for 30d; of UTC."""
        hours, step = SPANS[span]
        if organization_id is not None and step == QUARTER:  # which are kept for all organizations together only
            step = DAY
        values = {"queue": queue, "organization_id": organization_id, "span": hours, "hours": step}

        def read(rows: Sequence[Row]) -> Series:
            points = tuple(map(_point, rows))
            return Series(
                queue=queue,
                organization_id=organization_id,
                span=span,
                step=timedelta(hours=step),
                points=points,
            )

        return operation("read_series", statement("read_series"), values, read, connection)


def _point(row: Row) -> SeriesPoint:
    return SeriesPoint(
        start=row["since"],
        completed=row["completed"],
        failed=row["failed"],
        cancelled=row["cancelled"],
        runs=row["runs"],
        wait_p50_ms=row["wait_p50_ms"],
        wait_p95_ms=row["wait_p95_ms"],
        run_p50_ms=row["run_p50_ms"],
        run_p95_ms=row["run_p95_ms"],
    )
