"""/api/jobs: the search, one job, why it waits, its runs and log."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Path, Query
from starlette.exceptions import HTTPException

from advisorjobs.actor import Via
from advisorjobs.errors import ErrorCode
from advisorjobs.inspector.found_job import JobPage
from advisorjobs.inspector.job_account import JobAccount, RelatedJob, RunAccount
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.inspector.log_lines import LogLine
from advisorjobs.inspector.why_waiting import WaitingAccount
from advisorjobs.job import JobStatus
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.api.texts import Moment, Text
from advisorjobs.web.pages.job import note_values_shown
from advisorjobs.web.pages.jobs import refuse_looking_inside
from advisorjobs.web.site import Site

__all__ = ["router"]

R = TypeVar("R")
router = APIRouter(prefix="/jobs", tags=["jobs"])
Caller = Annotated[Person, Depends(needs(Role.VIEWER, own=True))]
Operator = Annotated[Person, Depends(needs(Role.OPERATOR, own=True))]
TheSite = Annotated[Site, Depends(site_of)]
Number = Annotated[int, Path(ge=1, lt=1 << 63)]


@router.get("")
async def search_jobs(
    person: Caller,
    site: TheSite,
    id: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None,  # noqa: A002, the condition's name
    status: JobStatus | None = None,
    queue: Text | None = None,
    name: Text | None = None,
    organization_id: Text | None = None,
    tag: Text | None = None,
    unique_key: Text | None = None,
    payload: Annotated[Text | None, Query(description="document_id=doc-17; operators only")] = None,
    error_code: ErrorCode | None = None,
    fingerprint: Text | None = None,
    error_text: Annotated[
        Text | None, Query(description="in the message of the last run's error; operators only")
    ] = None,
    since: Annotated[Moment | None, Query(description="ended, or queued if not ended, then or later")] = None,
    until: Annotated[Moment | None, Query(description="ended, or queued if not ended, before")] = None,
    before: Annotated[Text | None, Query(description="`older` of the page before")] = None,
    after: Annotated[Text | None, Query(description="`newer` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobPage:
    """The newest jobs that fit, page by page.

    A search that finds little stops after a while: `finished` is false then, and `older` (or `newer`) goes on.
    """
    wanted = JobFilter(
        id=id,
        status=status,
        queue=queue,
        name=name,
        organization=person.organization_id or organization_id,
        tag=tag,
        unique_key=unique_key,
        payload=payload,
        error_code=error_code,
        fingerprint=fingerprint,
        error_text=error_text,
        since=since,
        until=until,
    )
    if person.organization_id is not None and organization_id not in (None, person.organization_id):
        return JobPage(jobs=())
    refuse_looking_inside(person, wanted)
    return await site.inspector.search_jobs(wanted, before=before, after=after, limit=limit)


@router.get("/{job_id}")
async def read_job(person: Caller, site: TheSite, job_id: Number) -> JobAccount:
    """A job with its last 200 runs; of payload, results and errors the shape only."""
    return _known(await site.inspector.read_job(job_id, person.organization_id))


@router.post("/{job_id}/values")
async def read_values(person: Operator, site: TheSite, job_id: Number) -> JobAccount:
    """The same with what payload, results and errors say, which may be a client's. It is noted in the audit log."""
    await note_values_shown(site, person, job_id, Via.API)
    return _known(await site.inspector.read_job(job_id, person.organization_id, values=True))


@router.get("/{job_id}/why-waiting")
async def why_waiting(person: Caller, site: TheSite, job_id: Number) -> WaitingAccount:
    """Every reason that keeps the job now, in the order in which they have to go."""
    return _known(await site.inspector.why_waiting(job_id, person.organization_id))


@router.get("/{job_id}/runs")
async def list_runs(person: Caller, site: TheSite, job_id: Number) -> tuple[RunAccount, ...]:
    """The job's runs, the first one first: the last 200."""
    return _known(await site.inspector.read_job(job_id, person.organization_id)).runs


@router.get("/{job_id}/related")
async def list_related(person: Caller, site: TheSite, job_id: Number) -> tuple[RelatedJob, ...]:
    """Jobs of the same subject queued around the same time, of its lock's line, or with its unique key."""
    _known(await site.inspector.why_waiting(job_id, person.organization_id))
    return await site.inspector.find_related_jobs(job_id, person.organization_id)


@router.get("/{job_id}/log")
async def list_log(
    person: Caller, site: TheSite, job_id: Number, run: Annotated[int | None, Query(ge=0, lt=1 << 31)] = None
) -> list[LogLine]:
    """What the runs of the job have said: when, and how grave; the text comes by POST."""
    _known(await site.inspector.read_job(job_id, person.organization_id))
    return await site.inspector.read_log_lines(job_id, run=run, organization_id=person.organization_id)


@router.post("/{job_id}/log")
async def read_log(
    person: Operator, site: TheSite, job_id: Number, run: Annotated[int | None, Query(ge=0, lt=1 << 31)] = None
) -> list[LogLine]:
    """The same with the text, which may hold a client's data. It is noted in the audit log."""
    await note_values_shown(site, person, job_id, Via.API)
    return await site.inspector.read_log_lines(job_id, run=run, organization_id=person.organization_id, values=True)


def _known(found: R | None) -> R:
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such job, or its history is gone")
    return found
