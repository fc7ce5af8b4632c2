"""A page of the dashboard: its path, the function that answers, and who may come there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from advisorjobs.web.access.need import Need, declare
from advisorjobs.web.access.person import Role

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["Page", "page_routes"]

Answer: TypeAlias = "Callable[[Request, Site], Awaitable[Response]]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`needs`: the least role; None: everybody, signed in or not. `own`: people of one organization may come too; `answer`
    shows them what is theirs only.

    `name`: what `request.url_for` and templates call it. What changes something is a POST, and is sent back to a page.
    """

    path: str
    answer: Answer
    name: str
    needs: Role | None
    own: bool = False
    methods: tuple[str, ...] = ("GET",)


def page_routes(site: Site, pages: Iterable[Page]) -> list[Route]:
    """Routes that declare what they need, so that the guard can ask for it."""
    return [_route(site, page) for page in pages]


def _route(site: Site, page: Page) -> Route:
    async def answered(request: Request) -> Response:
        return await page.answer(request, site)

    route = Route(page.path, answered, methods=list(page.methods), name=page.name)
    return declare(route, Need(page.needs, own=page.own))
