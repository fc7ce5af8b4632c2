"""Who may do what, and what is asked before or can be taken back after: decisions without any I/O."""

from __future__ import annotations

from advisorjobs.actor import Actor
from advisorjobs.errors import NotAllowed

__all__ = ["ADMIN", "OPERATOR", "VIEWER", "check_allowed", "is_confirmed", "is_undoable"]

VIEWER, OPERATOR, ADMIN = "viewer", "operator", "admin"
ROLES = (VIEWER, OPERATOR, ADMIN)

UNDOABLE = frozenset({
    ("job", "promote"), ("job", "priority"), ("action", "promote"), ("action", "priority"),
    ("queue", "pause"), ("queue", "resume"), ("queue", "limit"), ("queue", "reset limit"),
    ("organization", "pause"), ("organization", "resume"), ("organization", "limit"), ("organization", "remove limit"),
    ("key", "limit"), ("key", "remove limit"),
    ("schedule", "create"), ("schedule", "edit"), ("schedule", "pause"), ("schedule", "resume"),
})  # fmt: skip
"""What advisorjobs_undo() takes back, by kind of subject and action."""

CONFIRMED = frozenset({
    ("job", "retry"), ("job", "cancel"), ("job", "edit"), ("action", "retry"), ("action", "cancel"), ("action", "clean"),
    ("queue", "clean"), ("queue", "retry"), ("schedule", "remove"), ("schedule", "run"),
})  # fmt: skip
"""What nobody can take back, so that people are asked before; to edit a job is to fill in a form."""


def check_allowed(actor: Actor, needs: str, *, own: bool = False) -> None:
    """*needs*: the least role. *own*: people of an organization may do it too, to what is theirs. Raises NotAllowed.

    Who has no role – a command, a program – has the database's rights, and needs none here.
    """
    if actor.role is not None and ROLES.index(actor.role) < ROLES.index(needs):
        raise NotAllowed(f"this needs the role {needs}")
    if actor.organization_id is not None and not own:
        raise NotAllowed("this is not for people of one organization")


def is_undoable(kind: str, action: str) -> bool:
    """Whether *action* on a subject of *kind* can be taken back, as long as nothing has changed since."""
    return (kind, action) in UNDOABLE


def is_confirmed(kind: str, action: str) -> bool:
    """Whether people are asked before."""
    return (kind, action) in CONFIRMED
