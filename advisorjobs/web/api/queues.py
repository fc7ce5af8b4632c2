"""/api/overview and /api/queues: how queues stand, and how they went."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException

from advisorjobs.errors import UnknownJob
from advisorjobs.inspector.overview import Overview
from advisorjobs.inspector.queue_view import QueueLines, QueueView
from advisorjobs.inspector.series import Series, Span
from advisorjobs.queue_stats import QueueStats
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.api.texts import Text
from advisorjobs.web.pages.overview import look_over
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(tags=["queues"])
Caller = Annotated[Person, Depends(needs(Role.VIEWER))]
TheSite = Annotated[Site, Depends(site_of)]


@router.get("/overview")
async def read_overview(person: Caller, site: TheSite) -> Overview:
    """How every queue stands, who works, and what is wrong now."""
    return await look_over(site)


@router.get("/queues")
async def list_queues(person: Caller, site: TheSite) -> list[QueueStats]:
    """How every queue stands."""
    return await site.shared("queue stats", 0.9, site.manager.get_all_queue_stats)


@router.get("/queues/{name}/series")
async def read_series(person: Caller, site: TheSite, name: Text, span: Span = "24h") -> Series:
    """What ended, how long it waited and ran: by hours for 24h, quarters of days for 7d, days for 30d (UTC)."""
    return await site.shared(("series", name, span), 20.0, lambda: site.inspector.read_series(span, queue=name))


@router.get("/queues/{name}/lines")
async def read_lines(person: Caller, site: TheSite, name: Text) -> QueueLines:
    """Who waits in the queue: the organizations with most jobs, and the jobs that wait longest."""
    return await site.shared(("lines", name), 5.0, lambda: site.inspector.read_lines(name))


@router.get("/queues/{name}", responses={HTTPStatus.NOT_FOUND: {"description": "There is no such queue."}})
async def read_queue(person: Caller, site: TheSite, name: Text) -> QueueView:
    """One queue in full."""
    try:
        return await site.shared(("queue", name), 0.9, lambda: site.inspector.read_queue(name))
    except UnknownJob as error:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(error)) from None
