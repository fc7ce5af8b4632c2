"""One queue in full."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.errors import UnknownJob
from advisorjobs.inspector.series import SPANS, Span
from advisorjobs.web.access.person import Role
from advisorjobs.web.charts import charts
from advisorjobs.web.page import Page
from advisorjobs.web.performance import job_figures

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "span_of"]

FRESH = 0.9
SERIES_FRESH = 20.0
LINES_FRESH = 10.0


async def queue(request: Request, site: Site) -> Response:
    """`?span=24h`, `7d` or `30d`: what the charts are of."""
    name = request.path_params["queue"]
    span = span_of(request)
    try:
        view = await site.shared(("queue", name), FRESH, lambda: site.inspector.read_queue(name))
    except UnknownJob as error:
        raise HTTPException(HTTPStatus.NOT_FOUND, str(error)) from None
    lines = await site.shared(("lines", name), LINES_FRESH, lambda: site.inspector.read_lines(name))
    series = await site.shared(
        ("series", name, span), SERIES_FRESH, lambda: site.inspector.read_series(span, queue=name)
    )
    figures = await job_figures(site, span, None)
    return site.page(
        request,
        "queue.html",
        view=view,
        lines=lines,
        span=span,
        spans=list(SPANS),
        charts=charts(series),
        jobs=[job for job in figures.jobs if job.queue == name],
    )


def span_of(request: Request) -> Span:
    """The span that the address asks for, 24 hours where it asks for none that there is."""
    asked = request.query_params.get("span", "24h")
    return cast("Span", asked) if asked in SPANS else "24h"


PAGES = (Page(path="/queues/{queue:path}", answer=queue, name="queue", needs=Role.VIEWER),)
