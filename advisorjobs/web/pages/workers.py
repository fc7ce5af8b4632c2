"""Worker processes: whether they live, what they use and run, what they have done."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.web.access.person import Role
from advisorjobs.web.page import Page
from advisorjobs.worker_statistics import WorkerStatistics

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

FRESH = 0.9
STATISTICS_FRESH = 5.0


async def workers(request: Request, site: Site) -> Response:
    """`?ended=1`: those that have ended too."""
    ended = request.query_params.get("ended") == "1"
    processes = await site.shared(("processes", ended), FRESH, lambda: site.inspector.read_processes(ended=ended))
    statistics = await site.shared("worker statistics", STATISTICS_FRESH, site.tracker.get_worker_statistics)
    done: dict[int, list[WorkerStatistics]] = defaultdict(list)
    for each in statistics:
        done[each.worker_id].append(each)
    return site.page(request, "workers.html", processes=processes, done=done, ended=ended)


PAGES = (Page(path="/workers", answer=workers, name="workers", needs=Role.VIEWER),)
