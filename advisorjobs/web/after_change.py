"""Whoever has changed something sees it so on the next page: what many share is read anew."""

from __future__ import annotations

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ReadAnewAfterChange"]

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class ReadAnewAfterChange:
    """ASGI middleware: calls *forget* before the answer to a request that may have changed something is sent."""

    def __init__(self, app: ASGIApp, forget: Callable[[], None]) -> None:
        self.app, self.forget = app, forget

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.forget()
            await send(message)

        changes = scope["type"] == "http" and scope["method"] not in READING
        await self.app(scope, receive, sending if changes else send)
