"""/api/workers, /api/limits and /api/database: who works, what limits allow, how the database is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from advisorjobs.inspector.database_health import DatabaseHealth
from advisorjobs.inspector.limit_states import LimitState
from advisorjobs.inspector.processes import WorkerProcess
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.site import Site
from advisorjobs.worker_statistics import WorkerStatistics

__all__ = ["router"]

router = APIRouter(tags=["system"])
Caller = Annotated[Person, Depends(needs(Role.VIEWER))]
TheSite = Annotated[Site, Depends(site_of)]


@router.get("/workers")
async def list_workers(person: Caller, site: TheSite, ended: bool = False) -> tuple[WorkerProcess, ...]:
    """Worker processes that live or fell silent, and (`ended`) those that ended last."""
    return await site.shared(("processes", ended), 0.9, lambda: site.inspector.read_processes(ended=ended))


@router.get("/workers/statistics")
async def list_worker_statistics(person: Caller, site: TheSite) -> list[WorkerStatistics]:
    """What each process did in each of its queues: those that live, and those seen within a day."""
    return await site.shared("worker statistics", 5.0, site.tracker.get_worker_statistics)


@router.get("/limits")
async def list_limits(person: Caller, site: TheSite) -> tuple[LimitState, ...]:
    """What each limit of a queue, an organization and a key allows now."""
    return await site.shared("limits", 0.9, site.inspector.read_limits)


@router.get("/database")
async def read_database(person: Caller, site: TheSite) -> DatabaseHealth:
    """How the database is, by the system's catalogs."""
    return await site.shared("database", 10.0, site.inspector.read_database)
