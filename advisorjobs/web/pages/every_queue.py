"""All queues at once: nothing starts, and on again. Asked before, as many wait for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.actions.actions import Actions
from advisorjobs.actions.noted import Noted
from advisorjobs.actor import Via
from advisorjobs.queue_stats import QueueStats
from advisorjobs.queues import QUEUES
from advisorjobs.web.access.person import Role
from advisorjobs.web.acting import acted, actions_of, ask, back, form_of
from advisorjobs.web.page import Page
from advisorjobs.web.said import Said

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "pausable"]

Deed = Callable[[Actions, str], Awaitable[Noted]]


async def pause_every_queue(request: Request, site: Site) -> Response:
    """Those of the queue table, and others that have jobs and whose code is known; paused ones keep their reason and end."""
    form = await form_of(request)
    free = [stats.queue for stats in await _queues(site) if not stats.is_paused]
    if form.get("sure") != "yes":
        text = f"Nothing new starts in {', '.join(free)} until it is resumed; what runs goes on. Each can be undone."
        return ask(request, site, form, title="Pause all queues?", text=text, button="Pause all", danger=True, why=True)
    return await _each(request, site, free, lambda do, queue: do.pause_queue(queue, why=form.get("why")), "paused")


async def resume_every_queue(request: Request, site: Site) -> Response:
    """Every paused queue goes on, whoever paused it: the page that asks names them with their reasons."""
    form = await form_of(request)
    paused = [stats for stats in await _queues(site) if stats.is_paused]
    if form.get("sure") != "yes":
        text = f"These go on: {', '.join(map(_with_reason, paused))}. Organizations that are paused stay so."
        return ask(request, site, form, title="Resume all queues?", text=text, button="Resume all")
    names = [stats.queue for stats in paused]
    return await _each(request, site, names, lambda do, queue: do.resume_queue(queue), "resumed")


async def _queues(site: Site) -> list[QueueStats]:
    return pausable(site, await site.manager.get_all_queue_stats())


def pausable(site: Site, every: Iterable[QueueStats]) -> list[QueueStats]:
    """Of *every*, the queues that a page may pause: those of the queue table and of jobs whose code is known."""
    known = {*QUEUES, *(job.queue for job in site.app.catalogue.values())}
    return [stats for stats in every if stats.queue in known]


async def _each(request: Request, site: Site, queues: Sequence[str], deed: Deed, done: str) -> Response:
    """One after the other, each noted for itself; what is refused ends it, and says why."""
    form = await form_of(request)
    if not queues:
        return back(request, form, Said(text="It was so already", kind="warn"))
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))

    async def doing() -> int:
        return sum([(await deed(do, queue)).changed for queue in queues])

    return await acted(
        request, form, doing, lambda count: Said(text=f"{count} queue{'' if count == 1 else 's'} {done}")
    )


def _with_reason(stats: QueueStats) -> str:
    reason = stats.pause.reason if stats.pause is not None else None
    return f"{stats.queue} ({reason})" if reason else stats.queue


PAGES = tuple(
    Page(path=path, answer=answer, name=answer.__name__, needs=Role.OPERATOR, methods=("POST",))
    for path, answer in (("/pause-queues", pause_every_queue), ("/resume-queues", resume_every_queue))
)
