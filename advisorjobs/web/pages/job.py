"""One job: why it waits, what it did, what it was given and brought; values only when they are asked for."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.actions.actions import Actions
from advisorjobs.actor import Actor, Via
from advisorjobs.inspector.job_timeline import timeline
from advisorjobs.job import JobStatus
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "note_values_shown"]


async def job(request: Request, site: Site) -> Response:
    """The job, payload and errors without what they say."""
    return await _shown(request, site, values=False)


async def values(request: Request, site: Site) -> Response:
    """The same with values, after a note of it in the audit log. The answer to a form: no address leads here."""
    person: Person = request.state.person
    number = request.path_params["job_id"]
    if request.method == "GET":
        return RedirectResponse(request.url_for("job", job_id=number).path, HTTPStatus.SEE_OTHER)
    await note_values_shown(site, person, number, Via.DASHBOARD)
    return await _shown(request, site, values=True)


async def note_values_shown(site: Site, person: Person, job_id: int, via: Via) -> None:
    """Writes down that *person* is about to see a job's values. Raises HTTPException 404: they have no such job."""
    actor = Actor(via=via, by=person.name, role=person.role.value, organization_id=person.organization_id)
    if not await Actions(site.app, actor).note_values_shown(job_id):
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such job.")


async def _shown(request: Request, site: Site, *, values: bool) -> Response:
    person: Person = request.state.person
    number, organization = request.path_params["job_id"], person.organization_id
    if number >= 1 << 63:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such job.")
    read = site.inspector
    shown, waiting, related, lines, trace = await asyncio.gather(
        read.read_job(number, organization, values=values),
        read.why_waiting(number, organization),
        read.find_related_jobs(number, organization),
        read.read_log_lines(number, organization_id=organization, values=values),
        read.read_trace_link(number, organization_id=organization),
    )
    if shown is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such job, or its history is gone.")
    waits = waiting is not None and waiting.status in (JobStatus.WAITING, JobStatus.DELAYED)
    return site.page(
        request,
        "job.html",
        job=shown,
        waiting=waiting if waits else None,
        related=related,
        lines=lines,
        trace=trace if organization is None else None,  # the collector is for those who run the system
        steps=timeline(shown),
        values=values,
        may_see_values=person.may(Role.OPERATOR),
    )


PAGES = (
    Page(path="/jobs/{job_id:number}", answer=job, name="job", needs=Role.VIEWER, own=True),
    Page(
        path="/jobs/{job_id:number}/values",
        answer=values,
        name="job_values",
        needs=Role.OPERATOR,
        own=True,
        methods=("GET", "POST"),
    ),
)
