"""Who looks: a name, a role, and whose jobs they see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Person", "Role"]


class Role(IntEnum):
    """Each may what those before it may: see; act on jobs, queues and schedules; manage people, limits and cleaning."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`organization_id` None: of those who run the system, and sees all; else sees what is that organization's only."""

    name: str
    role: Role
    organization_id: str | None = None

    def may(self, needed: Role) -> bool:
        """Whether the role is *needed* or above it."""
        return self.role >= needed
