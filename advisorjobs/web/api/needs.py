"""What a route of the API asks of whoever calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request

from advisorjobs.web.access.guard import admitted
from advisorjobs.web.access.person import Person, Role

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["needs", "site_of"]


def needs(role: Role, *, own: bool = False) -> Callable[[Request], Person]:
    """A dependency that gives the caller: `Depends(needs(Role.VIEWER, own=True))`. See `admitted`."""

    def caller(request: Request) -> Person:
        return admitted(request, role, own=own)

    return caller


def site_of(request: Request) -> Site:
    """A dependency that gives the site."""
    site: Site = request.app.state.site
    return site
