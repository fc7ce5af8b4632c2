"""What a route of the API asks of whoever calls it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request

from advisorjobs.web.access.need import Need, declare
from advisorjobs.web.access.person import Person, Role

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["needs", "site_of"]


def needs(role: Role, *, own: bool = False) -> Callable[[Request], Person]:
    """A dependency that gives the caller: `Depends(needs(Role.VIEWER, own=True))`; own: people of one organization, too.

    The guard reads it off the route and has asked for it before anything of the request is looked at.
    """

    def caller(request: Request) -> Person:
        person: Person | None = getattr(request.state, "person", None)
        if person is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED, "no guard stands before this application")
        return person

    return declare(caller, Need(role, own=own, api=True))


def site_of(request: Request) -> Site:
    """A dependency that gives the site."""
    site: Site = request.state.site
    return site
