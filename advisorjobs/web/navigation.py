"""The menu, in its order: what stands there for whom."""

from __future__ import annotations

from dataclasses import dataclass

from advisorjobs.web.access.person import Person, Role

__all__ = ["NAVIGATION", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`name` of a page; `own`: people of one organization see it too. `key`: after g, leads there by keyboard."""

    name: str
    title: str
    key: str
    own: bool = False
    needs: Role = Role.VIEWER

    def shown_to(self, person: Person) -> bool:
        """Whether the page would let them in."""
        return person.may(self.needs) and (self.own or person.organization_id is None)


NAVIGATION = (
    Entry("overview", "Overview", "o", own=True),
    Entry("jobs", "Jobs", "j", own=True),
    Entry("actions", "Actions", "c", own=True),
    Entry("failures", "Failures", "f", own=True),
    Entry("performance", "Performance", "e", own=True),
    Entry("schedules", "Schedules", "s", own=True),
    Entry("organizations", "Organizations", "r"),
    Entry("workers", "Workers", "w"),
    Entry("limits", "Limits", "l"),
    Entry("database", "Database", "d"),
    Entry("audit", "Audit log", "a"),
    Entry("people", "People and access", "p", needs=Role.ADMIN),
)
