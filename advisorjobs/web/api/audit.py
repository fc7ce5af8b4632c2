"""/api/audit: who did what, when, why; and taking it back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from advisorjobs.actions.audit import AuditFilter, AuditPage, Undone
from advisorjobs.actor import Via
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.acting import actions_of
from advisorjobs.web.api.given import Body, Id, Text, Why
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(prefix="/audit", tags=["audit log"])


class Wanted(Body):
    """All that is given must hold. `after`: the cursor that the page before gave as `older`."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    by: Text | None = None
    action: Text | None = None
    subject_kind: Text | None = None
    subject: Text | None = None
    organization_id: Text | None = None
    after: Text | None = None
    limit: Annotated[int, Query(ge=1, le=200)] = 50


class Reason(Body):
    why: Why = None


@router.get("")
async def read_audit(
    wanted: Annotated[Wanted, Query()],
    person: Annotated[Person, Depends(needs(Role.VIEWER))],
    site: Annotated[Site, Depends(site_of)],
) -> AuditPage:
    """A page of the log, the newest first."""
    asked = AuditFilter(**wanted.model_dump(exclude={"after", "limit"}))
    return await actions_of(person, site, Via.API).read_audit(asked, after=wanted.after, limit=wanted.limit)


@router.post("/{audit_id}/undo")
async def undo(
    audit_id: Id,
    person: Annotated[Person, Depends(needs(Role.OPERATOR))],
    site: Annotated[Site, Depends(site_of)],
    reason: Reason | None = None,
) -> Undone:
    """Takes back what an entry tells of; refused with the reason where that is not possible any more."""
    return await actions_of(person, site, Via.API, reason.why if reason else None).undo(audit_id)
