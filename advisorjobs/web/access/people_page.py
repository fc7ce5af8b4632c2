"""People and access: who may sign in, and the tokens of programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.errors import SettingsError
from advisorjobs.web.access.passwords import LEAST, hash_async
from advisorjobs.web.access.people import PAGE
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.access.secrets import digest, new_token
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

DONE = {
    "added": "The person is added and may sign in.",
    "changed": "Changed.",
    "password": "The password is set. All sessions of this person have ended.",
    "removed": "The person is removed.",
    "revoked": "The token is worthless from now on.",
}
SPANS = {"30": "30 days", "90": "90 days", "365": "a year", "": "never"}
OWN = "That is your own account: let another admin do it, so that one is left."
UNKNOWN = "There is no such person any more, or the identity provider decides this."


async def people(request: Request, site: Site) -> Response:
    """Everybody who may sign in, and every token."""
    return await _page(request, site, done=DONE.get(request.query_params.get("done", "")))


async def _page(request: Request, site: Site, status: HTTPStatus = HTTPStatus.OK, **said: Any) -> Response:
    accounts, settings = site.identity.accounts, site.identity.settings
    after = request.query_params.get("after", "0")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0
    listed = await accounts.list_people(after=start, most=PAGE + 1)
    values = {
        "people": listed[:PAGE],
        "more": listed[PAGE - 1].id if len(listed) > PAGE else None,
        "tokens": await accounts.list_tokens(),
        "roles": list(Role),
        "spans": SPANS,
        "least": LEAST,
        "provider": settings.oidc.name if settings.oidc else None,
        "must_sign_in": request.state.visit.must_sign_in,
    }
    return site.page(request, "people.html", status, **{"done": None, "wrong": None, "token": None, **values, **said})


async def person(request: Request, site: Site) -> Response:
    """One person, and what can be changed of them."""
    return await _one(request, site, done=DONE.get(request.query_params.get("done", "")))


async def _one(request: Request, site: Site, status: HTTPStatus = HTTPStatus.OK, **said: Any) -> Response:
    settings, person_id = site.identity.settings, min(request.path_params["person_id"], 2**63 - 1)
    found = await site.identity.accounts.list_people(after=person_id - 1, most=1)
    if not found or found[0].id != person_id:
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such person.")
    values = {"roles": list(Role), "least": LEAST, "provider": settings.oidc.name if settings.oidc else None}
    return site.page(request, "person.html", status, shown=found[0], **{"done": None, "wrong": None, **values, **said})


async def add_person(request: Request, site: Site) -> Response:
    form = await request.form()
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    by: Person = request.state.person
    try:
        role, organization = _place(form)
        hashed = await hash_async(password, name)
        added = await site.identity.accounts.add_person(name, hashed, role, organization, by=by.name)
    except SettingsError as error:
        return await _page(request, site, HTTPStatus.UNPROCESSABLE_ENTITY, wrong=_told(error))
    if added is None:
        return await _page(request, site, HTTPStatus.CONFLICT, wrong="This name is taken.")
    site.identity.expect_sign_in()
    return _back(request, "added")


async def change_person(request: Request, site: Site) -> Response:
    """Role with organization, or whether somebody may sign in; not of oneself."""
    form, person_id = await request.form(), _anothers(request)
    values: dict[str, Any] = {}
    try:
        if "role" in form:
            values["role"], values["organization_id"] = _place(form)
        if "is_active" in form:
            values["is_active"] = form["is_active"] == "yes"
        changed = await site.identity.accounts.change_person(person_id, **values, by=request.state.person.name)
    except SettingsError as error:
        return await _one(request, site, HTTPStatus.UNPROCESSABLE_ENTITY, wrong=_told(error))
    if changed is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, UNKNOWN)
    return _back(request, "changed", person_id)


async def reset_password(request: Request, site: Site) -> Response:
    """A new password for somebody who has forgotten theirs; one's own is changed with the one before."""
    form, person_id = await request.form(), _anothers(request)
    try:
        hashed = await hash_async(str(form.get("password", "")), "")
    except SettingsError as error:
        return await _one(request, site, HTTPStatus.UNPROCESSABLE_ENTITY, wrong=_told(error))
    if not await site.identity.accounts.set_password(person_id, hashed, by=request.state.person.name):
        raise HTTPException(HTTPStatus.NOT_FOUND, UNKNOWN)
    return _back(request, "password", person_id)


async def remove_person(request: Request, site: Site) -> Response:
    if not await site.identity.accounts.remove_person(_anothers(request), by=request.state.person.name):
        raise HTTPException(HTTPStatus.NOT_FOUND, UNKNOWN)
    return _back(request, "removed")


async def add_token(request: Request, site: Site) -> Response:
    """Shows the new token: once, on the page that answers."""
    form, token = await request.form(), new_token()
    name, span, by = str(form.get("name", "")), str(form.get("span", "90")), request.state.person.name
    if span not in SPANS:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "A token ends after one of the times that are offered.")
    expires = datetime.now(UTC) + timedelta(days=int(span)) if span else None
    try:
        role, organization = _place(form)
        added = await site.identity.accounts.add_token(
            name, digest(token), role, organization, expires_at=expires, by=by
        )
    except SettingsError as error:
        return await _page(request, site, HTTPStatus.UNPROCESSABLE_ENTITY, wrong=_told(error))
    if added is None:
        return await _page(request, site, HTTPStatus.CONFLICT, wrong="There is a token of this name.")
    return await _page(request, site, HTTPStatus.CREATED, token=token)


async def revoke_token(request: Request, site: Site) -> Response:
    form = await request.form()
    if not await site.identity.accounts.revoke_token(
        str(form.get("name", "")).replace("\0", ""), by=request.state.person.name
    ):
        raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such token any more.")
    return _back(request, "revoked")


def _place(form: FormData) -> tuple[Role, str | None]:
    given = str(form.get("role", ""))
    if given not in tuple(Role):
        raise SettingsError("role", given, "must be viewer, operator or admin")
    organization = str(form.get("organization_id", "")).replace("\0", "").strip()
    return Role(given), organization[:200] or None


def _anothers(request: Request) -> int:
    """The number in the path. Raises HTTPException for one's own: an admin must be left."""
    person_id: int = request.path_params["person_id"]
    if person_id == request.state.person.id:
        raise HTTPException(HTTPStatus.CONFLICT, OWN)
    return min(person_id, 2**63 - 1)


def _told(error: SettingsError) -> str:
    return f"{error.key[:1].upper()}{error.key[1:]} {error.rule}."


def _back(request: Request, done: str, person_id: int | None = None) -> Response:
    there = request.url_for("people") if person_id is None else request.url_for("person", person_id=person_id)
    return RedirectResponse(f"{there.path}?done={done}", HTTPStatus.SEE_OTHER)


def _change(path: str, answer: Any, name: str) -> Page:
    return Page(path=path, answer=answer, name=name, needs=Role.ADMIN, methods=("POST",))


PAGES = (
    Page(path="/people", answer=people, name="people", needs=Role.ADMIN),
    Page(path="/people/{person_id:number}", answer=person, name="person", needs=Role.ADMIN),
    _change("/people/add", add_person, "add_person"),
    _change("/people/{person_id:number}/change", change_person, "change_person"),
    _change("/people/{person_id:number}/password", reset_password, "reset_password"),
    _change("/people/{person_id:number}/remove", remove_person, "remove_person"),
    _change("/people/tokens/add", add_token, "add_token"),
    _change("/people/tokens/revoke", revoke_token, "revoke_token"),
)
