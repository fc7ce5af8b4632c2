"""What all pages and routes of the API stand on: the application's calls, templates, shared reads, the pulse."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Hashable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from markupsafe import Markup
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import NoMatchFound

from advisorjobs.inspector.inspector import Inspector
from advisorjobs.manager import QueueManager
from advisorjobs.tracker import JobTracker
from advisorjobs.web.access.csrf import FIELD
from advisorjobs.web.access.identity import Identity
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.navigation import NAVIGATION
from advisorjobs.web.pulse import Pulse
from advisorjobs.web.rendering import templates
from advisorjobs.web.said import take_said
from advisorjobs.web.shared import Shared

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["Site", "address_of", "path_of"]

R = TypeVar("R")

SOON = 1.0
"""Seconds: answers that may be no older must be new when somebody is told that something has changed."""


class Site:
    """One per web process."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.inspector = Inspector(app)
        self.manager = QueueManager(app)
        self.tracker = JobTracker(app)
        self.identity = Identity(app)
        self._shared = Shared()
        self.pulse = Pulse(self.inspector.read_changes, changed=lambda: self._shared.forget(SOON))

    async def shared(self, key: Hashable, seconds: float, read: Callable[[], Awaitable[R]]) -> R:
        """See Shared.get. What depends on who asks has their organization in its *key*."""
        return await self._shared.get(key, seconds, read)

    def forget_shared(self) -> None:
        """Nobody is shown what was read before now."""
        self._shared.forget()

    def page(self, request: Request, template: str, status: int = HTTPStatus.OK, **values: Any) -> HTMLResponse:
        """The page of templates/dashboard/*template*. Templates know `person`, `url(name, …)` and `csrf()` besides."""
        person: Person | None = getattr(request.state, "person", None)

        def url(name: str, **parameters: Any) -> str:
            return address_of(request, name, **parameters).path

        def link(name: str, **parameters: Any) -> str | None:
            """As url; None where no such page is served."""
            try:
                return url(name, **parameters)
            except NoMatchFound:
                return None

        known = {
            "request": request,
            "person": person,
            "csrf": functools.partial(csrf, request),
            "url": url,
            "link": link,
            "may": {role.value: person is not None and person.may(role) for role in Role},
            "navigation": [entry for entry in NAVIGATION if person is not None and entry.shown_to(person)],
            "here_and_now": way_here(request),
            "here": getattr(request.scope.get("route"), "name", ""),
        }
        html = templates().get_template(template).render({**known, "said": take_said(request), **values})
        response = HTMLResponse(html, status)
        take_said(request, response)
        return response


def way_here(request: Request) -> str:
    """Where forms lead back to: this page, or the overview where it was no page that can be had again."""
    if request.method != "GET":
        return request.url_for("overview").path
    return path_of(request.url)


def path_of(url: URL) -> str:
    """A page's address without the host: it holds by whichever name somebody came."""
    return f"{url.path}?{url.query}" if url.query else url.path


def address_of(request: Request, name: str, **parameters: Any) -> URL:
    """Where the page *name* is; names and keys may hold any character."""
    quoted = {key: quote(value, safe="/:@") if isinstance(value, str) else value for key, value in parameters.items()}
    return request.url_for(name, **quoted)


def csrf(request: Request) -> Markup:
    """The hidden field that every form needs that is sent back to us."""
    return Markup(f'<input type="hidden" name="{FIELD}" value="{request.state.visit.csrf}">')
