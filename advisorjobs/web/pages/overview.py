"""The overview: how every queue stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.web.access.person import Role
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]


async def overview(request: Request, site: Site) -> Response:
    queues = await site.shared("queue stats", 0.9, site.manager.get_all_queue_stats)
    return site.page(request, "overview.html", queues=queues)


PAGES = (Page(path="/", answer=overview, name="overview", needs=Role.VIEWER),)
