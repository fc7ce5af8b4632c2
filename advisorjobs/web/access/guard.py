"""The guard around the application: who comes, whether they may, whether a change is genuine; what answers tell browsers."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from advisorjobs.actor import Actor, Via, acting_as
from advisorjobs.database.link import is_passing
from advisorjobs.errors import DatabaseUnavailable, NotMigrated
from advisorjobs.web.access.csrf import HEADER, form_field, is_same
from advisorjobs.web.access.declarations import Declared, find_need
from advisorjobs.web.access.headers import protect
from advisorjobs.web.access.identity import FORMS, Identity, Visit, cookie_name, put_cookie
from advisorjobs.web.access.need import Need
from advisorjobs.web.access.person import Person
from advisorjobs.web.access.verdict import Verdict, judge

__all__ = ["Guard", "Refuse"]

log = logging.getLogger(__name__)

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
LARGEST_FORM = 1_000_000
"""Bytes."""

LOOK_AGAIN = 30.0
"""Seconds after which an answer that goes on, such as a stream of events, is looked at: whether who gets it still may."""

UNATTENDED = "x-unattended"
"""The header with which a page that is open asks for itself again: static/app.js."""

Refuse: TypeAlias = Callable[[Request, Need, HTTPStatus, str], Awaitable[Response]]
"""Makes the answer to a request that is refused: of this status, for this reason (a sentence for people)."""

Broken: TypeAlias = Callable[[Request, Exception], Response]
"""Makes the answer where nobody foresaw an error."""


class Guard:
    """ASGI middleware. *declarations*: of the routes of the application around which it stands.

    `request.state.visit` (and `.person`) say to pages and API who comes; `.away`: that can't be known, and the route is to
    say nothing that strangers may not hear.
    """

    def __init__(
        self, app: ASGIApp, identity: Identity, declarations: Sequence[Declared], refuse: Refuse, broken: Broken
    ) -> None:
        self.app, self.identity, self.declarations = app, identity, declarations
        self.refuse, self.broken = refuse, broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(Request(scope, receive), receive, send)
        else:  # there is nothing of ours to be had by a web socket
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, request: Request, receive: Receive, send: Send) -> None:
        need = find_need(self.declarations, request.method, route_path(request.scope))
        request.state.person, request.state.visit, request.state.away = None, Visit(None), False
        answer = Answer(request, send, lambda: self._still_may(request, need))
        if not need.guarded:
            await self._let(request, need, receive, answer)
            return
        try:
            refused, receive = await self._refused(request, need, receive)
        except ClientDisconnect:
            return
        except Exception as error:
            if not is_away(error):
                raise
            refused = None if need.while_away else AWAY
            request.state.away = True
        if refused is None:
            await self._let(request, need, receive, answer)
        else:
            response = await self.refuse(request, need, *refused)
            await response(request.scope, receive, answer)

    async def _let(self, request: Request, need: Need, receive: Receive, answer: Answer) -> None:
        try:
            with acting_as(actor_of(request.state.person, need)):
                await self.app(request.scope, receive, answer)
        except Exception as error:
            if not answer.begun:
                await self.broken(request, error)(request.scope, receive, answer)
            if not is_away(error):
                raise
            log.warning("a request could not be answered: the database is away (%s)", type(error).__name__)

    async def _refused(
        self, request: Request, need: Need, receive: Receive
    ) -> tuple[tuple[HTTPStatus, str] | None, Receive]:
        await self.identity.must_sign_in()  # by which names we are known depends on it
        shown = need.api and "authorization" in request.headers  # which no other site's script can send along
        if not shown and not self.identity.welcomes(request):
            return (HTTPStatus.MISDIRECTED_REQUEST, "This server isn't known by the name in the address."), receive
        visit = await self.identity.visit(request, need, touch=not asks_by_itself(request))
        request.state.visit, request.state.person = visit, visit.person
        changes, genuine = request.method in CHANGING, True
        if changes and (visit.person is not None or need.role is None):
            genuine, receive = await self._genuine(request, need, visit, receive)
        verdict = judge(need, visit.person, changes=changes, genuine=genuine)
        return REFUSALS[verdict], receive

    async def _genuine(self, request: Request, need: Need, visit: Visit, receive: Receive) -> tuple[bool, Receive]:
        if visit.by_token:
            return True, receive
        if not self.identity.is_at_home(request) or visit.fresh:
            return False, receive
        given = request.headers.get(HEADER)
        if given is None and not need.api and is_form(request):
            body = await read_form(receive)
            if body is None:
                return False, receive
            given, receive = form_field(body), replaying(body, receive)
        return is_same(given, visit.csrf), receive

    async def _still_may(self, request: Request, need: Need) -> bool:
        if not need.guarded or need.role is None:
            return True
        try:
            visit = await self.identity.visit(request, need, touch=False)
        except Exception as error:
            if not is_away(error):
                raise
            return False
        return judge(need, visit.person, changes=False, genuine=True) is Verdict.ADMITTED


def asks_by_itself(request: Request) -> bool:
    """Whether an open page says that it asks, and nobody who sits before it: that keeps no session from ending."""
    return UNATTENDED in request.headers or "text/event-stream" in request.headers.get("accept", "")


def is_away(error: Exception) -> bool:
    """Whether *error* says that the database is away, or is being migrated: nobody's fault, and over soon."""
    return isinstance(error, DatabaseUnavailable | NotMigrated) or is_passing(error)


AWAY = (HTTPStatus.SERVICE_UNAVAILABLE, "The database can't be reached at the moment.")
REFUSALS: dict[Verdict, tuple[HTTPStatus, str] | None] = {
    Verdict.ADMITTED: None,
    Verdict.STRANGER: (HTTPStatus.UNAUTHORIZED, "Sign in first."),
    Verdict.FORGED: (
        HTTPStatus.FORBIDDEN,
        "This change didn't come from a page of ours, or the page is too old. Open it again and repeat the change.",
    ),
    Verdict.FORBIDDEN: (HTTPStatus.FORBIDDEN, "Your role doesn't allow this."),
}


class Answer:
    """Sends an answer with the headers that protect it; ends a stream whose reader may not read it any more."""

    def __init__(self, request: Request, send: Send, still_may: Callable[[], Awaitable[bool]]) -> None:
        self._request, self._send, self._still_may = request, send, still_may
        self._streams, self._ended, self._looked = False, False, time.monotonic()
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if self._ended:
            return
        if message["type"] == "http.response.start":
            self.begun = True
            headers = MutableHeaders(scope=message)
            protect(headers, secure=self._request.url.scheme == "https")
            self._streams = headers.get("content-type", "").startswith("text/event-stream")
            self._put_forms_cookie(headers)
        elif self._streams and time.monotonic() - self._looked > LOOK_AGAIN:
            self._looked = time.monotonic()
            if not await self._still_may():
                self._ended = True
                message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    def _put_forms_cookie(self, headers: MutableHeaders) -> None:
        visit: Visit = self._request.state.visit
        name = cookie_name(self._request, FORMS)
        if visit.fresh and visit.used and not any(name in given for given in headers.getlist("set-cookie")):
            response = Response()
            put_cookie(response, self._request, FORMS, visit.secret)
            headers.append("set-cookie", response.headers["set-cookie"])


def actor_of(person: Person | None, need: Need) -> Actor:
    """Who does what the request asks for, for the audit log."""
    via = Via.API if need.api else Via.DASHBOARD
    if person is None:
        return Actor(via=via)
    return Actor(via=via, by=person.name, role=person.role.value, organization_id=person.organization_id)


def route_path(scope: Scope) -> str:
    """The path as the routes have it, without the prefix under which the application is mounted."""
    path, prefix = scope["path"], scope.get("root_path", "")
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        return str(path[len(prefix) :])
    return str(path)


def is_form(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/x-www-form-urlencoded"


async def read_form(receive: Receive) -> bytes | None:
    """A form's whole body; None where it is larger than a form of ours is. Raises ClientDisconnect."""
    body, more = bytearray(), True
    while more:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LARGEST_FORM:
            return None
    return bytes(body)


def replaying(body: bytes, receive: Receive) -> Receive:
    """What gives *body* to whoever reads it next, and then what comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
