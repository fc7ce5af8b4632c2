"""Limits: what each allows now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.web.access.person import Role
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

FRESH = 0.9


async def limits(request: Request, site: Site) -> Response:
    states = await site.shared("limits", FRESH, site.inspector.read_limits)
    kinds = {kind: [each for each in states if each.kind == kind] for kind in ("queue", "organization", "key")}
    return site.page(request, "limits.html", kinds=kinds)


PAGES = (Page(path="/limits", answer=limits, name="limits", needs=Role.VIEWER),)
