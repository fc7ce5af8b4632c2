"""Signing in with a password, and out."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.actor import Actor, Via, acting_as
from advisorjobs.web.access.attempts import network
from advisorjobs.web.access.identity import FORMS, SESSION, cookie_name, put_cookie, remove_cookie
from advisorjobs.web.access.passwords import hash_async, is_outdated, verify_async
from advisorjobs.web.access.people import Credential
from advisorjobs.web.access.person import Person
from advisorjobs.web.access.secrets import digest, new_secret
from advisorjobs.web.access.way_back import way_back
from advisorjobs.web.page import Page
from advisorjobs.web.rendering import duration

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "let_in"]

log = logging.getLogger(__name__)

WRONG = "Name and password don't belong together."


async def sign_in(request: Request, site: Site) -> Response:
    """The form, and what it sends."""
    if request.method == "POST":
        return await _try(request, site)
    person = request.state.visit.person
    if person is not None:
        return RedirectResponse(request.url_for("overview").path, HTTPStatus.SEE_OTHER)
    return _form(request, site, next_=request.query_params.get("next", ""))


async def _try(request: Request, site: Site) -> Response:
    form = await request.form()
    name, password, next_ = (str(form.get(field, "")) for field in ("name", "password", "next"))
    accounts, address = site.identity.accounts, request.client.host if request.client else ""
    wait = await accounts.note_attempt(name, address)
    if wait is not None:
        log.warning("too many attempts to sign in from %s", network(address))
        text = f"Too many attempts. Try again in {duration(wait * 1000)}."
        response = _form(request, site, HTTPStatus.TOO_MANY_REQUESTS, name=name, next_=next_, wrong=text)
        response.headers["Retry-After"] = str(int(wait) + 1)
        return response
    credential = await accounts.find_credential(name)
    right = await verify_async(credential.password_hash if credential else None, password)
    if credential is None or not right or not credential.is_active:
        log.warning("a sign-in from %s was refused", network(address))
        return _form(request, site, HTTPStatus.UNPROCESSABLE_ENTITY, name=name, next_=next_, wrong=WRONG)
    await accounts.forget_attempts(name, address)
    await _renew(site, credential, password)
    let = await let_in(request, site, credential.person, way_back(request, next_))
    return let or _form(request, site, HTTPStatus.UNPROCESSABLE_ENTITY, name=name, next_=next_, wrong=WRONG)


def _form(
    request: Request,
    site: Site,
    status: HTTPStatus = HTTPStatus.OK,
    *,
    name: str = "",
    next_: str = "",
    wrong: str | None = None,
) -> Response:
    oidc = site.identity.settings.oidc
    values = {"name": name[:200], "next": next_, "wrong": wrong, "provider": oidc.name if oidc else None}
    return site.page(request, "sign_in.html", status, **values)


async def _renew(site: Site, credential: Credential, password: str) -> None:
    """Hashes a password anew that was hashed with other parameters than today's."""
    if is_outdated(credential.password_hash) and credential.person.id is not None:
        fresh = await hash_async(password, credential.person.name)
        await site.identity.accounts.renew_password_hash(credential.person.id, credential.password_hash, fresh)


async def let_in(request: Request, site: Site, person: Person, to: str) -> Response | None:
    """Starts a session with a token of its own and leads *to* somewhere. None: the person is not active any more."""
    assert person.id is not None
    secret, before = new_secret(), request.cookies.get(cookie_name(request, SESSION))
    limit = site.identity.settings.limit
    with acting_as(Actor(via=Via.DASHBOARD, by=person.name)):  # whoever was signed in before
        started = await site.identity.accounts.start_session(
            person.id,
            digest(secret),
            before=digest(before) if before else None,
            address=request.client.host if request.client else None,
            browser=request.headers.get("user-agent"),
            limit=limit,
        )
    if started is None:
        return None
    log.info("%s signed in", person.name)
    response = RedirectResponse(to, HTTPStatus.SEE_OTHER)
    put_cookie(response, request, SESSION, secret, int(limit.total_seconds()))
    remove_cookie(response, request, FORMS)
    return response


async def sign_out(request: Request, site: Site) -> Response:
    """Ends the session of this browser."""
    token = request.cookies.get(cookie_name(request, SESSION))
    if token:
        await site.identity.accounts.end_session(token=digest(token))
    response = RedirectResponse(request.url_for("sign_in").path, HTTPStatus.SEE_OTHER)
    remove_cookie(response, request, SESSION)
    return response


PAGES = (
    Page(path="/sign-in", answer=sign_in, name="sign_in", needs=None, own=True, methods=("GET", "POST")),
    Page(path="/sign-out", answer=sign_out, name="sign_out", needs=None, own=True, methods=("POST",)),
)
