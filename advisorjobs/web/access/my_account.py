"""My account: password, sessions."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.actor import Actor, Via, acting_as
from advisorjobs.web.access.browsers import browser_words
from advisorjobs.web.access.identity import SESSION, cookie_name
from advisorjobs.web.access.passwords import LEAST, check_password, hash_async, verify_async
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.access.secrets import digest
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]


async def my_account(request: Request, site: Site) -> Response:
    """What there is to see and change of one's own."""
    return await _page(request, site, done=DONE.get(request.query_params.get("done", "")))


async def _page(request: Request, site: Site, status: HTTPStatus = HTTPStatus.OK, **values: str | None) -> Response:
    person: Person = request.state.person
    sessions = []
    if person.id is not None:
        idle = site.identity.settings.idle
        sessions = await site.identity.accounts.list_sessions(person.id, token=_token(request), idle=idle)
    shown = [(each, browser_words(each.browser)) for each in sessions]
    said = {"wrong": None, "done": None, **values}
    return site.page(request, "my_account.html", status, sessions=shown, least=LEAST, **said)


DONE = {
    "password": "The password is changed. Your other sessions have ended.",
    "session": "The session has ended.",
    "others": "Your other sessions have ended.",
}


async def change_password(request: Request, site: Site) -> Response:
    """Needs the one before, which counts as an attempt to sign in."""
    person: Person = request.state.person
    if person.way != "password" or person.id is None:
        raise HTTPException(HTTPStatus.FORBIDDEN, "You have no password here.")
    accounts, address = site.identity.accounts, request.client.host if request.client else ""
    form = await request.form()
    wrong = _wrong(form, person)
    if wrong is None:
        if await accounts.note_attempt(person.name, address) is not None:
            wrong = "Too many attempts. Try again later."
        else:
            credential = await accounts.find_credential(person.name)
            hashed = credential.password_hash if credential else None
            wrong = None if await verify_async(hashed, str(form.get("password", ""))) else "That is not your password."
    if wrong is not None:
        return await _page(request, site, HTTPStatus.UNPROCESSABLE_ENTITY, wrong=wrong)
    await accounts.forget_attempts(person.name, address)
    fresh = await hash_async(str(form.get("new", "")), person.name)
    with acting_as(Actor(via=Via.DASHBOARD, by=person.name)):  # their own, whichever organization they are of
        await accounts.set_password(person.id, fresh, by=person.name, keep=_token(request))
    return _back(request, "password")


def _wrong(form: FormData, person: Person) -> str | None:
    new = str(form.get("new", ""))
    problem = check_password(new, person.name)
    if problem is not None:
        return f"The new password {problem}."
    return None if new == str(form.get("again", "")) else "The new password was not the same twice."


async def end_session(request: Request, site: Site) -> Response:
    """Ends one of one's own sessions; another's isn't there."""
    person: Person = request.state.person
    ended = person.id is not None and await site.identity.accounts.end_session(
        session_id=request.path_params["session_id"], person_id=person.id
    )
    if not ended:
        raise HTTPException(HTTPStatus.NOT_FOUND, "You have no such session; it may have ended.")
    return _back(request, "session")


async def end_others(request: Request, site: Site) -> Response:
    """Ends one's sessions in all other browsers."""
    person: Person = request.state.person
    if person.id is not None:
        await site.identity.accounts.end_sessions(person.id, keep=_token(request))
    return _back(request, "others")


def _token(request: Request) -> bytes | None:
    token = request.cookies.get(cookie_name(request, SESSION))
    return digest(token) if token else None


def _back(request: Request, done: str) -> Response:
    return RedirectResponse(f"{request.url_for('my_account').path}?done={done}", HTTPStatus.SEE_OTHER)


PAGES = (
    Page(path="/account", answer=my_account, name="my_account", needs=Role.VIEWER, own=True),
    Page(
        path="/account/password",
        answer=change_password,
        name="change_password",
        needs=Role.VIEWER,
        own=True,
        methods=("POST",),
    ),
    Page(
        path="/account/sessions/{session_id:number}/end",
        answer=end_session,
        name="end_session",
        needs=Role.VIEWER,
        own=True,
        methods=("POST",),
    ),
    Page(
        path="/account/sessions/end-others",
        answer=end_others,
        name="end_others",
        needs=Role.VIEWER,
        own=True,
        methods=("POST",),
    ),
)
