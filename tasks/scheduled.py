"""What schedules start: each finds the firms that are due and queues their jobs. Its organization is `system`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from advisorjobs.choices import ReportFormat, SyncSource
from advisorjobs.fields import Day, Identifier, NoRepeats, Whole
from advisorjobs.payloads import Payload
from advisorjobs.task import task


class ScheduledPayload(Payload):
    """`only`: these firms alone; default each that is due."""

    organization_id: Literal["system"]
    only: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=1000), NoRepeats] | None = None


class DailyReportsPayload(ScheduledPayload):
    """For the firms where it is morning. `day` None: their yesterday."""

    day: Day | None = None
    format: ReportFormat = "pdf"


class InvoiceRemindersPayload(ScheduledPayload):
    """Reminds of invoices that are overdue by at least `grace_days`, one level further than the last time."""

    grace_days: Annotated[Whole, Field(ge=0, le=365)] = 3


class TaskRemindersPayload(ScheduledPayload):
    """Reminds of tasks that are due within `days`, and of those that are overdue."""

    days: Annotated[Whole, Field(ge=0, le=60)] = 3


class DataSyncPayload(ScheduledPayload):
    """`sources` default all that a firm is connected with."""

    sources: Annotated[tuple[SyncSource, ...], Field(min_length=1), NoRepeats] | None = None


daily_reports = task("scheduled:daily_reports", payload=DailyReportsPayload)
invoice_reminders = task("scheduled:invoice_reminders", payload=InvoiceRemindersPayload)
task_reminders = task("scheduled:task_reminders", payload=TaskRemindersPayload)
data_sync = task("scheduled:data_sync", payload=DataSyncPayload)
