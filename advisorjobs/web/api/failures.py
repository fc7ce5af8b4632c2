"""/api/failures: what fails alike, and the latest failed runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from advisorjobs.error_group import ErrorGroup
from advisorjobs.job_execution import JobExecution
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.api.texts import Moment, Text
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(prefix="/failures", tags=["failures"])
Caller = Annotated[Person, Depends(needs(Role.VIEWER, own=True))]
TheSite = Annotated[Site, Depends(site_of)]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/groups")
async def list_groups(
    person: Caller,
    site: TheSite,
    organization_id: Text | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    limit: Limit = 100,
) -> list[ErrorGroup]:
    """Runs that ended in an error, grouped by what is alike, the most frequent first. Without `start`: of 30 days.

    Messages may hold a client's data, and are left out: the example's is on its job.
    """
    own = person.organization_id or organization_id
    found = await site.tracker.get_error_analysis(own, start, end, limit)
    return [replace(group, example_message=None) for group in found]


@router.get("/runs")
async def list_runs(
    person: Caller, site: TheSite, organization_id: Text | None = None, limit: Limit = 50
) -> list[JobExecution]:
    """The latest runs that ended in an error. Values, messages and traces are left out: they are on the job."""
    found = await site.tracker.get_recent_failures(person.organization_id or organization_id, limit)
    return [replace(run, input=None, result=None, error_message=None, stack_trace=None) for run in found]
