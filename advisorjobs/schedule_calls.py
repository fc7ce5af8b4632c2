"""The queue manager's calls for jobs that return: put, looked at, paused, run and removed while everything runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, done, operation
from advisorjobs.database.statement import statement
from advisorjobs.enqueue import refuse_unknown_option
from advisorjobs.errors import UnknownJob
from advisorjobs.payloads import Payload
from advisorjobs.schedule_change import ScheduleOptions, schedule_row
from advisorjobs.schedules import Schedule, read_schedule, read_schedules

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["ScheduleCalls"]


class ScheduleCalls:
    """Schedules are rows of the database, changed at run time; any worker creates their jobs, exactly one for each tick.

    *key* is unique within an organization: the one that the payload names. *organization_id* may be left out where only one
    has the key; "" names the schedule that belongs to none. What can't be used raises SettingsError before anything is sent.
    """

    app: App

    @call
    def add_repeatable_job(
        self,
        queue: str | None,
        name: str,
        payload: Mapping[str, Any] | Payload,
        cron: str | None = None,
        **options: Unpack[ScheduleOptions],
    ) -> Operation[str]:
        """Creates a schedule, or changes what differs in the one that has its key; returns the key.

        *queue* None: the job's own. *cron* has five fields, or six with the second first; or give `every`. Calling it at
        each deploy is right: an unchanged call changes nothing, the next run included. Times through daylight saving:
        advisorjobs/flow/cron.py.
        """
        for option in options:
            refuse_unknown_option("add_repeatable_job()", option, ScheduleOptions.__annotations__)
        row = schedule_row(self.app.enqueuer.row, queue, name, payload, cron, options)
        key: str = row["key"]
        values = {"schedule": json.dumps(row)}
        return operation(
            "add_repeatable_job", statement("put_schedule"), values, lambda _: key, options.get("connection")
        )

    @call
    def list_repeatable_jobs(
        self, *, organization_id: str | None = None, queue: str | None = None, connection: Any = None
    ) -> Operation[list[Schedule]]:
        """All schedules, or those of an organization or a queue, procrastinate's periodic tasks among them; by organization
        and key."""
        known = None if queue is None else self.app.known_queue(queue)
        values = {"organization_id": organization_id, "queue": known}
        return operation("list_repeatable_jobs", statement("list_schedules"), values, read_schedules, connection)

    @call
    def get_repeatable_job(
        self, key: str, *, organization_id: str | None = None, connection: Any = None
    ) -> Operation[Schedule | None]:
        """The schedule; None where there is none."""
        values = {"key": key, "organization_id": organization_id}
        return operation("get_repeatable_job", statement("get_schedule"), values, read_schedule, connection)

    @call
    def preview_repeatable_job(
        self, key: str, count: int = 10, *, organization_id: str | None = None, connection: Any = None
    ) -> Operation[list[datetime]]:
        """Its next *count* runs, in the local time of its zone. Raises UnknownJob where there is no such schedule."""

        def upcoming(rows: list[Mapping[str, Any]]) -> list[datetime]:
            schedule = read_schedule(rows)
            if schedule is None:
                raise UnknownJob(f"there is no schedule {key!r}: list_repeatable_jobs() has them all")
            return schedule.upcoming(count)

        values = {"key": key, "organization_id": organization_id}
        return operation("preview_repeatable_job", statement("get_schedule"), values, upcoming, connection)

    @call
    def remove_repeatable_job(
        self, key: str, *, organization_id: str | None = None, connection: Any = None
    ) -> Operation[bool]:
        """Removes a schedule; jobs that it has created stay. False: there was none."""
        values = {"key": key, "organization_id": organization_id}
        return operation("remove_repeatable_job", statement("unschedule_job"), values, done, connection)

    @call
    def pause_repeatable_job(
        self,
        key: str,
        *,
        organization_id: str | None = None,
        reason: str | None = None,
        paused_by: str | None = None,
        connection: Any = None,
    ) -> Operation[bool]:
        """Lets a schedule rest; runs that fall into the pause are not made up for. Returns whether it wasn't paused."""
        values = {"key": key, "organization_id": organization_id, "reason": reason, "paused_by": paused_by}
        return operation("pause_repeatable_job", statement("pause_schedule"), values, done, connection)

    @call
    def resume_repeatable_job(
        self, key: str, *, organization_id: str | None = None, connection: Any = None
    ) -> Operation[bool]:
        """Lets a paused schedule go on with its next run. Returns whether it was paused."""
        values = {"key": key, "organization_id": organization_id}
        return operation("resume_repeatable_job", statement("resume_schedule"), values, done, connection)

    @call
    def run_repeatable_job(
        self, key: str, *, organization_id: str | None = None, connection: Any = None
    ) -> Operation[int | None]:
        """Runs its job once, now, beside its times: paused or not, and not counted in its limit; returns the job's id.

        None: its overlap policy is "skip" and its last job still waits or runs.
        """
        values = {"key": key, "organization_id": organization_id}
        return operation("run_repeatable_job", statement("run_schedule"), values, done, connection)
