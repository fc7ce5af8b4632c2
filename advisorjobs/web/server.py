"""Serving the application by uvicorn, on one address, until the process is told to stop."""

from __future__ import annotations

import logging
import socket
from types import FrameType
from typing import TYPE_CHECKING

from advisorjobs.engine.telemetry import SPANS_PATIENCE, run_spans
from advisorjobs.errors import MissingExtra
from advisorjobs.losses import Losses
from advisorjobs.web.access_log import AccessLog

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.settings import Settings

__all__ = ["base_address", "dashboard_address", "listen", "serve"]

log = logging.getLogger(__name__)

GRACE = 10
"""Seconds that requests get at stop."""

QUEUED = 1024
"""Connections that the system holds until they are taken."""


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on; port 0: any that is free. Raises OSError where the address is taken or isn't this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=QUEUED)


def base_address(host: str, port: int) -> str:
    """The URL of what listens there, without a slash at its end."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def dashboard_address(settings: Settings, host: str, port: int) -> str:
    """Where people look: what they were told (ADVISORJOBS_WEB_PUBLIC_URL), or else where it listens."""
    return str(settings.access.public or f"{base_address(host, port)}/")


def serve(app: App, listening: socket.socket, *, receiver_only: bool = False) -> None:
    """Answers until ctrl-c or SIGTERM; requests that have begun are finished, live pages are let go.

    *receiver_only*: webhooks and nothing else.
    """
    try:
        import uvicorn

        from advisorjobs.web.application import receiver_app, web_app
    except ModuleNotFoundError as error:
        raise MissingExtra("web", error.name or "uvicorn") from error

    served = receiver_app(app) if receiver_only else web_app(app)

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if not receiver_only:
                served.state.site.pulse.stop()  # their streams would last for as long as somebody looks
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        AccessLog(served),
        log_config=None,  # ours: it says nothing of bodies, signatures and paths
        access_log=False,
        proxy_headers=False,  # the application believes those proxies that it is told of: see PublicAddress
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE,
    )
    host, port = listening.getsockname()[:2]
    shown = "" if receiver_only else f"; the dashboard is {dashboard_address(app.settings, host, port)}"
    log.info("webhooks are received at %s/webhooks/%s", base_address(host, port), shown)
    with run_spans(app.settings.telemetry, SPANS_PATIENCE, Losses()):  # of what is queued here
        Server(config).run(sockets=[listening])
