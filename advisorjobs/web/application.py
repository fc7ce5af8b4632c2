"""The ASGI application: which path is answered by what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

from advisorjobs.web.webhooks import Receiver, webhook_routes

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["web_app"]


def web_app(app: App | None = None) -> Starlette:
    """The application, to be served or mounted: `Mount("/jobs", web_app())`. *app*: the process's own by default.

    It opens nothing and needs no lifespan: connections to the database open at the first request.
    """
    if app is None:
        from advisorjobs.application import the_app

        app = the_app()
    receiver = Receiver(app)
    served = Starlette(routes=webhook_routes(receiver))
    served.state.receiver = receiver
    return served
