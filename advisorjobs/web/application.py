"""The ASGI application: which path is answered by what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from advisorjobs.web.webhooks import Receiver, webhook_routes

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.web.site import Site

__all__ = ["receiver_app", "web_app"]


def web_app(app: App | None = None) -> Starlette:
    """All of it, to be served or mounted: `Mount("/jobs", web_app())`. *app*: the process's own by default.

    It opens nothing and needs no lifespan: connections to the database open at the first request.
    """
    from advisorjobs.web.pages.errors import error_pages
    from advisorjobs.web.site import Site

    app = app or _own()
    site = Site(app)
    receiver = Receiver(app)
    served = Starlette(
        routes=[*webhook_routes(receiver), *dashboard_routes(site)], exception_handlers=error_pages(site)
    )
    served.state.receiver = receiver
    served.state.site = site
    return served


def receiver_app(app: App | None = None) -> Starlette:
    """What receives webhooks alone: it may listen to all the world, as no page of it shows anything."""
    receiver = Receiver(app or _own())
    served = Starlette(routes=webhook_routes(receiver))
    served.state.receiver = receiver
    return served


def dashboard_routes(site: Site) -> list[BaseRoute]:
    from advisorjobs.web import live
    from advisorjobs.web.api.application import api
    from advisorjobs.web.page import page_routes
    from advisorjobs.web.pages import overview

    pages = [*overview.PAGES, *live.PAGES]
    static = StaticFiles(directory=Path(__file__).parent / "static")
    return [*page_routes(site, pages), Mount("/api", api(site)), Mount("/static", static, name="static")]


def _own() -> App:
    from advisorjobs.application import the_app

    return the_app()
