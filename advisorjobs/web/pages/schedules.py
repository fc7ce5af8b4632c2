"""Schedules: all of them, one with its coming and last runs, and what people do to it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.actor import Via
from advisorjobs.flow.clock_notes import upcoming_runs
from advisorjobs.schedules import Schedule, ScheduleState, without_names
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.acting import actions_of
from advisorjobs.web.page import Page
from advisorjobs.web.said import Said, say
from advisorjobs.web.site import address_of, path_of

if TYPE_CHECKING:
    from advisorjobs.actions.actions import Actions
    from advisorjobs.web.site import Site

__all__ = ["COMING", "PAGES", "addresses", "found", "told_to"]

COMING = 10
ROWS = 100


async def schedules(request: Request, site: Site) -> Response:
    person: Person = request.state.person
    queue = request.query_params.get("queue", "").replace("\0", "") or None
    listed = await site.manager.list_repeatable_jobs(organization_id=person.organization_id, queue=queue)
    order = {ScheduleState.BROKEN: 0, ScheduleState.ACTIVE: 1, ScheduleState.PAUSED: 2, ScheduleState.ENDED: 3}
    listed = sorted(
        listed, key=lambda each: (order[each.state], each.next_run_at is None, each.next_run_at or each.created_at)
    )
    asked = request.query_params.get("page", "")
    last = max(0, len(listed) - 1) // ROWS
    page = min(int(asked), last) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    rows = [(told_to(person, each), address(request, each)) for each in listed[page * ROWS : (page + 1) * ROWS]]

    def at(number: int) -> str | None:
        return path_of(request.url.include_query_params(page=number)) if 0 <= number <= last else None

    return site.page(
        request,
        "schedules.html",
        schedules=rows,
        queue=queue,
        before=at(page - 1),
        after=at(page + 1),
        found=len(listed),
    )


async def schedule(request: Request, site: Site) -> Response:
    shown = await found(request, site)
    past = await site.inspector.get_schedule_runs(shown.key, shown.organization_id, 20)
    paused = shown.state is ScheduleState.PAUSED
    coming = upcoming_runs(shown.upcoming(COMING), shown.seen_at, timezone=shown.timezone, cron=shown.cron)
    return site.page(
        request, "schedule.html", schedule=shown, coming=coming, past=past, paused=paused, to=addresses(request, shown)
    )


async def pause(request: Request, site: Site) -> Response:
    shown = await found(request, site)
    form = await request.form()
    why = str(form.get("why") or "").strip() or None
    done = await _theirs(request, site).pause_schedule(shown.key, organization_id=shown.organization_id or "", why=why)
    return _back(request, shown, Said(text=f"{shown.key} rests until it is resumed.", undo=done.audit_id))


async def resume(request: Request, site: Site) -> Response:
    shown = await found(request, site)
    done = await _theirs(request, site).resume_schedule(shown.key, organization_id=shown.organization_id or "")
    return _back(request, shown, Said(text=f"{shown.key} goes on with its next run.", undo=done.audit_id))


async def run(request: Request, site: Site) -> Response:
    """Runs it once, now, after a question. Where its last job still lives and its policy is to skip then, that is said."""
    shown = await found(request, site)
    if not await _confirmed(request, shown):
        return site.page(request, "schedule_run.html", schedule=shown, to=addresses(request, shown))
    done = await _theirs(request, site).run_schedule(shown.key, organization_id=shown.organization_id or "")
    if done.changed:
        return _back(request, shown, Said(text=f"{shown.key} runs once: its job is queued."))
    refused = f"The last job of {shown.key} still waits or runs, and its overlap policy is to skip the run then."
    return _back(request, shown, Said(text=refused, kind="warn"))


async def remove(request: Request, site: Site) -> Response:
    shown = await found(request, site)
    if not await _confirmed(request, shown):
        return site.page(request, "schedule_remove.html", schedule=shown, to=addresses(request, shown))
    await _theirs(request, site).remove_schedule(shown.key, organization_id=shown.organization_id or "")
    response = RedirectResponse(request.url_for("schedules").path, HTTPStatus.SEE_OTHER)
    return say(response, request, Said(text=f"{shown.key} is removed."))


async def _confirmed(request: Request, shown: Schedule) -> bool:
    if request.method != "POST":
        return False
    form = await request.form()
    return form.get("confirmed") == shown.key


async def found(request: Request, site: Site) -> Schedule:
    """The schedule that the path names. Raises HTTPException 404 where there is none that the person may see."""
    person: Person = request.state.person
    owner = request.query_params.get("organization", "")
    if person.organization_id in (None, owner) and "\0" not in owner:
        known = await site.manager.get_repeatable_job(request.path_params["key"], organization_id=owner)
        if known is not None:
            return told_to(person, known)
    raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such schedule.")


def told_to(person: Person, schedule: Schedule) -> Schedule:
    """The schedule as *person* may see it: without names and notes where they belong to an organization."""
    return schedule if person.organization_id is None else without_names(schedule)


def addresses(request: Request, schedule: Schedule) -> dict[str, str]:
    """The pages of a schedule, by what they do."""
    names = {"show": "schedule"} | {each: f"schedule_{each}" for each in ("edit", "pause", "resume", "run", "remove")}
    return {each: address(request, schedule, name) for each, name in names.items()}


def address(request: Request, schedule: Schedule, name: str = "schedule") -> str:
    """A page of a schedule: its key, and whose it is."""
    owner = {"organization": schedule.organization_id} if schedule.organization_id else {}
    return path_of(address_of(request, name, key=schedule.key).include_query_params(**owner))


def _theirs(request: Request, site: Site) -> Actions:
    return actions_of(request.state.person, site, Via.DASHBOARD)


def _back(request: Request, shown: Schedule, said: Said) -> Response:
    response = RedirectResponse(addresses(request, shown)["show"], HTTPStatus.SEE_OTHER)
    return say(response, request, said)


PAGES = (
    Page(path="/schedules", answer=schedules, name="schedules", needs=Role.VIEWER, own=True),
    Page(
        path="/schedules/pause/{key:path}", answer=pause, name="schedule_pause", needs=Role.OPERATOR, methods=("POST",)
    ),
    Page(
        path="/schedules/resume/{key:path}",
        answer=resume,
        name="schedule_resume",
        needs=Role.OPERATOR,
        methods=("POST",),
    ),
    Page(
        path="/schedules/run/{key:path}", answer=run, name="schedule_run", needs=Role.OPERATOR, methods=("GET", "POST")
    ),
    Page(
        path="/schedules/remove/{key:path}",
        answer=remove,
        name="schedule_remove",
        needs=Role.OPERATOR,
        methods=("GET", "POST"),
    ),
    Page(path="/schedules/of/{key:path}", answer=schedule, name="schedule", needs=Role.VIEWER, own=True),
)
