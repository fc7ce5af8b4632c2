"""/api/me, /api/people and /api/tokens: who may see what."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, SecretStr
from starlette.requests import Request

from advisorjobs.errors import SettingsError
from advisorjobs.web.access.passwords import hash_async
from advisorjobs.web.access.people import PAGE, Account
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.access.secrets import digest, new_token
from advisorjobs.web.access.tokens import Token
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.api.texts import Moment, Text
from advisorjobs.web.site import Site

__all__ = ["router"]

T = TypeVar("T")
router = APIRouter(tags=["people"])
Admin = Annotated[Person, Depends(needs(Role.ADMIN))]
TheSite = Annotated[Site, Depends(site_of)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
After = Annotated[int, Query(ge=0, le=2**63 - 1)]


class Me(BaseModel):
    """Who asks. `csrf`: what a script on a page of ours sends as X-CSRF-Token; programs with tokens need none."""

    name: str
    role: Role
    organization_id: str | None
    csrf: str | None


class NewPerson(BaseModel):
    """Somebody who signs in with a password. `organization_id`: whose jobs alone they see."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    password: SecretStr
    role: Role = Role.VIEWER
    organization_id: Text | None = None


class PersonChange(BaseModel):
    """What is left out stays; `organization_id` goes with `role`."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    organization_id: Text | None = None
    is_active: bool | None = None


class NewPassword(BaseModel):
    """Ends the person's sessions."""

    model_config = ConfigDict(extra="forbid")

    password: SecretStr


class NewToken(BaseModel):
    """`expires_at` None: never."""

    model_config = ConfigDict(extra="forbid")

    name: Text
    role: Role = Role.VIEWER
    organization_id: Text | None = None
    expires_at: Moment | None = None


class Made(BaseModel):
    """The number of what was made; a token is shown this once."""

    id: int
    token: str | None = None


@router.get("/me")
async def who_am_i(request: Request, person: Annotated[Person, Depends(needs(Role.VIEWER, own=True))]) -> Me:
    """Who asks, and what they may."""
    csrf = None if request.state.visit.by_token else request.state.visit.csrf
    return Me(name=person.name, role=person.role, organization_id=person.organization_id, csrf=csrf)


@router.get("/people")
async def list_people(person: Admin, site: TheSite, after: After = 0) -> list[Account]:
    """Who may sign in, 200 at a time; *after*: the last number of the page before."""
    return await site.identity.accounts.list_people(after=after, most=PAGE)


@router.post("/people", status_code=HTTPStatus.CREATED)
async def add_person(person: Admin, site: TheSite, wanted: NewPerson) -> Made:
    """Adds a person. From the first one on everybody must sign in."""
    hashed = await hash_async(wanted.password.get_secret_value(), wanted.name)
    added = await site.identity.accounts.add_person(
        wanted.name, hashed, wanted.role, wanted.organization_id, by=person.name
    )
    if added is None:
        raise HTTPException(HTTPStatus.CONFLICT, "this name is taken")
    site.identity.expect_sign_in()
    return Made(id=added)


@router.patch("/people/{person_id}")
async def change_person(person: Admin, site: TheSite, person_id: Number, wanted: PersonChange) -> Account:
    """Changes role and organization, or whether somebody may sign in: at once. Not of oneself."""
    refuse_own(person, person_id)
    if wanted.organization_id is not None and wanted.role is None:
        raise SettingsError("organization_id", wanted.organization_id, "must come with the role")
    changed = await site.identity.accounts.change_person(
        person_id,
        role=wanted.role,
        organization_id=wanted.organization_id,
        is_active=wanted.is_active,
        by=person.name,
    )
    return found(changed)


@router.put("/people/{person_id}/password", status_code=HTTPStatus.NO_CONTENT)
async def reset_password(person: Admin, site: TheSite, person_id: Number, wanted: NewPassword) -> None:
    """Sets a password for somebody else, whose sessions end."""
    refuse_own(person, person_id)
    hashed = await hash_async(wanted.password.get_secret_value(), "")
    found(await site.identity.accounts.set_password(person_id, hashed, by=person.name) or None)


@router.delete("/people/{person_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_person(person: Admin, site: TheSite, person_id: Number) -> None:
    """Removes somebody else, with their sessions."""
    refuse_own(person, person_id)
    found(await site.identity.accounts.remove_person(person_id, by=person.name) or None)


@router.get("/tokens")
async def list_tokens(person: Admin, site: TheSite, after: After = 0) -> list[Token]:
    """Tokens of programs, 200 at a time; what they are can't be seen any more."""
    return await site.identity.accounts.list_tokens(after=after)


@router.post("/tokens", status_code=HTTPStatus.CREATED)
async def add_token(person: Admin, site: TheSite, wanted: NewToken) -> Made:
    """Makes a token, which is in this answer alone."""
    token = new_token()
    added = await site.identity.accounts.add_token(
        wanted.name,
        digest(token),
        wanted.role,
        wanted.organization_id,
        expires_at=wanted.expires_at,
        by=person.name,
    )
    if added is None:
        raise HTTPException(HTTPStatus.CONFLICT, "there is a token of this name")
    return Made(id=added, token=token)


@router.delete("/tokens", status_code=HTTPStatus.NO_CONTENT)
async def revoke_token(person: Admin, site: TheSite, name: Text) -> None:
    """Makes a token worthless at once. Names may hold any character, so it stands in the query."""
    found(await site.identity.accounts.revoke_token(name, by=person.name) or None)


def refuse_own(person: Person, person_id: int) -> None:
    """Raises HTTPException for one's own account: an admin must be left."""
    if person.id == person_id:
        raise HTTPException(
            HTTPStatus.CONFLICT, "that is your own account: let another admin do it, so that one is left"
        )


def found(value: T | None) -> T:
    """*value*, or 404."""
    if value is None:
        raise HTTPException(
            HTTPStatus.NOT_FOUND, "there is no such person or token any more, or the provider decides this"
        )
    return value
