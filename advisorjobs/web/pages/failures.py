"""Failures: what fails alike, by fingerprint, and the latest of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.error_group import ErrorGroup
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.page import Page
from advisorjobs.web.site import path_of

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "SPANS", "begin_of"]

SPANS = {"day": ("Last 24 hours", 1), "week": ("7 days", 7), "month": ("30 days", 30)}
"""By name: what is shown, days."""

MOST_GROUPS, MOST_LATEST = 100, 25


async def failures(request: Request, site: Site) -> Response:
    person: Person = request.state.person
    span = request.query_params.get("span", "week")
    span = span if span in SPANS else "week"
    asked = request.query_params.get("organization", "").replace("\0", "").strip()
    organization = person.organization_id or asked or None
    start = begin_of(span)
    groups = await site.shared(
        ("failures", span, organization),
        5,
        lambda: site.tracker.get_error_analysis(organization, start, limit=MOST_GROUPS),
    )
    latest = await site.shared(
        ("latest failures", organization), 1, lambda: site.tracker.get_recent_failures(organization, MOST_LATEST)
    )

    def at(**changed: str) -> str:
        return path_of(request.url.include_query_params(**changed))

    def jobs_of(group: ErrorGroup) -> str:
        wanted = {"name": group.job_name, "fingerprint": group.fingerprint}
        asked = {**wanted, "organization": organization} if organization and not person.organization_id else wanted
        return path_of(request.url_for("jobs").include_query_params(**asked))

    return site.page(
        request,
        "failures.html",
        groups=groups,
        latest=latest,
        span=span,
        spans=[(name, words) for name, (words, _) in SPANS.items()],
        organization=organization,
        at=at,
        jobs_of=jobs_of,
    )


def begin_of(span: str) -> datetime:
    """When *span* begins: at a whole hour, so that all of it is kept tallies."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return now - timedelta(days=SPANS[span][1])


PAGES = (Page(path="/failures", answer=failures, name="failures", needs=Role.VIEWER, own=True),)
