"""The list of actions on many jobs: what is under way, what has ended, who wanted it and why."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.actions.action_list import STATES
from advisorjobs.actor import Via
from advisorjobs.web.access.person import Role
from advisorjobs.web.acting import actions_of
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

TITLES = {"": "All", "running": "Under way", "proposed": "Only looked at", "done": "Done", "cancelled": "Stopped"}


async def actions(request: Request, site: Site) -> Response:
    """`state`, and `before`: the place of a page; what is neither is left out."""
    asked, number = request.query_params.get("state", ""), request.query_params.get("before", "")
    state = asked if asked in STATES else None
    before = int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None
    do = actions_of(request.state.person, site, Via.DASHBOARD)
    page = await do.list_actions(state=state, before=before)
    kept = {"state": state} if state else {}
    return site.page(
        request,
        "actions.html",
        page=page,
        state=state or "",
        titles=TITLES,
        older=f"?{urlencode({**kept, 'before': page.older})}" if page.older else None,
        newest=f"?{urlencode(kept)}" if before is not None else None,
    )


PAGES = (Page(path="/actions", answer=actions, name="actions", needs=Role.VIEWER, own=True),)
