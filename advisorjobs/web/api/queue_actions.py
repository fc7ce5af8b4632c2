"""/api/queues/{name}/…, /api/organizations/{id}/… and /api/keys: what is done to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import AwareDatetime, Field

from advisorjobs.actions.actions import Actions
from advisorjobs.actions.bulk_actions import BulkAction
from advisorjobs.actions.noted import Noted
from advisorjobs.actor import Via
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.acting import actions_of
from advisorjobs.web.api.given import Body, Name, Text, Why
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(tags=["actions on queues"])
Operator = Annotated[Person, Depends(needs(Role.OPERATOR))]
Admin = Annotated[Person, Depends(needs(Role.ADMIN))]
TheSite = Annotated[Site, Depends(site_of)]
Rate = Annotated[Text | None, Field(description="starts per time, such as 200/min; none: no limit; left out: as it is")]
Count = Annotated[int | Literal["none"] | None, Field(description="none: no limit; left out: as it is")]
LONGEST = 100 * 366 * 86_400_000


class Reason(Body):
    why: Why = None


class Pause(Reason):
    organization_id: Text | None = None
    until: AwareDatetime | None = None


class OrganizationPause(Reason):
    until: AwareDatetime | None = None


class Place(Reason):
    organization_id: Text | None = None


class Limits(Reason):
    rate: Rate = None
    running: Count = None


class QueueLimits(Limits):
    organization_rate: Rate = None
    organization_running: Count = None
    fair: bool | None = None


class Rule(Limits):
    queue: Text | None = None
    weight: Count = None


class QueueName(Reason):
    queue: Text | None = None


class KeyLimits(Limits):
    key: Text


class KeyName(Reason):
    key: Text


class Cleaning(Body):
    """`older_than_ms`: only those that have been so for longer. `dry_run`: only looks how many are in that state."""

    state: Literal["completed", "failed", "cancelled", "delayed", "waiting"]
    older_than_ms: Annotated[int, Field(ge=0, le=LONGEST)] = 0
    dry_run: bool = True
    why: Text


class Retrying(Reason):
    dry_run: bool = True


@router.post("/queues/{name}/pause")
async def pause_queue(name: Name, person: Operator, site: TheSite, pause: Pause) -> Noted:
    """Lets nothing of it, or of one organization in it, start."""
    do = actions_of(person, site, Via.API, pause.why)
    return await do.pause_queue(name, organization_id=pause.organization_id, why=pause.why, until=pause.until)


@router.post("/queues/{name}/resume")
async def resume_queue(name: Name, person: Operator, site: TheSite, place: Place | None = None) -> Noted:
    """Ends a pause."""
    place = place or Place()
    return await actions_of(person, site, Via.API, place.why).resume_queue(name, organization_id=place.organization_id)


@router.post("/queues/{name}/limit")
async def limit_queue(name: Name, person: Operator, site: TheSite, limits: QueueLimits) -> Noted:
    """Changes what may start."""
    return await actions_of(person, site, Via.API).set_queue_limit(name, **limits.model_dump())


@router.post("/queues/{name}/reset-limit")
async def reset_queue(name: Name, person: Operator, site: TheSite, reason: Reason | None = None) -> Noted:
    """Back to the queue table."""
    return await actions_of(person, site, Via.API, reason.why if reason else None).reset_queue_limit(name)


@router.post("/queues/{name}/retry-failed")
async def retry_failed(name: Name, person: Operator, site: TheSite, retrying: Retrying | None = None) -> BulkAction:
    """Runs all its failed jobs again, in the background; with `dry_run` only looks how many there are."""
    retrying = retrying or Retrying()
    do = actions_of(person, site, Via.API, retrying.why)
    number = await do.propose("retry", wanted=JobFilter(queue=name))
    return await _proposed(do, number, dry_run=retrying.dry_run, why=retrying.why)


@router.post("/queues/{name}/clean")
async def clean_queue(name: Name, person: Admin, site: TheSite, cleaning: Cleaning) -> BulkAction:
    """Takes jobs out of lists, counts and results, in the background; with `dry_run` only looks how many there are."""
    do = actions_of(person, site, Via.API, cleaning.why)
    before = datetime.now(UTC) - timedelta(milliseconds=cleaning.older_than_ms)
    number = await do.propose_cleaning(name, cleaning.state, before)
    return await _proposed(do, number, dry_run=cleaning.dry_run, why=cleaning.why)


@router.post("/organizations/{name}/pause")
async def pause_organization(name: Name, person: Operator, site: TheSite, pause: OrganizationPause) -> Noted:
    """Lets nothing of it start, in any queue."""
    return await actions_of(person, site, Via.API).pause_organization(name, why=pause.why, until=pause.until)


@router.post("/organizations/{name}/resume")
async def resume_organization(name: Name, person: Operator, site: TheSite, reason: Reason | None = None) -> Noted:
    """Ends its pause in every queue."""
    return await actions_of(person, site, Via.API, reason.why if reason else None).resume_organization(name)


@router.post("/organizations/{name}/limit")
async def limit_organization(name: Name, person: Admin, site: TheSite, rule: Rule) -> Noted:
    """Changes what differs for it, in one queue or in each."""
    return await actions_of(person, site, Via.API).set_organization_rule(name, **rule.model_dump())


@router.post("/organizations/{name}/remove-limit")
async def unlimit_organization(name: Name, person: Admin, site: TheSite, place: QueueName | None = None) -> Noted:
    """Lets it be served as all others are."""
    place = place or QueueName()
    return await actions_of(person, site, Via.API, place.why).remove_organization_rule(name, queue=place.queue)


@router.post("/keys/limit")
async def limit_key(person: Admin, site: TheSite, limits: KeyLimits) -> Noted:
    """Changes the limits of a service or account."""
    return await actions_of(person, site, Via.API).set_key_limit(**limits.model_dump())


@router.post("/keys/remove-limit")
async def unlimit_key(person: Admin, site: TheSite, key: KeyName) -> Noted:
    """Takes all limits of a service or account away."""
    return await actions_of(person, site, Via.API, key.why).remove_key_limit(key.key)


async def _proposed(do: Actions, number: int, *, dry_run: bool, why: str | None) -> BulkAction:
    if not dry_run:
        await do.confirm(number, why)
    found = await do.read_action(number)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no action {number}")
    return found
