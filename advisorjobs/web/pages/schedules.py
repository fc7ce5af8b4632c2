"""Schedules: all of them, one with its coming and last runs, and what people do to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.flow.clock_notes import upcoming_runs
from advisorjobs.schedules import Schedule, ScheduleState
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "found", "key_path"]

COMING = 10


async def schedules(request: Request, site: Site) -> Response:
    person: Person = request.state.person
    queue = request.query_params.get("queue") or None
    listed = await site.manager.list_repeatable_jobs(organization_id=person.organization_id, queue=queue)
    order = {ScheduleState.BROKEN: 0, ScheduleState.ACTIVE: 1, ScheduleState.PAUSED: 2, ScheduleState.ENDED: 3}
    listed = sorted(listed, key=lambda each: (order[each.state], each.next_run_at is None, each.next_run_at or each.created_at))
    return site.page(request, "schedules.html", schedules=listed, queue=queue)


async def schedule(request: Request, site: Site) -> Response:
    shown = await found(request, site)
    past = await site.inspector.get_schedule_runs(shown.key, shown.organization_id, 20)
    paused = shown.state is ScheduleState.PAUSED
    coming = upcoming_runs(shown.upcoming(COMING), shown.seen_at, timezone=shown.timezone, cron=shown.cron)
    return site.page(request, "schedule.html", schedule=shown, coming=coming, past=past, paused=paused)


async def pause(request: Request, site: Site) -> Response:
    shown = await found(request, site)
    form = await request.form()
    await site.manager.pause_repeatable_job(
        shown.key,
        organization_id=shown.organization_id or "",
        reason=str(form.get("why") or "").strip() or None,
        paused_by=request.state.person.name,
    )
    return _back(request, shown)


async def resume(request: Request, site: Site) -> Response:
    shown = await found(request, site)
    await site.manager.resume_repeatable_job(shown.key, organization_id=shown.organization_id or "")
    return _back(request, shown)


async def run(request: Request, site: Site) -> Response:
    """Runs it once, now. Where the job before still lives and its policy is to skip then, the page says so."""
    shown = await found(request, site)
    job = await site.manager.run_repeatable_job(shown.key, organization_id=shown.organization_id or "")
    if job is None:
        raise HTTPException(
            HTTPStatus.CONFLICT, f"The last job of {shown.key} still waits or runs, and its overlap policy is skip."
        )
    return _back(request, shown)


async def remove(request: Request, site: Site) -> Response:
    shown = await found(request, site)
    form = await request.form()
    if form.get("confirmed") != shown.key:
        return site.page(request, "schedule_remove.html", schedule=shown)
    await site.manager.remove_repeatable_job(shown.key, organization_id=shown.organization_id or "")
    return RedirectResponse(request.url_for("schedules"), HTTPStatus.SEE_OTHER)


async def found(request: Request, site: Site) -> Schedule:
    """The schedule that the path names. Raises HTTPException 404 where there is none that the person may see."""
    person: Person = request.state.person
    owner = request.query_params.get("organization", "")
    if person.organization_id in (None, owner):
        known = await site.manager.get_repeatable_job(request.path_params["key"], organization_id=owner)
        if known is not None:
            return known
    raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such schedule.")


def key_path(request: Request, name: str, schedule: Schedule) -> str:
    """The address of a page of *schedule*: its key, and whose it is."""
    address = request.url_for(name, key=schedule.key)
    return str(address.include_query_params(organization=schedule.organization_id) if schedule.organization_id else address)


def _back(request: Request, shown: Schedule) -> Response:
    return RedirectResponse(key_path(request, "schedule", shown), HTTPStatus.SEE_OTHER)


PAGES = (
    Page(path="/schedules", answer=schedules, name="schedules", needs=Role.VIEWER, own=True),
    Page(path="/schedules/{key:path}/pause", answer=pause, name="schedule_pause", needs=Role.OPERATOR, methods=("POST",)),
    Page(path="/schedules/{key:path}/resume", answer=resume, name="schedule_resume", needs=Role.OPERATOR, methods=("POST",)),
    Page(path="/schedules/{key:path}/run", answer=run, name="schedule_run", needs=Role.OPERATOR, methods=("POST",)),
    Page(path="/schedules/{key:path}/remove", answer=remove, name="schedule_remove", needs=Role.OPERATOR, methods=("GET", "POST")),
    Page(path="/schedules/{key:path}", answer=schedule, name="schedule", needs=Role.VIEWER, own=True),
)
