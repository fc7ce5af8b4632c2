"""Serving the application by uvicorn, on one address, until the process is told to stop."""

from __future__ import annotations

import logging
import socket
from typing import TYPE_CHECKING

from advisorjobs.errors import MissingExtra

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["listen", "serve"]

log = logging.getLogger(__name__)

GRACE = 10
"""Seconds that requests get at stop."""

QUEUED = 1024
"""Connections that the system holds until they are taken."""


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on; port 0: any that is free. Raises OSError where the address is taken or isn't this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=QUEUED)


def serve(app: App, listening: socket.socket) -> None:
    """Answers until ctrl-c or SIGTERM; requests that have begun are finished."""
    try:
        import uvicorn

        from advisorjobs.web.application import web_app
    except ModuleNotFoundError as error:
        raise MissingExtra("web", error.name or "uvicorn") from error
    config = uvicorn.Config(
        web_app(app),
        log_config=None,  # ours: it says nothing of bodies and signatures
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE,
    )
    host, port = listening.getsockname()[:2]
    log.info("webhooks are received at http://%s:%d/webhooks/", f"[{host}]" if ":" in host else host, port)
    uvicorn.Server(config).run(sockets=[listening])
