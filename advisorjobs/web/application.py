"""The ASGI application: which path is answered by what."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from advisorjobs.web.health import health_routes
from advisorjobs.web.metrics import metrics_route
from advisorjobs.web.webhooks import Receiver, webhook_routes

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.web.site import Site

__all__ = ["receiver_app", "web_app"]


def web_app(app: App | None = None) -> Starlette:
    """All of it, to be served or mounted: `Mount("/jobs", web_app())`. *app*: the process's own by default.

    Raises Undeclared for a route that doesn't say who may come.
    It opens nothing and needs no lifespan: connections to the database open at the first request.
    """
    from advisorjobs.web.access.declarations import read_declarations
    from advisorjobs.web.access.guard import Guard
    from advisorjobs.web.access.need import MACHINE, declare
    from advisorjobs.web.access.public_address import PublicAddress
    from advisorjobs.web.access.refusals import refusal
    from advisorjobs.web.after_change import ReadAnewAfterChange
    from advisorjobs.web.pages.errors import error_pages
    from advisorjobs.web.site import Site

    app = app or _own()
    site = Site(app)
    receiver = Receiver(app)
    hooks = [declare(route, MACHINE) for route in webhook_routes(receiver)]  # whose signatures prove who sends
    routes = [*hooks, *health_routes(app), metrics_route(app, receiver.counts), *dashboard_routes(site)]
    pages = error_pages(site)
    guard = Middleware(
        Guard,
        identity=site.identity,
        declarations=read_declarations(routes),
        refuse=functools.partial(refusal, site),
        broken=pages.pop(Exception),  # Starlette would make that answer outside of the guard, without its headers
    )
    anew = Middleware(ReadAnewAfterChange, forget=site.forget_shared)
    address = Middleware(PublicAddress, access=app.settings.access)
    served = Starlette(routes=routes, middleware=[address, guard, anew], exception_handlers=pages)
    served.state.receiver = receiver
    served.state.site = site
    return served


def receiver_app(app: App | None = None) -> Starlette:
    """What receives webhooks alone: it may listen to all the world, as no page of it shows anything."""
    from advisorjobs.web.access.public_address import PublicAddress

    app = app or _own()
    receiver = Receiver(app)
    routes = [*webhook_routes(receiver), *health_routes(app)]
    if app.settings.health.metrics_token is not None:  # else a guard would have to ask who comes
        routes.append(metrics_route(app, receiver.counts))
    served = Starlette(routes=routes, middleware=[Middleware(PublicAddress, access=app.settings.access)])
    served.state.receiver = receiver
    return served


def dashboard_routes(site: Site) -> list[BaseRoute]:
    from advisorjobs.web import live
    from advisorjobs.web.access.need import PUBLIC, declare
    from advisorjobs.web.access.pages import ACCESS_PAGES
    from advisorjobs.web.api.application import OnSite, api
    from advisorjobs.web.page import page_routes
    from advisorjobs.web.pages import (
        action_list,
        audit,
        bulk_actions,
        database,
        every_queue,
        failures,
        job,
        job_actions,
        jobs,
        limits,
        organizations,
        overview,
        performance,
        queue,
        queue_actions,
        schedule_form,
        schedules,
        workers,
    )

    nouns = (
        overview, queue, jobs, job, organizations, schedule_form, schedules, failures, workers, limits, database, action_list,
        bulk_actions, job_actions, queue_actions, audit, performance, every_queue, live,
    )  # fmt: skip
    pages = [*(page for noun in nouns for page in noun.PAGES), *ACCESS_PAGES]
    static = Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    programs = Mount("/api", api(), middleware=[Middleware(OnSite, site=site)])
    programs.path_regex = re.compile(programs.path_regex.pattern, re.DOTALL)  # a name may hold a line's end
    return [*page_routes(site, pages), programs, declare(static, PUBLIC)]


def _own() -> App:
    from advisorjobs.application import the_app

    return the_app()
