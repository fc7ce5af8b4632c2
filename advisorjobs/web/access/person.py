"""Who asks: a role, and whether for everything or for one organization's things."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Person", "Role"]


class Role(StrEnum):
    """What somebody may do. Each may what the one before it may: VIEWER < OPERATOR < ADMIN."""

    VIEWER = "viewer"
    """Sees everything but payloads' values."""
    OPERATOR = "operator"
    """Acts on jobs, queues, schedules and limits, and sees values, of which a note is kept."""
    ADMIN = "admin"
    """Manages people and tokens, too, and what concerns everybody."""

    @property
    def rank(self) -> int:
        return tuple(Role).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < Role(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Role(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Role(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Role(other).rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who asks. `organization_id`: the one whose things they see; None: of the practice, sees everything.

    `id`: in advisorjobs_people; None for a token, and for the user of this machine while nobody has to sign in.
    `session_id`: the session that they are signed in with. `way`: password, oidc, token or machine.
    """

    name: str
    role: Role
    organization_id: str | None = None
    id: int | None = None
    session_id: int | None = None
    way: str = "machine"

    def may(self, needed: Role) -> bool:
        """Whether the role is *needed* or above it."""
        return self.role >= needed
