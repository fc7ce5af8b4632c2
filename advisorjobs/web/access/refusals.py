"""What is answered to a request that the guard refuses: a page, a way to the sign-in, or a problem for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.web.access.need import Need
from advisorjobs.web.site import path_of

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["refusal"]

NO_LOGIN = (
    "Nobody can sign in yet, and without a sign-in this dashboard is shown on the machine alone on which it runs. "
    "Add a person there: advisorjobs people add NAME --role admin"
)


async def refusal(site: Site, request: Request, need: Need, status: HTTPStatus, reason: str) -> Response:
    """*reason*: a sentence for people. Strangers who look at a page are led to the sign-in, and back."""
    if need.api:
        return _problem(status, reason)
    if status is HTTPStatus.UNAUTHORIZED:
        if not request.state.visit.must_sign_in:
            status, reason = HTTPStatus.FORBIDDEN, NO_LOGIN
        elif request.method in ("GET", "HEAD") and _shows_pages(request):
            return _to_sign_in(request)
    return site.page(request, "error.html", status, title=TITLES.get(status, status.phrase), text=reason)


TITLES = {
    HTTPStatus.UNAUTHORIZED: "Please sign in",
    HTTPStatus.FORBIDDEN: "This isn't open to you",
    HTTPStatus.MISDIRECTED_REQUEST: "Unknown address",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database is away",
}


def _problem(status: HTTPStatus, reason: str) -> Response:
    from advisorjobs.web.api.application import problem

    response = problem(status, reason)
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="advisorjobs"'
    return response


def _shows_pages(request: Request) -> bool:
    """Whether the answer is for a person's eyes: a stream of events can't be read as a page."""
    return "text/event-stream" not in request.headers.get("accept", "")


def _to_sign_in(request: Request) -> Response:
    there = request.url_for("sign_in").path
    asked = path_of(request.url)
    here = request.url_for("overview").path
    query = "" if asked == here else f"?{urlencode({'next': asked})}"
    return RedirectResponse(there + query, HTTPStatus.SEE_OTHER)
