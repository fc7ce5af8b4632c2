"""A page of the dashboard: its path, the function that answers, and who may come there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from advisorjobs.web.access.need import Need, declare
from advisorjobs.web.access.person import Role

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["Page", "page_routes"]

Answer: TypeAlias = "Callable[[Request, Site], Awaitable[Response]]"


class NumberConvertor(IntegerConvertor):
    """`{job_id:number}`: a number that the database can keep. Starlette's `int` takes any, which Python may refuse to read."""

    regex = "[0-9]{1,18}"


register_url_convertor("number", NumberConvertor())


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`needs`: the least role; None: everybody, signed in or not. `own`: people of one organization may come too; `answer`
    shows them what is theirs only. `path`: numbers in it are `{…:number}`; one with a NUL, which the database keeps nowhere,
    leads to nothing.

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
        if any("\0" in str(each) for each in request.path_params.values()):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return await page.answer(request, site)

    route = Route(page.path, answered, methods=list(page.methods), name=page.name)
    return declare(route, Need(page.needs, own=page.own))
