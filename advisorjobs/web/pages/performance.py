"""Performance: how often each job ends well, how long it waits and runs, and which runs took longest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.inspector.series import SPANS
from advisorjobs.job_statistics import JobNameStatistics
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.page import Page
from advisorjobs.web.pages.queue import span_of
from advisorjobs.web.performance import job_figures, slowest_runs

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "ordered"]

SLOWEST = 15

Place = Callable[[JobNameStatistics], float]

ORDERS: Mapping[str, Place] = MappingProxyType(
    {
        "runs": lambda job: job.runs,
        "failed": lambda job: job.failed,
        "success": lambda job: 1 - (1 if job.success_rate is None else job.success_rate),
        "wait": lambda job: job.wait.p95_ms or 0,
        "run": lambda job: job.run.p95_ms or 0,
        "time": lambda job: (job.run.mean_ms or 0) * job.runs,
    }
)
"""What is largest, and so comes first; of success: what is lacking to it."""


def ordered(jobs: Sequence[JobNameStatistics], order: str) -> list[JobNameStatistics]:
    """By queue and name, as they come, or the largest of *order* first."""
    return sorted(jobs, key=ORDERS[order], reverse=True) if order in ORDERS else list(jobs)


async def performance(request: Request, site: Site) -> Response:
    """`?span=24h|7d|30d`, `order=` one of ORDERS; people of one organization see its own jobs."""
    person: Person = request.state.person
    span, order = span_of(request), request.query_params.get("order", "")
    figures = await job_figures(site, span, person.organization_id)
    return site.page(
        request,
        "performance.html",
        figures=figures,
        jobs=ordered(figures.jobs, order),
        slowest=await slowest_runs(site, person.organization_id, SLOWEST),
        span=span,
        spans=list(SPANS),
        order=order if order in ORDERS else "",
    )


PAGES = (Page(path="/performance", answer=performance, name="performance", needs=Role.VIEWER, own=True),)
