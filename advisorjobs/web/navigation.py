"""The menu, in its order: what stands there for whom."""

from __future__ import annotations

from dataclasses import dataclass

from advisorjobs.web.access.person import Person, Role

__all__ = ["NAVIGATION", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`name` of a page; `own`: people of one organization see it too."""

    name: str
    title: str
    own: bool = False
    needs: Role = Role.VIEWER

    def shown_to(self, person: Person) -> bool:
        """Whether the page would let them in."""
        return person.may(self.needs) and (self.own or person.organization_id is None)


NAVIGATION = (
    Entry("overview", "Overview", own=True),
    Entry("jobs", "Jobs", own=True),
    Entry("actions", "Actions", own=True),
    Entry("failures", "Failures", own=True),
    Entry("schedules", "Schedules", own=True),
    Entry("organizations", "Organizations"),
    Entry("workers", "Workers"),
    Entry("limits", "Limits"),
    Entry("database", "Database"),
    Entry("audit", "Audit log"),
    Entry("people", "People and access", needs=Role.ADMIN),
)
