"""/api/queues: how queues stand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from advisorjobs.queue_stats import QueueStats
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(prefix="/queues", tags=["queues"])


@router.get("")
async def list_queues(
    person: Annotated[Person, Depends(needs(Role.VIEWER))], site: Annotated[Site, Depends(site_of)]
) -> list[QueueStats]:
    """How every queue stands."""
    return await site.shared("queue stats", 0.9, site.manager.get_all_queue_stats)
