"""A small HTTP server without threads or event loop: it answers in between, whenever its owner has a moment.

So a supervisor, which forks and must have no threads, can answer in its own loop; and a worker in a thread, whatever its
event loop does. It knows GET and HEAD, one request a connection, and never waits for a client.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from advisorjobs.errors import SettingsError

__all__ = ["Answer", "Endpoint", "listening", "refusal"]

DEADLINE = 5.0
"""Seconds for a request to come and its answer to go."""

LARGEST = 8192
"""Bytes of a request."""

MOST = 32
"""Connections at once; those beyond are closed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """To a request."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def listening(host: str, port: int) -> socket.socket:
    """A socket at *host* and *port*. Raises SettingsError, which names the port, where it can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=MOST)
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else type(error).__name__
        refused = SettingsError("ADVISORJOBS_HEALTH_PORT", port, f"can't be had at {host} ({reason}): name another")
    raise refused


Answerer = Callable[[str, Mapping[str, str]], Answer]
"""Gets the path, without a query, and the headers, their names in lower case."""


@dataclass(slots=True)
class Visitor:
    """A connection: what has come, and what is left to be sent."""

    connection: socket.socket
    until: float
    request: bytearray = field(default_factory=bytearray)
    answer: memoryview | None = None


class Endpoint:
    """Answers on *listening*, which it owns, what *answer* says."""

    def __init__(self, listening: socket.socket, answer: Answerer) -> None:
        self.listening = listening
        self._answer = answer
        self._visitors: dict[int, Visitor] = {}
        listening.setblocking(False)
        # no epoll: a forked process that closes its copies must leave ours alone
        self._selector = selectors.PollSelector()
        self._selector.register(listening, selectors.EVENT_READ)

    def serve(self, seconds: float) -> None:
        """Serves for *seconds*."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                if key.fileobj is self.listening:
                    self._welcome()
                elif (visitor := self._visitors.get(key.fd)) is not None:
                    self._attend(visitor)
            self._show_out(time.monotonic())

    def close(self) -> None:
        for visitor in list(self._visitors.values()):
            self._part(visitor)
        self._selector.close()
        self.listening.close()

    def leave_to_parent(self) -> None:
        """In a forked process: closes its copies, of which nobody hears."""
        for visitor in self._visitors.values():
            visitor.connection.close()
        self._visitors.clear()
        self.listening.close()

    def _welcome(self) -> None:
        with contextlib.suppress(OSError):  # whoever gave up already
            connection, _ = self.listening.accept()
            if len(self._visitors) >= MOST:
                connection.close()
                return
            connection.setblocking(False)
            self._visitors[connection.fileno()] = Visitor(connection, time.monotonic() + DEADLINE)
            self._selector.register(connection, selectors.EVENT_READ)

    def _attend(self, visitor: Visitor) -> None:
        try:
            if visitor.answer is None:
                self._hear(visitor)
            if visitor.answer is not None:
                visitor.answer = visitor.answer[visitor.connection.send(visitor.answer) :]
                if not visitor.answer:
                    self._part(visitor)
        except BlockingIOError:
            return
        except OSError:
            self._part(visitor)

    def _hear(self, visitor: Visitor) -> None:
        data = visitor.connection.recv(LARGEST)
        visitor.request += data
        if b"\r\n\r\n" in visitor.request:
            visitor.answer = memoryview(self._said(bytes(visitor.request)))
        elif len(visitor.request) > LARGEST:
            visitor.answer = memoryview(encoded(refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)))
        elif not data:
            self._part(visitor)
            return
        if visitor.answer is not None:
            self._selector.modify(visitor.connection, selectors.EVENT_WRITE)

    def _said(self, request: bytes) -> bytes:
        head = request.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        words = head[0].split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[1].startswith("/"):
            return encoded(refusal(HTTPStatus.BAD_REQUEST))
        if words[0] not in ("GET", "HEAD"):
            return encoded(refusal(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD"}))
        pairs = (line.partition(":") for line in head[1:])
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        return encoded(self._answer(words[1].partition("?")[0], headers), body=words[0] == "GET")

    def _show_out(self, now: float) -> None:
        for visitor in [visitor for visitor in self._visitors.values() if now > visitor.until]:
            self._part(visitor)

    def _part(self, visitor: Visitor) -> None:
        self._visitors.pop(visitor.connection.fileno(), None)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(visitor.connection)
        visitor.connection.close()


def refusal(status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer that says no more than its status."""
    return Answer(status, f'{{"error": "{status.phrase.lower()}"}}'.encode(), headers=headers or {})


def encoded(answer: Answer, *, body: bool = True) -> bytes:
    """*answer* as it goes over the wire; no browser or proxy keeps it or guesses about it."""
    headers = {
        "Content-Type": answer.media_type,
        "Content-Length": str(len(answer.body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
        **answer.headers,
    }
    lines = [f"HTTP/1.1 {answer.status:d} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head + answer.body if body else head
