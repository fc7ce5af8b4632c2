"""/api/actions: what is done to many jobs, looked at first or at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import AwareDatetime, Field

from advisorjobs.actions.action_list import ActionPage
from advisorjobs.actions.actions import Actions
from advisorjobs.actions.bulk_actions import MOST_SELECTED, BulkAction, Refusal
from advisorjobs.actor import Via
from advisorjobs.errors import ErrorCode
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.acting import actions_of
from advisorjobs.web.api.given import Body, Id, Number, Text, Why
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(prefix="/actions", tags=["actions on many jobs"])
Viewer = Annotated[Person, Depends(needs(Role.VIEWER, own=True))]
Operator = Annotated[Person, Depends(needs(Role.OPERATOR, own=True))]
TheSite = Annotated[Site, Depends(site_of)]
State = Literal["waiting", "delayed", "active", "failed"]


class Wanted(Body):
    """Which jobs: all that is given must hold. `since`, `until`: when queued; of failed ones, when they failed.

    `error_code`, `fingerprint`, `error_text`: of the last run. `payload`: "document_id=doc-17". What `payload` and
    `error_text` look for is told to nobody else, and forgotten when the action ends.
    """

    id: Number | None = None
    queue: Text | None = None
    name: Text | None = None
    organization_id: Text | None = None
    tag: Text | None = None
    states: Annotated[tuple[State, ...], Field(max_length=4)] = ()
    unique_key: Text | None = None
    payload: Text | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    error_code: ErrorCode | None = None
    fingerprint: Text | None = None
    error_text: Text | None = None

    def filter(self) -> JobFilter:
        """As the search has it; without `states`."""
        given = self.model_dump(exclude={"states", "organization_id"})
        return JobFilter(**given, organization=self.organization_id)


class Proposal(Body):
    """Either `jobs` or `filter`. `dry_run`: only looks how many there are; the answer's id confirms it."""

    action: Literal["retry", "cancel", "promote", "priority"]
    jobs: Annotated[list[Number] | None, Field(min_length=1, max_length=MOST_SELECTED)] = None
    filter: Wanted | None = None
    priority: Annotated[int | None, Field(ge=1, le=9)] = None
    dry_run: bool = True
    why: Why = None


class Agreement(Body):
    why: Why = None


@router.post("")
async def propose(proposal: Proposal, person: Operator, site: TheSite) -> BulkAction:
    """Looks how many jobs there are; without `dry_run` it is carried out, of a filter in the background."""
    do = actions_of(person, site, Via.API, proposal.why)
    wanted = None if proposal.filter is None else proposal.filter.filter()
    states = () if proposal.filter is None else proposal.filter.states
    number = await do.propose(
        proposal.action, jobs=proposal.jobs, wanted=wanted, states=states, priority=proposal.priority
    )
    if not proposal.dry_run:
        await do.confirm(number, proposal.why)
    return await _standing(do, number)


@router.get("")
async def list_actions(
    person: Viewer,
    site: TheSite,
    state: Literal["proposed", "running", "done", "cancelled"] | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ActionPage:
    """A page of the actions, the newest first; `before`: what the page before gave as `older`."""
    return await actions_of(person, site, Via.API).list_actions(state=state, before=before, limit=limit)


@router.get("/{action_id}")
async def read_action(action_id: Id, person: Viewer, site: TheSite) -> BulkAction:
    """How it stands."""
    return await _standing(actions_of(person, site, Via.API), action_id)


@router.get("/{action_id}/refusals")
async def read_refusals(
    action_id: Id,
    person: Viewer,
    site: TheSite,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[Refusal]:
    """What could not be done, by the jobs' numbers: a page of those after *after*."""
    do = actions_of(person, site, Via.API)
    await _standing(do, action_id)
    return list(await do.read_refusals(action_id, after, limit))


@router.post("/{action_id}/confirm")
async def confirm(action_id: Id, person: Operator, site: TheSite, agreed: Agreement | None = None) -> BulkAction:
    """Carries out what was looked at within the last hour."""
    do = actions_of(person, site, Via.API, agreed.why if agreed else None)
    await _standing(do, action_id)
    return await _changed(do, action_id, await do.confirm(action_id, agreed.why if agreed else None), "decided already")


@router.post("/{action_id}/cancel")
async def cancel_action(action_id: Id, person: Operator, site: TheSite) -> BulkAction:
    """Stops it; what is done stays done."""
    do = actions_of(person, site, Via.API)
    await _standing(do, action_id)
    return await _changed(do, action_id, await do.cancel_action(action_id), "ended already")


@router.post("/{action_id}/resume")
async def resume_action(action_id: Id, person: Operator, site: TheSite) -> BulkAction:
    """Lets a stalled one go on from where it stopped."""
    do = actions_of(person, site, Via.API)
    await _standing(do, action_id)
    return await _changed(do, action_id, await do.resume_action(action_id), "not stalled")


async def _standing(do: Actions, number: int) -> BulkAction:
    found = await do.read_action(number)
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"there is no action {number}")
    return found


async def _changed(do: Actions, number: int, changed: bool, otherwise: str) -> BulkAction:
    if not changed:
        raise HTTPException(HTTPStatus.CONFLICT, f"action {number} is {otherwise}")
    return await _standing(do, number)
