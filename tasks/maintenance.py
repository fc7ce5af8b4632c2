"""Upkeep of the whole system: its organization is `system`. What belongs to firms is cleaned by a job for each of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from advisorjobs.fields import Flag, NoRepeats, Whole
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.task import task

Result = dict[str, Any]
SYSTEM = "system"
SHORTEST_EVENTS = 30
"""Days that webhook events are kept at least: services repeat them for some, and order is told from those before."""


class MaintenancePayload(Payload):
    organization_id: Literal["system"]


class LogCleanupPayload(Payload):
    """Takes away the history of runs that ended more than `keep_days` ago. A firm: its webhook events that are as old."""

    keep_days: Annotated[Whole, Field(ge=1, le=3650)] = 90


class OptimizeDatabasePayload(MaintenancePayload):
    """`tables` default all of AdvisorJobs' and the practice's; `dry_run`: says only what it would do."""

    tables: (
        Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")], ...], Field(min_length=1), NoRepeats]
        | None
    ) = None
    dry_run: Flag = False


class ClearCachePayload(Payload):
    """`only_expired` False: everything that can be made again."""

    only_expired: Flag = True


class ExpiredLocksPayload(MaintenancePayload):
    """Takes away locks that have been free for so long."""

    older_than_minutes: Annotated[Whole, Field(ge=1, le=525_600)] = 60


class BulkActionPayload(MaintenancePayload):
    """Carries out an action of people on many jobs."""

    action_id: Annotated[Whole, Field(ge=1, le=2**63 - 1)]


@task("maintenance:log_cleanup", payload=LogCleanupPayload)
def log_cleanup(job: JobRun[LogCleanupPayload]) -> Result:
    """Drops old months of history whole and the rest in small steps, and of the audit log what is past its own time; then
    a job for each firm.

    Mails and the feed stay: that a reminder was sent is the firm's record, and no log.
    """
    from advisorjobs.upkeep.audit import forget_audit
    from advisorjobs.upkeep.handing_out import Errand, hand_out
    from advisorjobs.upkeep.history import clean_history
    from advisorjobs.upkeep.leftovers import BATCH, clear_events

    if job.payload.organization_id == SYSTEM:
        done = clean_history(job.payload.keep_days, lambda step: job.progress(step, None, "history"))
        forgotten = forget_audit(lambda rows: job.progress(rows, None, "audit log"))
        handed = hand_out(job, lambda firm: Errand(key=f"asked:{job.id}"))
        history = {"before": done.before.isoformat(), "months": list(done.months), "rows": done.rows}
        return {**history, "audit_rows": forgotten, **handed}
    removed, batch = 0, BATCH
    while batch == BATCH:
        with job.connection() as connection:
            batch = clear_events(connection, max(job.payload.keep_days, SHORTEST_EVENTS))
        removed += batch
        job.progress(removed, None, "events")
    return {"webhook_events": removed}


@task("maintenance:optimize_database", payload=OptimizeDatabasePayload)
def optimize_database(job: JobRun[OptimizeDatabasePayload]) -> Result:
    """Vacuums, analyzes and reindexes what the measures say wants it. Holds nobody up; what is busy is left alone."""
    from advisorjobs.upkeep.optimizing import optimize

    return optimize(job.payload.tables, dry_run=job.payload.dry_run, deadline=job.deadline, tell=job.progress)


@task("maintenance:clear_cache", payload=ClearCachePayload)
def clear_cache(job: JobRun[ClearCachePayload]) -> Result:
    """Clears this machine's old temporary folders; then, firm by firm, cached answers and files without a row."""
    from advisorjobs.documents import sweep
    from advisorjobs.upkeep.handing_out import Errand, hand_out
    from advisorjobs.upkeep.leftovers import BATCH, clear_cached, clear_temporary

    if job.payload.organization_id == SYSTEM:
        return {"temporary_folders": clear_temporary(), **hand_out(job, lambda firm: Errand(key=f"asked:{job.id}"))}
    removed, batch = 0, BATCH
    while batch == BATCH:
        with job.connection() as connection:
            batch = clear_cached(connection, only_expired=job.payload.only_expired)
        removed += batch
        job.progress(removed, None, "cached")
    return {"cached": removed, "files": sweep(job.payload.organization_id)}


@task("maintenance:expired_locks", payload=ExpiredLocksPayload)
def expired_locks(job: JobRun[ExpiredLocksPayload]) -> Result:
    """Takes away what holds nobody any more: keys of ended jobs, limits that are over, pauses of yesterday."""
    from advisorjobs.application import the_app
    from advisorjobs.upkeep.locks import free_locks

    return the_app().run_steps(free_locks(job.payload.older_than_minutes))


@task("maintenance:bulk_action", payload=BulkActionPayload)
def bulk_action(job: JobRun[BulkActionPayload]) -> Result:
    """Changes many jobs in steps, each a transaction; after a crash it goes on from where it was."""
    from advisorjobs.upkeep.bulk_action import carry_out

    return carry_out(job, job.payload.action_id)
