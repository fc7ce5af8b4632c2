"""`/live`: what has changed, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from advisorjobs.web.access.person import Role
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would hold events back


async def live(request: Request, site: Site) -> Response:
    """An event a second, its data the topics with spaces between. Topics name queues, never organizations or jobs."""
    return StreamingResponse(_events(site), media_type="text/event-stream", headers=HEADERS)


async def _events(site: Site) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    async for topics in site.pulse.changes():
        yield f"event: changed\ndata: {' '.join(sorted(topics))}\n\n"


PAGES = (Page(path="/live", answer=live, name="live", needs=Role.VIEWER, own=True),)
