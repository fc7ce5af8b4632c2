"""What a claim gives a worker: one job, and the fence of this run of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

__all__ = ["Claimed"]


class Claimed(NamedTuple):
    """One row of advisorjobs_claim_jobs, in its column order, with the token of the claim before the last.

    `priority` is as stored (negated). `attempt` counts this run, leaving out snoozed and released ones; `run_no` counts
    every run. `crashes`: how often a child process died of it. `suspect`: a worker died while it held this job, so it
    runs alone in a child process. `traceparent`: W3C's, of the span that queued it.
    """

    id: int
    queue: str
    name: str
    priority: int
    lock: str | None
    queueing_lock: str | None
    args: dict[str, Any]
    planned_at: datetime | None
    attempt: int
    run_no: int
    crashes: int
    suspect: bool
    organization_id: str | None
    tags: list[str] | None
    token: str
    traceparent: str | None = None
