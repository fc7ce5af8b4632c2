"""/api/performance: how often each job ends well, how long it waits and runs, and which runs took longest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from advisorjobs.inspector.series import Span
from advisorjobs.job_statistics import JobStatistics
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.performance import SlowRun, job_figures, slowest_runs
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(prefix="/performance", tags=["performance"])
Caller = Annotated[Person, Depends(needs(Role.VIEWER, own=True))]
TheSite = Annotated[Site, Depends(site_of)]


@router.get("")
async def read_performance(person: Caller, site: TheSite, span: Span = "24h") -> JobStatistics:
    """Jobs and runs that ended, waiting and running time, in total and by queue and job name."""
    return await job_figures(site, span, person.organization_id)


@router.get("/slowest")
async def list_slowest_runs(
    person: Caller, site: TheSite, limit: Annotated[int, Query(ge=1, le=200)] = 15
) -> Sequence[SlowRun]:
    """The runs of a second and more that took longest, of all that history keeps."""
    return await slowest_runs(site, person.organization_id, limit)
