"""Handing work out: a job of `system` sees no firm's rows, so it queues a job of its own name for each firm.

Page by page, each page a transaction: however many firms there are, none of it is long. A second run queues nothing twice,
as each firm's job has a unique_key that says what it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from advisorjobs.enqueue import NewJob
from advisorjobs.job_run import JobRun
from advisorjobs.manager import get_queue_manager
from advisorjobs.services.firms import ListedFirm, list_firms

__all__ = ["Errand", "hand_out", "in_the_morning"]

PAGE = 500
KEPT = timedelta(days=2)
"""How long a key is kept after its job's end: longer than any local day, so that no tick of it starts another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a firm's job is for: the same `key` is done once. `fields`: of its payload, beside those of the job itself."""

    key: str
    fields: Mapping[str, Any] = field(default_factory=dict)


def hand_out(job: JobRun[Any], due: Callable[[ListedFirm], Errand | None]) -> dict[str, int]:
    """Queues a job for each firm that *due* has an errand for, of those that the payload's `only` names, or of all.

    Returns how many firms were looked at, how many jobs were queued, and how many were there already.
    """
    given = job.payload.model_dump(mode="json", exclude_unset=True, exclude={"organization_id", "only"})
    only, after = getattr(job.payload, "only", None), None
    counts = {"firms": 0, "queued": 0, "queued_before": 0}
    while True:
        with job.connection() as connection:
            firms = list_firms(connection, only, after, PAGE)
            errands = [(firm, errand) for firm in firms if (errand := due(firm)) is not None]
            jobs = [_job(job.name, {**given, **errand.fields}, firm, errand) for firm, errand in errands]
            done = get_queue_manager().sync.add_jobs(jobs, connection=connection) if jobs else []
        created = sum(each.created for each in done)
        counts["firms"] += len(firms)
        counts["queued"] += created
        counts["queued_before"] += len(done) - created
        job.progress(counts["firms"], None, "firms")
        if len(firms) < PAGE:
            return counts
        after = firms[-1].organization_id


def in_the_morning(
    job: JobRun[Any], fields: Callable[[ListedFirm], Mapping[str, Any]] = lambda firm: {}
) -> dict[str, int]:
    """Hands out to the firms where it is morning, once on each firm's own day; to those of `only` at once, each time."""

    def due(firm: ListedFirm) -> Errand | None:
        if job.payload.only is not None:
            return Errand(key=f"asked:{job.id}", fields=fields(firm))
        return Errand(key=f"day:{firm.today}", fields=fields(firm)) if firm.is_morning else None

    return hand_out(job, due)


def _job(name: str, fields: Mapping[str, Any], firm: ListedFirm, errand: Errand) -> NewJob:
    payload = {**fields, "organization_id": firm.organization_id}
    return NewJob(name=name, payload=payload, unique_key=errand.key, unique_for=KEPT)
