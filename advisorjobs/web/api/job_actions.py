"""/api/jobs/{id}/…: what is done to one job."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import Field, JsonValue

from advisorjobs.actions.actions import Actions
from advisorjobs.actions.editing import Edited
from advisorjobs.actions.job_actions import JobChange, reason_text
from advisorjobs.actor import Via
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.acting import actions_of
from advisorjobs.web.api.given import Body, Id, Why
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(prefix="/jobs", tags=["actions on jobs"])
Operator = Annotated[Person, Depends(needs(Role.OPERATOR))]
OwnOperator = Annotated[Person, Depends(needs(Role.OPERATOR, own=True))]
TheSite = Annotated[Site, Depends(site_of)]
ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is no such job"},
    409: {"description": "The job can't be changed so: why"},
}


class Wish(Body):
    why: Why = None


class PriorityWish(Wish):
    priority: Annotated[int, Field(ge=1, le=9, description="1 is first")]


class Edit(Wish):
    payload: dict[str, JsonValue]
    version: Annotated[
        str | None, Field(max_length=64, description="of the payload that was edited; another one is refused")
    ] = None


@router.post("/{job_id}/retry", responses=ANSWERS)
async def retry_job(job_id: Id, person: OwnOperator, site: TheSite, wish: Wish | None = None) -> JobChange:
    """Runs a failed job again, under its number, with all its attempts."""
    return _told(await _do(person, site, wish).retry_job(job_id))


@router.post("/{job_id}/cancel", responses=ANSWERS)
async def cancel_job(job_id: Id, person: OwnOperator, site: TheSite, wish: Wish | None = None) -> JobChange:
    """Ends a job that waits; tells one that runs to stop."""
    return _told(await _do(person, site, wish).cancel_job(job_id))


@router.post("/{job_id}/promote", responses=ANSWERS)
async def promote_job(job_id: Id, person: Operator, site: TheSite, wish: Wish | None = None) -> JobChange:
    """Lets a delayed job start now."""
    return _told(await _do(person, site, wish).promote_job(job_id))


@router.post("/{job_id}/priority", responses=ANSWERS)
async def change_priority(job_id: Id, person: Operator, site: TheSite, wish: PriorityWish) -> JobChange:
    """Gives a job that waits another priority."""
    return _told(await _do(person, site, wish).change_priority(job_id, wish.priority))


@router.post("/{job_id}/edit", responses=ANSWERS)
async def edit_job(job_id: Id, person: Operator, site: TheSite, edit: Edit) -> Edited:
    """Gives a job another payload: a failed one runs again, of one that has ended a new one is made."""
    do = _do(person, site, edit)
    job = await do.read_job_to_edit(job_id, shown=False)
    if job is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, reason_text("gone"))
    edited = await do.edit_job(job, edit.payload, edit.version or job.version)
    if not edited.done:
        raise HTTPException(HTTPStatus.CONFLICT, reason_text(edited.outcome))
    return edited


def _do(person: Person, site: Site, wish: Wish | None) -> Actions:
    return actions_of(person, site, Via.API, wish.why if wish else None)


def _told(change: JobChange) -> JobChange:
    if change.reason is not None:
        status = HTTPStatus.NOT_FOUND if change.reason == "gone" else HTTPStatus.CONFLICT
        raise HTTPException(status, reason_text(change.reason))
    return change
