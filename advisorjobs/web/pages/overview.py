"""The overview: how every queue stands, who works, and what is wrong now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.inspector.overview import Overview
from advisorjobs.inspector.pace import Ended
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.page import Page
from advisorjobs.web.pages.every_queue import pausable
from advisorjobs.web.site import address_of

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "look_over"]

FRESH = 0.9
"""Seconds for which all who look share one read; a little under the second after which pages look again."""

OLDEST_FRESH = 10.0
DAY_FRESH = 15.0


async def overview(request: Request, site: Site) -> Response:
    """`?span=24h`: bars of the last day instead of the last hour."""
    person: Person = request.state.person
    if person.organization_id is not None:
        own = address_of(request, "organization", organization_id=person.organization_id).path
        return RedirectResponse(own, status_code=303)
    seen = await look_over(site)
    by_day = request.query_params.get("span") == "24h"
    bars = await site.shared("day", DAY_FRESH, site.inspector.read_day) if by_day else of_hour(seen)
    paused = {stats.is_paused for stats in pausable(site, [queue.stats for queue in seen.queues])}
    return site.page(request, "overview.html", overview=seen, bars=bars, by_day=by_day, paused=paused)


async def look_over(site: Site) -> Overview:
    """The overview as all who look share it. Who waits longest is read less often: it is dear, and rarely another."""
    oldest = await site.shared("oldest waiting", OLDEST_FRESH, site.inspector.read_oldest_waiting)
    return await site.shared("overview", FRESH, lambda: site.inspector.read_overview(oldest))


def of_hour(seen: Overview) -> Mapping[str, Ended]:
    """The last hour by minutes, of queues that had jobs."""
    return {
        queue.stats.queue: Ended(
            queue=queue.stats.queue,
            completed=queue.pace.completed_by_minute,
            failed=queue.pace.failed_by_minute,
        )
        for queue in seen.queues
        if queue.pace is not None
    }


PAGES = (Page(path="/", answer=overview, name="overview", needs=Role.VIEWER, own=True),)
