"""Another payload for a job: checked by the job's model, so that what is wrong is told by field and nothing is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisorjobs.actions.calling import action
from advisorjobs.actions.permission import OPERATOR
from advisorjobs.actor import Actor
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.enqueue import NewJob

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["EditCalls", "Edited", "JobToEdit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobToEdit:
    """`version` of the payload is given back with the edited one, so that nobody's edit is lost."""

    id: int
    name: str
    queue: str
    organization_id: str | None
    status: str
    payload: dict[str, Any]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """`outcome`: retried (a failed one runs again), changed (it waits on), created (`job_id` is a new one, as the old has
    ended), or why not: gone, active, key_taken, stale, unchanged."""

    job_id: int
    outcome: str
    audit_id: int | None

    @property
    def done(self) -> bool:
        """Whether there is a job with the new payload now."""
        return self.outcome in ("retried", "changed", "created")


class EditCalls:
    """Values of payloads are shown to who edits them, which is noted in the audit log."""

    app: App
    actor: Actor

    @action(OPERATOR)
    def read_job_to_edit(self, job_id: int, *, shown: bool = True) -> Operation[JobToEdit | None]:
        """The job with its payload; None where there is none. *shown*: to somebody, which is noted."""
        values = {"job_id": job_id, "shown": shown}
        return operation("read job to edit", statement("read_job_to_edit"), values, _to_edit)

    @action(OPERATOR)
    def edit_job(self, job: JobToEdit, payload: Mapping[str, Any], version: str) -> Operation[Edited]:
        """Gives *job* another payload; a failed one runs again. Raises PayloadError, naming each field that is wrong."""
        row = self.app.enqueuer.row(NewJob(name=job.name, queue=job.queue, payload=payload))
        values = {"job_id": job.id, "job": row, "version": version}
        return operation("edit job", statement("edit_job"), values, _edited)


def _to_edit(rows: Sequence[Row]) -> JobToEdit | None:
    if not rows or not rows[0]["noted"]:
        return None
    row = {name: value for name, value in rows[0].items() if name != "noted"}
    if isinstance(row["payload"], str):
        row["payload"] = json.loads(row["payload"])
    return JobToEdit(**row)


def _edited(rows: Sequence[Row]) -> Edited:
    (row,) = rows
    return Edited(job_id=row["job_id"], outcome=row["outcome"], audit_id=row["note"])
