"""A line of log per request: the pattern that its path fits (a path may name clients), who asked, how it ended."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["AccessLog"]

log = logging.getLogger(__name__)

QUIET = ("/static", "/healthz", "/readyz", "/metrics")
"""What machines ask for all the time is said at "debug"."""


class AccessLog:
    """*app*, with a line for each request when its answer is out: `method`, `route`, `status`, `ms`, `person`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        began = time.monotonic()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])  # an HTTPStatus would be written with its name
            await send(message)

        try:
            await self.app(scope, receive, noting)
        finally:
            route = pattern_of(scope)
            log.log(
                logging.DEBUG if status < 400 and route.endswith(QUIET) else logging.INFO,
                "request",
                extra={
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "ms": round((time.monotonic() - began) * 1000),
                    "person": person_of(scope),
                },
            )


def pattern_of(scope: Any) -> str:
    """The pattern that the path of a request fits, such as "/jobs/{job}"; "-" where there is none."""
    route = scope.get("route")
    path = getattr(route, "path", None)
    return "-" if path is None else f"{scope.get('root_path', '')}{path}"


def person_of(scope: Any) -> str | None:
    person = scope.get("state", {}).get("person")
    return None if person is None else str(person.name)
