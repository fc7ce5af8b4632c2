"""A job of an application's, for the webhooks of the source `crm`."""

from __future__ import annotations

from typing import Any

from advisorjobs.tasks.webhooks import CustomWebhookPayload

from advisorjobs.job_run import JobRun
from advisorjobs.task import task


@task("webhook:crm", payload=CustomWebhookPayload, queue="webhooks")
async def crm(job: JobRun[CustomWebhookPayload]) -> dict[str, Any]:
    return {"event_type": job.payload.event_type, "event": job.payload.event}
