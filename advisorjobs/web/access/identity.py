"""Who a request comes from: by a token, by a session's cookie, or, while nobody has to sign in, as the user of this machine."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.csrf import comes_from_us
from advisorjobs.web.access.hosts import host_name, is_for_others, is_loopback, is_ours, is_passed_on
from advisorjobs.web.access.need import Need
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.access.public_address import asked_host
from advisorjobs.web.access.secrets import digest, form_token, new_secret

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.web.access.oidc import Provider

__all__ = ["FORMS", "SESSION", "Identity", "Visit", "cookie_name", "put_cookie", "remove_cookie"]

SESSION, FORMS = "advisorjobs", "advisorjobs-forms"

LOOK_AGAIN = 5.0
"""Seconds for which an answer "nobody can sign in yet" is believed."""


@dataclass(slots=True)
class Visit:
    """Who asks, and what their forms are bound to: the session's secret, or one that this browser has for forms alone.

    `fresh`: that secret was made just now, and the answer must set its cookie, if a form was made with it (`used`).
    `by_token`: a program that showed a token; no browser adds one by itself.
    """

    person: Person | None
    secret: str = ""
    fresh: bool = False
    used: bool = False
    by_token: bool = False
    must_sign_in: bool = True

    @property
    def csrf(self) -> str:
        """What this browser's forms carry."""
        self.used = True
        return form_token(self.secret)


class Identity:
    """Finds out who comes. `accounts`: what is kept of people. `provider`: made at the first sign-in there."""

    def __init__(self, app: App, clock: Callable[[], float] = time.monotonic) -> None:
        self.accounts = Accounts(app)
        self.settings = app.settings.access
        self.provider: Provider | None = None
        self._production = app.settings.production
        self._clock = clock
        self._needed = self.settings.oidc is not None or is_for_others(self.settings.public)
        self._looked: float | None = None

    async def must_sign_in(self) -> bool:
        """Whether there is a sign-in. Once there is, it stays so for as long as the process lives."""
        if not self._needed and (self._looked is None or self._clock() - self._looked > LOOK_AGAIN):
            self._needed = await self.accounts.login_exists()
            self._looked = self._clock()
        return self._needed

    def expect_sign_in(self) -> None:
        """From now on there is one: somebody was added."""
        self._needed = True

    async def visit(self, request: Request, need: Need, *, touch: bool = True) -> Visit:
        """Who asks for a route with *need*. A token that is shown counts alone, and where tokens are taken only.

        *touch*: somebody does ask, so that their session goes on; False: a page that is open asks by itself.
        """
        shown = request.headers.get("authorization")
        if need.api and shown is not None:
            return Visit(await self._of_token(shown), by_token=True)
        token = request.cookies.get(cookie_name(request, SESSION))
        if token:
            person = await self.accounts.find_session(digest(token), self.settings.idle, touch=touch)
            if person is not None:
                return Visit(person, token)
        secret = request.cookies.get(cookie_name(request, FORMS))
        visit = Visit(None, secret or new_secret(), fresh=not secret, must_sign_in=await self.must_sign_in())
        if not visit.must_sign_in and self._is_at_this_machine(request):
            visit.person = Person(name=machine_user(), role=Role.ADMIN)
        return visit

    def welcomes(self, request: Request) -> bool:
        """Whether the name under which the request reached us is one of ours."""
        hosts, public = self.settings.hosts, self.settings.public
        known = hosts if public is None else (*hosts, host_name(public.place))
        return is_ours(asked_host(request), known, any_other=self._needed and not hosts)

    def is_at_home(self, request: Request) -> bool:
        """Whether it was a page of ours that asked, as far as the browser tells."""
        public = self.settings.public
        return comes_from_us(request.headers, public=public.origin if public else None, asked=asked_host(request))

    async def _of_token(self, shown: str) -> Person | None:
        scheme, _, token = shown.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return None
        return await self.accounts.find_token(digest(token.strip()))

    def _is_at_this_machine(self, request: Request) -> bool:
        client = request.client.host if request.client else ""
        return not self._production and is_loopback(client) and not is_passed_on(request.headers)


def machine_user() -> str:
    """Who works at this machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody at this machine"


def cookie_name(request: Request, name: str) -> str:
    """With the prefix by which browsers refuse the cookie from any other host, and without TLS; where there is TLS."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def put_cookie(response: Response, request: Request, name: str, value: str, seconds: int | None = None) -> None:
    """Sets a cookie that no script sees and that other sites' forms don't bring along; None: until the browser ends."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def remove_cookie(response: Response, request: Request, name: str) -> None:
    response.delete_cookie(
        cookie_name(request, name), path="/", secure=request.url.scheme == "https", httponly=True, samesite="lax"
    )
