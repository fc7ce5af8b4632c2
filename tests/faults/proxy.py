"""A TCP proxy between workers and their database that drops, delays, swallows and cuts, as networks do."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

__all__ = ["Proxy", "proxied"]

READY = b"Z\x00\x00\x00\x05"
"""The server's ReadyForQuery: what went before it is committed."""


class Proxy:
    """Runs in a thread of its own. Its rules may be changed at any time from the test's thread.

    `hole`: nothing passes, neither way, and no connection is closed. `delay`: seconds added to each piece. `refuse`: no new
    connection. `swallow`: after a request with these bytes the server's answer is kept back until it is complete, then the
    connection is cut, `swallows` times; `swallowed` counts. `cut_after`: bytes from the server after which a connection is cut.
    """

    def __init__(self, port: int) -> None:
        self.target = port
        self.port = 0
        self.hole = self.refuse = False
        self.delay = 0.0
        self.swallow = b""
        self.swallows = self.swallowed = self.accepted = 0
        self.cut_after: int | None = None
        self.writers: set[asyncio.StreamWriter] = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="fault proxy")

    def dsn(self, tcp_dsn: str) -> str:
        """*tcp_dsn* by way of this proxy."""
        parts = urlsplit(tcp_dsn)
        return urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{self.port}"))

    def cut(self) -> None:
        """Closes all connections that are open now."""
        self.do(self._cut())

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.server.close()
        await self._cut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _cut(self) -> None:
        for writer in list(self.writers):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuse:
            writer.transport.abort()
            return
        self.accepted += 1
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            self.writers |= {writer, far_writer}
            caught = asyncio.Event()
            both = (self._up(reader, far_writer, caught), self._down(far_reader, writer, caught))
            await asyncio.gather(*both, return_exceptions=True)
        for each in (writer, far_writer):
            each.transport.abort()
            self.writers.discard(each)

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caught: asyncio.Event) -> None:
        """From the worker to the server."""
        try:
            while data := await reader.read(65536):
                await self._weather()
                if self.swallow and self.swallow in data and self.swallowed < self.swallows:
                    self.swallowed += 1
                    caught.set()
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caught: asyncio.Event) -> None:
        """From the server to the worker."""
        passed, kept = 0, b""
        try:
            while data := await reader.read(65536):
                await self._weather()
                if caught.is_set():
                    kept += data
                    if READY in kept:
                        break
                    continue
                passed += len(data)
                if self.cut_after is not None and passed > self.cut_after:
                    break
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()

    async def _weather(self) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)  # noqa: TID251 - the delay is the fault
        while self.hole:  # noqa: ASYNC110 - set from another thread
            await asyncio.sleep(0.02)  # noqa: TID251 - a hole has no event


@contextlib.contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    """A running proxy in front of 127.0.0.1:*port*."""
    proxy = Proxy(port)
    proxy.thread.start()
    proxy.do(proxy.start())
    try:
        yield proxy
    finally:
        proxy.do(proxy.stop())
        proxy.loop.call_soon_threadsafe(proxy.loop.stop)
        proxy.thread.join(10)
        proxy.loop.close()
