"""/api/organizations: their part in the work, what of theirs runs and waits, what is ruled for them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException

from advisorjobs.inspector.organization_view import OrganizationView, for_themselves
from advisorjobs.inspector.organizations import Order, OrganizationList, Within
from advisorjobs.inspector.series import Series, Span
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.api.texts import Text
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(prefix="/organizations", tags=["organizations"])
Caller = Annotated[Person, Depends(needs(Role.VIEWER))]
OwnCaller = Annotated[Person, Depends(needs(Role.VIEWER, own=True))]
TheSite = Annotated[Site, Depends(site_of)]
ABSENT: dict[int | str, dict[str, Any]] = {
    HTTPStatus.NOT_FOUND: {"description": "The caller sees another organization only."}
}


@router.get("")
async def list_organizations(
    person: Caller,
    site: TheSite,
    within: Within = "day",
    order: Order = "time",
    begins_with: Text | None = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> OrganizationList:
    """Fifty a page, by their part in the work of the last hour, day or month."""
    return await site.shared(
        ("organizations", within, order, begins_with, page),
        10.0,
        lambda: site.inspector.read_organizations(within, order=order, begins_with=begins_with, page=page),
    )


@router.get("/{organization_id}/series", responses=ABSENT)
async def read_organization_series(
    person: OwnCaller, site: TheSite, organization_id: Text, span: Span = "24h"
) -> Series:
    """What of it ended, how long it waited and ran."""
    _refuse_stranger(person, organization_id)
    return await site.shared(
        ("organization series", organization_id, span),
        20.0,
        lambda: site.inspector.read_series(span, organization_id=organization_id),
    )


@router.get("/{organization_id}", responses=ABSENT)
async def read_organization(person: OwnCaller, site: TheSite, organization_id: Text) -> OrganizationView:
    """One organization in full, whether anything is known of it or not."""
    _refuse_stranger(person, organization_id)
    view = await site.shared(
        ("organization", organization_id), 0.9, lambda: site.inspector.read_organization(organization_id)
    )
    return view if person.organization_id is None else for_themselves(view)


def _refuse_stranger(person: Person, organization_id: str) -> None:
    if person.organization_id not in (None, organization_id):
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such organization")
