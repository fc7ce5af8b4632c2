"""What a schedule did: its last ticks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["ScheduleRun", "ScheduleRunCalls"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRun:
    """A tick. `outcome`: queued, skipped (the job before still lived) or elsewhere (procrastinate's deferrer was first).

    `asked_for`: by people, out of turn. `status`: of its job; None where there is none or it was cleaned away.
    """

    tick: datetime
    outcome: str
    asked_for: bool
    job_id: int | None
    at: datetime
    status: str | None


class ScheduleRunCalls:
    """What schedules did."""

    app: App

    @call
    def get_schedule_runs(self, key: str, organization_id: str | None, limit: int = 10) -> Operation[list[ScheduleRun]]:
        """The last *limit* ticks (a hundred are kept), the latest first. *organization_id* None: of none."""
        values = {"key": key, "organization_id": organization_id or "", "most": limit}
        return operation("get_schedule_runs", statement("schedule_ticks"), values, _read)


def _read(rows: Sequence[Row]) -> list[ScheduleRun]:
    return [ScheduleRun(**row) for row in rows]
