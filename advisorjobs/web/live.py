"""`/live`: what has changed, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would hold events back


async def live(request: Request, site: Site) -> Response:
    """An event a second, its data the topics with spaces between. `?job=7`: "job:7" too, for people who may see that job.

    Topics name queues, and never organizations or other jobs.
    """
    job = _watched(request.query_params.get("job"))
    person: Person = request.state.person
    own = person.organization_id
    if job is not None and own is not None and await site.inspector.read_job(job, own) is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such job.")
    return StreamingResponse(_events(site, job), media_type="text/event-stream", headers=HEADERS)


def _watched(asked: str | None) -> int | None:
    if asked is None:
        return None
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"job must be a job's number, not {asked[:40]!r}.")
    return int(asked)


async def _events(site: Site, job: int | None) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    async for topics in site.pulse.changes(job):
        yield f"event: changed\ndata: {' '.join(sorted(topics))}\n\n"


PAGES = (Page(path="/live", answer=live, name="live", needs=Role.VIEWER, own=True),)
