"""What people do to schedules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from advisorjobs.actions.calling import action
from advisorjobs.actions.noted import Noted, noted
from advisorjobs.actions.permission import OPERATOR
from advisorjobs.actor import Actor
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.payloads import Payload
from advisorjobs.schedule_calls import ScheduleCalls
from advisorjobs.schedule_change import ScheduleOptions

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["ScheduleActionCalls"]


class ScheduleActionCalls:
    """The queue manager's changes of schedules, as somebody's: see ScheduleCalls for what each argument means."""

    app: App
    actor: Actor

    @action(OPERATOR)
    def put_schedule(
        self,
        queue: str | None,
        name: str,
        payload: Mapping[str, Any] | Payload,
        cron: str | None = None,
        **options: Unpack[ScheduleOptions],
    ) -> Operation[Noted]:
        """Creates a schedule, or changes what differs in the one that has its key."""
        signed: ScheduleOptions = {"changed_by": self.actor.by, **options}
        return noted(ScheduleCalls.add_repeatable_job.written(self, queue, name, payload, cron, **signed))

    @action(OPERATOR)
    def show_schedule(self, key: str, *, organization_id: str = "") -> Operation[dict[str, Any] | None]:
        """A schedule's payload, shown to somebody, which is noted; None where there is no such schedule."""
        values = {"key": key, "organization_id": organization_id}
        return operation("show schedule", statement("show_schedule"), values, _payload)

    @action(OPERATOR)
    def pause_schedule(
        self, key: str, *, organization_id: str | None = None, why: str | None = None
    ) -> Operation[Noted]:
        """Lets a schedule rest."""
        return noted(
            ScheduleCalls.pause_repeatable_job.written(
                self, key, organization_id=organization_id, reason=why, paused_by=self.actor.by
            )
        )

    @action(OPERATOR)
    def resume_schedule(self, key: str, *, organization_id: str | None = None) -> Operation[Noted]:
        """Lets a paused schedule go on."""
        return noted(ScheduleCalls.resume_repeatable_job.written(self, key, organization_id=organization_id))

    @action(OPERATOR)
    def run_schedule(self, key: str, *, organization_id: str | None = None) -> Operation[Noted]:
        """Runs its job once, now. `changed` False: its last job still waits or runs, and it is not to overlap."""
        return noted(ScheduleCalls.run_repeatable_job.written(self, key, organization_id=organization_id))

    @action(OPERATOR)
    def remove_schedule(self, key: str, *, organization_id: str | None = None) -> Operation[Noted]:
        """Removes a schedule; jobs that it has created stay."""
        return noted(ScheduleCalls.remove_repeatable_job.written(self, key, organization_id=organization_id))


def _payload(rows: Sequence[Row]) -> dict[str, Any] | None:
    if not rows:
        return None
    given = rows[0]["payload"]
    payload: dict[str, Any] = json.loads(given) if isinstance(given, str) else given
    return payload
