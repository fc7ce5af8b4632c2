"""The queue manager's calls that stop queues and organizations, and let them go on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, done, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import SettingsError
from advisorjobs.pauses import Pause, read_pauses

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["PauseCalls"]


class PauseCalls:
    """A pause is durable and holds for every worker from the next claim on: nothing starts, what runs goes on.

    *until* (with its time zone, in the future): when it ends by itself. *reason* and *paused_by* (None: the database's
    user) are kept for people to read. Pausing again replaces all three.
    """

    app: App

    @call
    def pause_queue(
        self,
        name: str,
        *,
        organization_id: str | None = None,
        reason: str | None = None,
        until: datetime | None = None,
        paused_by: str | None = None,
        connection: Any = None,
    ) -> Operation[bool]:
        """Lets no job of queue *name* start, or none of one organization in it. Returns whether it wasn't paused before."""
        place = {"queue": self.app.known_queue(name), "organization_id": organization_id}
        why = {"reason": reason, "until": _aware(until), "paused_by": paused_by}
        return operation("pause_queue", statement("pause_queue"), {**place, **why}, done, connection)

    @call
    def resume_queue(self, name: str, *, organization_id: str | None = None, connection: Any = None) -> Operation[bool]:
        """Ends the pause of a queue, or of one organization in it; False: there was none.

        A queue that an external service closed for a time is opened too.
        """
        values = {"queue": self.app.known_queue(name), "organization_id": organization_id}
        return operation("resume_queue", statement("resume_queue"), values, done, connection)

    @call
    def pause_organization(
        self,
        organization_id: str,
        *,
        reason: str | None = None,
        until: datetime | None = None,
        paused_by: str | None = None,
        connection: Any = None,
    ) -> Operation[bool]:
        """Lets no job of an organization start in any queue. Returns whether it wasn't paused before."""
        place = {"queue": None, "organization_id": organization_id}
        why = {"reason": reason, "until": _aware(until), "paused_by": paused_by}
        return operation("pause_organization", statement("pause_queue"), {**place, **why}, done, connection)

    @call
    def resume_organization(self, organization_id: str, *, connection: Any = None) -> Operation[bool]:
        """Ends an organization's pause in every queue; its pauses in single queues stay. False: there was none."""
        values = {"queue": None, "organization_id": organization_id}
        return operation("resume_organization", statement("resume_queue"), values, done, connection)

    @call
    def get_pauses(self, *, connection: Any = None) -> Operation[list[Pause]]:
        """All pauses that are in force: of queues, of organizations, of organizations in queues."""
        return operation("get_pauses", statement("get_pauses"), {}, read_pauses, connection)


def _aware(until: datetime | None) -> datetime | None:
    if until is not None and until.tzinfo is None:
        raise SettingsError("until", str(until), "must have a time zone")
    return until
