"""Requests as whoever asked sees them: from their own address, at the dashboard's public one."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from advisorjobs.access_settings import Access
from advisorjobs.web.access.forwarding import forwarded

__all__ = ["PublicAddress", "asked_host"]


class PublicAddress:
    """ASGI middleware, before all that looks at who comes, and from where to where.

    Client, scheme and host are those that a trusted proxy tells of. With a public URL, scheme, host and prefix are that one's
    whatever is asked for, so that every address that an answer names is one that browsers reach. A proxy may pass the prefix on
    or take it off. Inside another application the prefix is that application's.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self._place(scope)
        await self.app(scope, receive, send)

    def _place(self, scope: Scope) -> None:
        headers, client = Headers(scope=scope), scope.get("client")
        told = forwarded(client[0] if client else "", headers, self.access.proxies)
        if client and told.client != client[0]:
            scope["client"] = (told.client, 0)
        scope.setdefault("state", {})["asked_host"] = told.host or headers.get("host", "")
        public = self.access.public
        scheme, host = (public.scheme, public.place) if public else (told.scheme, told.host)
        if scheme is not None:
            scope["scheme"] = scheme
        if host is not None:
            MutableHeaders(scope=scope)["host"] = host
        if public and public.prefix and not scope.get("root_path"):
            put_under(scope, public.prefix)


def put_under(scope: Scope, prefix: str) -> None:
    """Makes *prefix* the application's place: what is asked for is below it, named with it or without."""
    path: str = scope["path"]
    if path == prefix:
        scope["path"] = f"{prefix}/"
    elif not path.startswith(f"{prefix}/"):
        scope["path"] = prefix + path
        scope["raw_path"] = prefix.encode() + (scope.get("raw_path") or path.encode())
    scope["root_path"] = prefix


def asked_host(request: Request) -> str:
    """The host that the browser, or the proxy for it, asked for; the public URL's stands in the headers."""
    asked: str = getattr(request.state, "asked_host", request.headers.get("host", ""))
    return asked
