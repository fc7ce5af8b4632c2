"""Who does something, for the audit log: a person of the dashboard or API, whoever gives a command, a program."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Actor", "Via", "acting", "acting_as"]


class Via(StrEnum):
    """Through what somebody acts."""

    DASHBOARD = "dashboard"
    API = "api"
    COMMAND = "command"
    PYTHON = "python"
    SQL = "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """`by` None: whom the call itself names, else the database's user. `role`: viewer, operator or admin, of the dashboard.

    `organization_id`: whose jobs alone may be changed; None: all.
    """

    via: Via
    by: str | None = None
    role: str | None = None
    organization_id: str | None = None
    why: str | None = None

    def text(self) -> str:
        """As advisorjobs_act() takes it."""
        said = {"via": self.via, "by": self.by, "role": self.role, "organization_id": self.organization_id}
        return json.dumps({name: value for name, value in {**said, "why": self.why}.items() if value is not None})


PROGRAM = Actor(via=Via.PYTHON)
_ACTING: ContextVar[Actor | None] = ContextVar("acting", default=None)


def acting() -> Actor:
    """Who acts in this context: a program, unless somebody was named."""
    return _ACTING.get() or PROGRAM


@contextlib.contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Operations that are built inside are *actor*'s."""
    before = _ACTING.set(actor)
    try:
        yield
    finally:
        _ACTING.reset(before)
