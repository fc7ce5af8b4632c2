"""THE DEFAULT SCHEDULES: what an installation of the practice does by itself, and when.

Each is put once: whoever changes, pauses or removes one later keeps what he did, through every `up` and deploy. All are of
organization `system` and known by their job's name; times are UTC. What comes on a firm's own morning is looked for every
quarter of an hour, as there are time zones that are a quarter off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement
from advisorjobs.schedule_change import schedule_row

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["DEFAULTS", "DefaultSchedule", "put_defaults"]


@dataclass(frozen=True, slots=True)
class DefaultSchedule:
    """`job` is the key too. `purpose`: for people."""

    job: str
    cron: str
    purpose: str


# fmt: off
DEFAULTS = (
    DefaultSchedule("critical:health_check", "*/5 * * * *", "looks at database, storage, mail, AI and queues"),
    DefaultSchedule("scheduled:daily_reports", "*/15 * * * *", "yesterday's report, on each firm's morning"),
    DefaultSchedule("scheduled:invoice_reminders", "5-59/15 * * * *", "reminders of overdue invoices, on each firm's morning"),
    DefaultSchedule("scheduled:task_reminders", "10-59/15 * * * *", "reminders of tasks, on each firm's morning"),
    DefaultSchedule("scheduled:data_sync", "40 * * * *", "fetches what changed in connected services, hourly"),
    DefaultSchedule("maintenance:expired_locks", "35 * * * *", "takes away keys and limits that hold nobody, hourly"),
    DefaultSchedule("maintenance:log_cleanup", "20 2 * * *", "drops history of over 90 days, nightly"),
    DefaultSchedule("maintenance:clear_cache", "50 2 * * *", "drops expired answers and files without a row, nightly"),
    DefaultSchedule("maintenance:optimize_database", "20 3 * * *", "vacuums and reindexes what wants it, nightly"),
)
# fmt: on


def put_defaults(app: App, *, restore: bool = False) -> Operation[Mapping[str, str]]:
    """Puts those that were never put here, or with *restore* all of them as they are above; a pause stays.

    Key -> created, changed or unchanged; a key that is missing was put before, and is left as people have it.
    """
    rows = [_row(app, each) for each in DEFAULTS]
    values = {"schedules": json.dumps(rows), "restore": restore}
    return operation("put_defaults", statement("put_default_schedules"), values, _outcomes)


def _row(app: App, default: DefaultSchedule) -> dict[str, object]:
    return schedule_row(
        app.enqueuer.row,
        None,
        default.job,
        {"organization_id": "system"},
        default.cron,
        {"key": default.job, "overlap": "skip", "changed_by": "default"},
    )


def _outcomes(rows: Sequence[Row]) -> Mapping[str, str]:
    return {row["key"]: row["outcome"] for row in rows}
