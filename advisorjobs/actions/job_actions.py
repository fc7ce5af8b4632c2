"""What people do to one job: retry, cancel, promote, change its priority, see its values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisorjobs.actions.calling import action
from advisorjobs.actions.permission import OPERATOR
from advisorjobs.database.operation import Operation, Row, only, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import SettingsError

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["REASONS", "JobActionCalls", "JobChange", "reason_text"]

REASONS = {
    "gone": "there is no such job any more",
    "key_taken": "another job has its unique key now",
    "busy": "a worker was taking it at that moment",
    "unchanged": "it was so already",
    "changed": "it was changed again since",
    "waiting": "it waits for a worker",
    "delayed": "it waits for its time",
    "active": "it is running",
    "completed": "it has completed",
    "failed": "it has failed",
    "cancelled": "it is cancelled",
    "stale": "somebody has changed its payload since you opened it",
}
"""Why a job was not changed, in the database's word and in people's."""


def reason_text(reason: str) -> str:
    """The reason for people."""
    return REASONS.get(reason, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobChange:
    """What became of a wish for one job. `reason` None: it was done; else one of REASONS. `audit_id`: see Noted."""

    job_id: int
    reason: str | None
    audit_id: int | None

    @property
    def done(self) -> bool:
        """Whether the job was changed."""
        return self.reason is None


class JobActionCalls:
    """Each leaves a row in the audit log, or a reason why nothing was done. Jobs of other organizations are "gone"."""

    app: App

    @action(OPERATOR, own=True)
    def retry_job(self, job_id: int) -> Operation[JobChange]:
        """Runs a failed job again, under its number, with all its attempts."""
        return _change("retry", job_id)

    @action(OPERATOR, own=True)
    def cancel_job(self, job_id: int) -> Operation[JobChange]:
        """Ends a job that waits; tells one that runs to stop."""
        return _change("cancel", job_id)

    @action(OPERATOR)
    def promote_job(self, job_id: int) -> Operation[JobChange]:
        """Lets a delayed job start now."""
        return _change("promote", job_id)

    @action(OPERATOR)
    def change_priority(self, job_id: int, priority: int) -> Operation[JobChange]:
        """Gives a job that waits another priority, 1 (first) to 9."""
        return _change("priority", job_id, {"priority": checked_priority(priority)})

    @action(OPERATOR, own=True)
    def note_values_shown(self, job_id: int) -> Operation[bool]:
        """Says that payload, result and errors of a job are about to be shown. False: there is no such job for them."""
        return operation("note_values_shown", statement("note_values_shown"), {"job_id": job_id}, only)


def checked_priority(priority: int) -> int:
    """Raises SettingsError for none of 1 to 9."""
    if isinstance(priority, bool) or not isinstance(priority, int) or not 1 <= priority <= 9:
        raise SettingsError("priority", priority, "must be a whole number, 1 (first) to 9")
    return priority


def _change(what: str, job_id: int, arguments: Mapping[str, Any] | None = None) -> Operation[JobChange]:
    def read(rows: Sequence[Row]) -> JobChange:
        (row,) = rows
        reason = None if row["done"] else row["refused"][str(job_id)]
        return JobChange(job_id=job_id, reason=reason, audit_id=row["note"])

    values = {"action": what, "job_id": job_id, "arguments": json.dumps(arguments or {})}
    return operation(f"{what} job", statement("change_job"), values, read)
