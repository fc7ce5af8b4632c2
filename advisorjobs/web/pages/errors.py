"""What a person sees where a page can't be shown."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.database.link import is_passing
from advisorjobs.errors import AdvisorJobsError, DatabaseUnavailable, NotMigrated

if TYPE_CHECKING:
    from collections.abc import Callable

    from advisorjobs.web.site import Site

__all__ = ["error_pages"]


WORDS: dict[int, tuple[str, str]] = {
    HTTPStatus.NOT_FOUND: ("There is nothing here", "No page has this address, or what it showed is gone."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("That can't be done here", "This address is for a form that a page sends."),
}
"""Title, and what is said where the error says no more than its name."""


def error_pages(site: Site) -> dict[Any, Callable[[Request, Any], Response]]:
    """Handlers for Starlette: by kind of error."""

    def refused(request: Request, error: HTTPException) -> Response:
        title, told = WORDS.get(error.status_code, (HTTPStatus(error.status_code).phrase, ""))
        text = told if error.detail == HTTPStatus(error.status_code).phrase else error.detail
        response = site.page(request, "error.html", error.status_code, title=title, text=text)
        response.headers.update(error.headers or {})
        return response

    def away(request: Request, error: AdvisorJobsError) -> Response:
        return site.page(
            request, "error.html", HTTPStatus.SERVICE_UNAVAILABLE, title="The database is away", text=str(error)
        )

    def wrong(request: Request, error: AdvisorJobsError) -> Response:
        return site.page(request, "error.html", HTTPStatus.BAD_REQUEST, title="That can't be done", text=str(error))

    def broken(request: Request, error: Exception) -> Response:
        """An error of ours, or of the connection that a statement was under way on. What it says may be a client's."""
        if is_passing(error):
            text = "The connection broke while this page was made. It tries again when you load it."
            return site.page(
                request, "error.html", HTTPStatus.SERVICE_UNAVAILABLE, title="The database is away", text=text
            )
        text = (
            f"This page could not be made ({type(error).__name__}); the web process's log says where. Nothing was lost."
        )
        return site.page(
            request, "error.html", HTTPStatus.INTERNAL_SERVER_ERROR, title="Something went wrong", text=text
        )

    return {
        Exception: broken,
        HTTPException: refused,
        DatabaseUnavailable: away,
        NotMigrated: away,
        AdvisorJobsError: wrong,
    }
