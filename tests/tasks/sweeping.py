"""A job that sweeps, named by ADVISORJOBS_IMPORTS, so that children find it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from advisorjobs.documents import sweep
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.task import task


class SweepPayload(Payload):
    """`with_connection`: by the job's own connection."""

    with_connection: bool


@task("test:sweep", payload=SweepPayload, queue="maintenance")
def swept(job: JobRun[SweepPayload]) -> dict[str, Any]:
    """What a job for one organization does."""
    if not job.payload.with_connection:
        return {"removed": sweep(job.payload.organization_id, older_than=timedelta(0))}
    with job.connection() as connection:
        return {"removed": sweep(job.payload.organization_id, older_than=timedelta(0), connection=connection)}
