"""How the database is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.web.access.person import Role
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

FRESH = 10.0


async def database(request: Request, site: Site) -> Response:
    health = await site.shared("database", FRESH, site.inspector.read_database)
    return site.page(request, "database.html", health=health)


PAGES = (Page(path="/database", answer=database, name="database", needs=Role.VIEWER),)
