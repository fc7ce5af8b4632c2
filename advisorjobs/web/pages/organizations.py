"""Organizations: all of them by their part in the work, and each for itself."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.inspector.organization_view import for_themselves
from advisorjobs.inspector.organizations import ORDERS, WITHIN, Order, Within
from advisorjobs.inspector.series import SPANS
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.charts import charts
from advisorjobs.web.page import Page
from advisorjobs.web.pages.queue import span_of

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

FRESH = 1.9
LIST_FRESH = 20.0
STATISTICS_FRESH = 20.0
LAST_PAGE = 10_000


async def organizations(request: Request, site: Site) -> Response:
    """`?within=hour|day|month`, `order=time|runs|failed|waiting`, `q=` how the id begins, `page=`."""
    asked = request.query_params
    within = cast("Within", asked["within"] if asked.get("within") in WITHIN else "day")
    order = cast("Order", asked["order"] if asked.get("order") in ORDERS else "time")
    begins_with = asked.get("q", "").strip()[:200].replace("\0", "") or None
    number = asked.get("page", "")[:9]  # no page has more digits
    page = min(max(int(number), 1), LAST_PAGE) if number.isascii() and number.isdecimal() else 1
    found = await site.shared(
        ("organizations", within, order, begins_with, page),
        LIST_FRESH,
        lambda: site.inspector.read_organizations(within, order=order, begins_with=begins_with, page=page),
    )
    return site.page(
        request,
        "organizations.html",
        found=found,
        begins_with=begins_with or "",
        withins=list(WITHIN),
        orders=list(ORDERS),
    )


async def organization(request: Request, site: Site) -> Response:
    """`?span=` as for a queue. People of an organization find theirs only: of others they don't learn whether they exist."""
    person: Person = request.state.person
    organization_id = request.path_params["organization_id"]
    if person.organization_id not in (None, organization_id):
        raise HTTPException(HTTPStatus.NOT_FOUND, "there is no such organization")
    span = span_of(request)
    view = await site.shared(
        ("organization", organization_id), FRESH, lambda: site.inspector.read_organization(organization_id)
    )
    series = await site.shared(
        ("organization series", organization_id, span),
        STATISTICS_FRESH,
        lambda: site.inspector.read_series(span, organization_id=organization_id),
    )
    statistics = await site.shared(
        ("organization statistics", organization_id),
        STATISTICS_FRESH,
        lambda: site.tracker.get_job_statistics(organization_id),
    )
    return site.page(
        request,
        "organization.html",
        view=view if person.organization_id is None else for_themselves(view),
        statistics=statistics,
        charts=charts(series),
        span=span,
        spans=list(SPANS),
    )


PAGES = (
    Page(path="/organizations", answer=organizations, name="organizations", needs=Role.VIEWER),
    Page(
        path="/organizations/{organization_id:path}",
        answer=organization,
        name="organization",
        needs=Role.VIEWER,
        own=True,
    ),
)
