"""What is answered to whoever comes: decided from the route's need and who they are. No I/O."""

from __future__ import annotations

from enum import Enum, auto

from advisorjobs.web.access.need import Need
from advisorjobs.web.access.person import Person

__all__ = ["Verdict", "judge"]


class Verdict(Enum):
    """ADMITTED or why not."""

    ADMITTED = auto()
    STRANGER = auto()
    """Nobody has signed in: 401, or to the sign-in."""
    FORGED = auto()
    """A change that doesn't come from a page of ours: 403."""
    FORBIDDEN = auto()
    """The role doesn't suffice, or it isn't for one organization's people: 403."""


def judge(need: Need | None, person: Person | None, *, changes: bool, genuine: bool) -> Verdict:
    """*changes*: the method may change something; *genuine*: it carries what only our pages and token holders have."""
    if need is None:
        return Verdict.FORBIDDEN
    if need.role is not None and person is None:
        return Verdict.STRANGER
    if changes and not genuine and need.guarded:
        return Verdict.FORGED
    if need.role is None or person is None:
        return Verdict.ADMITTED
    if person.role < need.role or (person.organization_id is not None and not need.own):
        return Verdict.FORBIDDEN
    return Verdict.ADMITTED
