"""What both the page and the API tell of performance: figures by job name, and the runs that took longest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from advisorjobs.inspector.series import Span
from advisorjobs.job_execution import JobExecution
from advisorjobs.job_statistics import JobStatistics

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["SlowRun", "begin_of", "job_figures", "slowest_runs"]

FIGURES_FRESH = 20.0
SLOW_FRESH = 20.0
SLOW_MS = 1_000
"""Runs that took as long are found by an index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowRun:
    """A run that has ended; without what it was given and what it said. `wait_ms`, `run_ms`: milliseconds."""

    job_id: int
    run_number: int
    name: str
    queue: str
    organization_id: str | None
    status: str
    finished_at: datetime
    wait_ms: int | None
    run_ms: int | None


def begin_of(span: Span, now: datetime) -> datetime:
    """Where *span* begins: at a full hour for a day, at a full day (UTC) for more, so that whole tallies are read."""
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if span == "24h":
        return hour - timedelta(hours=23)
    return hour.replace(hour=0) - timedelta(days=6 if span == "7d" else 29)


async def job_figures(site: Site, span: Span, organization_id: str | None) -> JobStatistics:
    """What jobs did within *span*, by queue and name; of *organization_id* alone, unless it is None."""
    return await site.shared(
        ("performance", span, organization_id),
        FIGURES_FRESH,
        lambda: site.tracker.get_job_statistics(organization_id, begin_of(span, datetime.now(UTC))),
    )


async def slowest_runs(site: Site, organization_id: str | None, limit: int) -> Sequence[SlowRun]:
    """The runs of a second and more that took longest, of all that history keeps: the longest first."""
    found: list[JobExecution] = await site.shared(
        ("slowest", organization_id, limit),
        SLOW_FRESH,
        lambda: site.tracker.get_slow_jobs(SLOW_MS, organization_id, limit),
    )
    return [_slow_run(run) for run in found]


def _slow_run(run: JobExecution) -> SlowRun:
    return SlowRun(
        job_id=run.job_id,
        run_number=run.run_number,
        name=run.job_name,
        queue=run.queue,
        organization_id=run.organization_id,
        status=run.status.value,
        finished_at=run.finished_at,
        wait_ms=run.wait_ms,
        run_ms=run.run_ms,
    )
