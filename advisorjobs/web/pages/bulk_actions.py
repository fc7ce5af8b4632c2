"""Actions on many jobs: from a list's boxes or its filter, with a look before, progress meanwhile and an outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.actions.bulk_actions import BULK, BulkAction
from advisorjobs.actions.job_actions import reason_text
from advisorjobs.actor import Via
from advisorjobs.errors import SettingsError
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.web.access.person import Role
from advisorjobs.web.acting import REFUSED, acted, actions_of, back, form_of, found, told, whole
from advisorjobs.web.page import Page
from advisorjobs.web.said import Said

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

SHOWN = 100
NONE_TICKED = "No job is ticked: tick some, or choose all that match"


async def act_on_jobs(request: Request, site: Site) -> Response:
    """`action`, `job` for each that is ticked, or `all` with the search's fields. Promotions and priorities of ticked jobs
    can be undone, and are done at once; all else is looked at first."""
    form = await form_of(request)
    ticked = (await request.form()).getlist("job")
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))
    what = form.get("action", "")
    try:
        priority = whole(form, "priority") if what == "priority" else None
        if form.get("all"):
            number = await do.propose(what, wanted=JobFilter.of(form), priority=priority)
        elif not ticked:
            return back(request, form, Said(text=NONE_TICKED, kind="warn"))
        else:
            number = await do.propose(what, jobs=[_number(job) for job in ticked], priority=priority)
            if what in ("promote", "priority"):
                await do.confirm(number)
    except REFUSED as error:
        return back(request, form, Said(text=told(error), kind="bad"))
    return back(request, form, None, request.url_for("action", action_id=number).path)


def _number(text: Any) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise SettingsError("job", None, "must be numbers of jobs")
    return int(text)


async def action(request: Request, site: Site) -> Response:
    """How it stands: proposed, with the buttons that carry it out or drop it; under way; ended, with what was refused."""
    shown = await _action(request, site)
    do = actions_of(request.state.person, site, Via.DASHBOARD)
    after = request.query_params.get("after", "0")
    refusals = await do.read_refusals(shown.id, int(after) if after.isdecimal() and len(after) < 19 else 0, SHOWN)
    return site.page(
        request,
        "action.html",
        action=shown,
        refusals=refusals,
        more=refusals[-1].job_id if len(refusals) == SHOWN else None,
        reason=reason_text,
        changeable=BULK,
        search=_search(request, shown),
        may_act=request.state.person.may(Role.OPERATOR),
    )


def _search(request: Request, shown: BulkAction) -> str:
    """The address of the search from which an action came; without what it looked for where that isn't told."""
    said = {name: value for name, value in (shown.filter or {}).items() if name in JobFilter.__slots__}
    said |= {"organization": (shown.filter or {}).get("organization_id")}
    states: list[str] = (shown.filter or {}).get("states") or []
    said |= {"status": states[0]} if len(states) == 1 else {}
    query = JobFilter().query(**{name: value for name, value in said.items() if "…" not in str(value)})
    return request.url_for("jobs").path + (f"?{query}" if query else "")


async def confirm(request: Request, site: Site) -> Response:
    form, number = await form_of(request), request.path_params["action_id"]
    shown = await _action(request, site)
    if shown.action == "clean" and not form.get("why"):
        wrong = Said(text="why: must say why: whoever looks at it later wants to know", kind="bad")
        return back(request, form, wrong, request.url_for("action", action_id=number).path)
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))

    def tell(agreed: bool) -> Said:
        return Said(text="It is carried out") if agreed else Said(text="It was decided already", kind="warn")

    return await _done(request, form, lambda: do.confirm(number, form.get("why") or None), tell)


async def cancel(request: Request, site: Site) -> Response:
    form, number = await form_of(request), request.path_params["action_id"]
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))

    def tell(stopped: bool) -> Said:
        return (
            Said(text="It is stopped: what is done stays done") if stopped else Said(text="It has ended", kind="warn")
        )

    return await _done(request, form, lambda: do.cancel_action(number), tell)


async def resume(request: Request, site: Site) -> Response:
    form, number = await form_of(request), request.path_params["action_id"]
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))

    def tell(goes_on: bool) -> Said:
        return Said(text="It goes on") if goes_on else Said(text="It has not stalled", kind="warn")

    return await _done(request, form, lambda: do.resume_action(number), tell)


async def _done(request: Request, form: Any, doing: Any, tell: Any) -> Response:
    here = request.url_for("action", action_id=request.path_params["action_id"]).path
    return await acted(request, {**form, "back": here}, doing, tell, here)


async def _action(request: Request, site: Site) -> BulkAction:
    number = request.path_params["action_id"]
    do = actions_of(request.state.person, site, Via.DASHBOARD)
    return found(await do.read_action(number), f"action {number}")


def _page(path: str, answer: Any, name: str) -> Page:
    return Page(path=path, answer=answer, name=name, needs=Role.OPERATOR, own=True, methods=("POST",))


PAGES = (
    _page("/jobs/actions", act_on_jobs, "act_on_jobs"),
    Page(path="/actions/{action_id:number}", answer=action, name="action", needs=Role.VIEWER, own=True),
    _page("/actions/{action_id:number}/confirm", confirm, "confirm_action"),
    _page("/actions/{action_id:number}/cancel", cancel, "cancel_action"),
    _page("/actions/{action_id:number}/resume", resume, "resume_action"),
)
