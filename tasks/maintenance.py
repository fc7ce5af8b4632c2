"""Upkeep of the whole system, for no firm in particular: its organization is `system`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from advisorjobs.fields import Flag, NoRepeats, Whole
from advisorjobs.payloads import Payload
from advisorjobs.task import task


class MaintenancePayload(Payload):
    organization_id: Literal["system"]


class LogCleanupPayload(MaintenancePayload):
    """Takes away the history of runs that ended more than `keep_days` ago."""

    keep_days: Annotated[Whole, Field(ge=1, le=3650)] = 90


class OptimizeDatabasePayload(MaintenancePayload):
    """`tables` default all of AdvisorJobs' and the practice's; `dry_run`: says only what it would do."""

    tables: (
        Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")], ...], Field(min_length=1), NoRepeats]
        | None
    ) = None
    dry_run: Flag = False


class ClearCachePayload(MaintenancePayload):
    """`only_expired` False: everything that can be made again."""

    only_expired: Flag = True


class ExpiredLocksPayload(MaintenancePayload):
    """Takes away locks that have been free for so long."""

    older_than_minutes: Annotated[Whole, Field(ge=1, le=525_600)] = 60


log_cleanup = task("maintenance:log_cleanup", payload=LogCleanupPayload)
optimize_database = task("maintenance:optimize_database", payload=OptimizeDatabasePayload)
clear_cache = task("maintenance:clear_cache", payload=ClearCachePayload)
expired_locks = task("maintenance:expired_locks", payload=ExpiredLocksPayload)
