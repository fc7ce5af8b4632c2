"""Pages that change something: who does it, what the form says, and the way back with what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.actions.actions import Actions
from advisorjobs.actor import Actor, Via
from advisorjobs.errors import ActionRefused, NotAllowed, PayloadError, SettingsError, UnknownJob
from advisorjobs.web.access.way_back import way_back
from advisorjobs.web.said import Said, say

if TYPE_CHECKING:
    from advisorjobs.web.access.person import Person
    from advisorjobs.web.site import Site

__all__ = ["acted", "actions_of", "ask", "back", "form_of", "found", "moment", "told", "whole"]

R = TypeVar("R")
Form = Mapping[str, str]
REFUSED = (ActionRefused, NotAllowed, SettingsError, PayloadError, UnknownJob)
"""What is told to whoever asked for it, on the page from which they did."""


def actions_of(person: Person, site: Site, via: Via, why: str | None = None) -> Actions:
    """What *person* may do."""
    actor = Actor(
        via=via,
        by=person.name,
        role=person.role.name.lower(),
        organization_id=person.organization_id,
        why=(why or "").strip() or None,
    )
    return Actions(site.app, actor)


async def form_of(request: Request) -> Form:
    """The fields of the form, without spaces around; the last of those with one name."""
    form = await request.form()
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}


def whole(form: Form, name: str) -> int | None:
    """A whole number; None where nothing is given. Raises SettingsError."""
    text = form.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise SettingsError(name, text[:20], "must be a whole number")
    return int(text)


def moment(form: Form, name: str) -> datetime | None:
    """A moment as browsers send it, in UTC where it names no offset; None where nothing is given. Raises SettingsError."""
    text = form.get(name, "")
    if not text:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(name, text[:40], "must be a date and time, as 2026-12-01T08:00") from None
    return given if given.tzinfo else given.replace(tzinfo=UTC)


async def acted(
    request: Request, form: Form, doing: Callable[[], Awaitable[R]], tell: Callable[[R], Said], to: str | None = None
) -> Response:
    """Does it, and leads back to where the form stood, or to *to*, where what came of it is said."""
    try:
        said = tell(await doing())
    except REFUSED as error:
        return back(request, form, Said(text=told(error), kind="bad"))
    return back(request, form, said, to)


def back(request: Request, form: Form, said: Said | None, to: str | None = None) -> Response:
    """Leads to *to*, or to the page that the form names."""
    response = RedirectResponse(to or way_back(request, form.get("back", "")), HTTPStatus.SEE_OTHER)
    return response if said is None else say(response, request, said)


def told(error: Exception) -> str:
    """Why it was refused, for people."""
    if isinstance(error, SettingsError):
        return f"{error.key.replace('_', ' ')}: {error.rule}"
    return str(error)


def ask(
    request: Request, site: Site, form: Form, *, title: str, text: str, button: str, why: bool = False, **more: Any
) -> Response:
    """The page that asks before: the same form again, with `sure`. *why*: a reason must be given."""
    kept = {name: value for name, value in form.items() if name not in ("csrf", "sure", "why")}
    values = {"title": title, "text": text, "button": button, "needs_why": why, "why": form.get("why", ""), **more}
    return site.page(
        request, "confirm.html", kept=kept, to=request.url.path, back=way_back(request, form.get("back", "")), **values
    )


def found(value: R | None, what: str) -> R:
    """*value*. Raises HTTPException 404 where there is none."""
    if value is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no {what}.")
    return value
