"""What people do to queues, organizations and keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.actions.actions import Actions
from advisorjobs.actions.noted import Noted
from advisorjobs.actor import Via
from advisorjobs.errors import SettingsError
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.web.access.person import Role
from advisorjobs.web.acting import REFUSED, acted, actions_of, back, form_of, moment, told
from advisorjobs.web.page import Page
from advisorjobs.web.said import Said

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "change_of"]

Deed = Callable[[Actions, Any], Awaitable[Noted]]


def change_of(form: Any, *names: str) -> dict[str, Any]:
    """The limits that a form sets: numbers as such, "none" takes one away, an empty field leaves it as it is."""
    given = {name: form.get(name, "") for name in names}
    return {
        name: int(value) if value.isdecimal() and len(value) < 10 else value for name, value in given.items() if value
    }


def _fair(form: Any) -> bool | None:
    said = form.get("fair", "")
    return said == "yes" if said else None


async def pause_queue(request: Request, site: Site) -> Response:
    name = request.path_params["queue"]
    return await _noted(
        request,
        site,
        f"{name} is paused",
        lambda do, form: do.pause_queue(
            name,
            organization_id=form.get("organization") or None,
            why=form.get("why") or None,
            until=moment(form, "until"),
        ),
    )


async def resume_queue(request: Request, site: Site) -> Response:
    name = request.path_params["queue"]
    return await _noted(
        request,
        site,
        f"{name} goes on",
        lambda do, form: do.resume_queue(name, organization_id=form.get("organization") or None),
    )


async def limit_queue(request: Request, site: Site) -> Response:
    name = request.path_params["queue"]
    limits = ("rate", "running", "organization_rate", "organization_running")
    return await _noted(
        request,
        site,
        f"The limits of {name} are changed",
        lambda do, form: do.set_queue_limit(name, **change_of(form, *limits), fair=_fair(form), why=form.get("why")),
    )


async def reset_queue(request: Request, site: Site) -> Response:
    name = request.path_params["queue"]
    done = f"{name} has the limits of the queue table again"
    return await _noted(request, site, done, lambda do, form: do.reset_queue_limit(name))


async def pause_organization(request: Request, site: Site) -> Response:
    name = request.path_params["organization_id"]
    return await _noted(
        request,
        site,
        f"{name} is paused in every queue",
        lambda do, form: do.pause_organization(name, why=form.get("why"), until=moment(form, "until")),
    )


async def resume_organization(request: Request, site: Site) -> Response:
    name = request.path_params["organization_id"]
    return await _noted(request, site, f"{name} goes on", lambda do, form: do.resume_organization(name))


async def limit_organization(request: Request, site: Site) -> Response:
    name = request.path_params["organization_id"]
    return await _noted(
        request,
        site,
        f"The rule for {name} is changed",
        lambda do, form: do.set_organization_rule(
            name,
            queue=form.get("queue") or None,
            **change_of(form, "weight", "rate", "running"),
            why=form.get("why"),
        ),
    )


async def unlimit_organization(request: Request, site: Site) -> Response:
    name = request.path_params["organization_id"]
    return await _noted(
        request,
        site,
        f"{name} is served as all others are",
        lambda do, form: do.remove_organization_rule(name, queue=form.get("queue") or None),
    )


async def limit_key(request: Request, site: Site) -> Response:
    return await _noted(
        request,
        site,
        "The key's limits are changed",
        lambda do, form: do.set_key_limit(
            form.get("key", ""), **change_of(form, "rate", "running"), why=form.get("why")
        ),
    )


async def unlimit_key(request: Request, site: Site) -> Response:
    done = "The key has no limits any more"
    return await _noted(request, site, done, lambda do, form: do.remove_key_limit(form.get("key", "")))


async def retry_failed(request: Request, site: Site) -> Response:
    name = request.path_params["queue"]
    return await _proposed(request, site, lambda do, form: do.propose("retry", wanted=JobFilter(queue=name)))


async def clean_queue(request: Request, site: Site) -> Response:
    name = request.path_params["queue"]
    return await _proposed(
        request, site, lambda do, form: do.propose_cleaning(name, form.get("state", ""), _before(form))
    )


def _before(form: Any) -> datetime:
    """The moment since before which jobs must have been so: `older_than` in hours."""
    hours = form.get("older_than", "") or "0"
    try:
        return datetime.now(UTC) - timedelta(hours=float(hours))
    except (ValueError, OverflowError):
        raise SettingsError("older_than", hours[:20], "must be hours") from None


async def _noted(request: Request, site: Site, done: str, deed: Deed) -> Response:
    form = await form_of(request)
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))

    def tell(came: Noted) -> Said:
        return Said(text=done, undo=came.audit_id) if came.changed else Said(text="It was so already", kind="warn")

    async def doing() -> Noted:
        return await deed(do, form)

    return await acted(request, form, doing, tell)


async def _proposed(request: Request, site: Site, deed: Callable[[Actions, Any], Awaitable[int]]) -> Response:
    form = await form_of(request)
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))
    try:
        number = await deed(do, form)
    except REFUSED as error:
        return back(request, form, Said(text=told(error), kind="bad"))
    return back(request, form, None, request.url_for("action", action_id=number).path)


def _page(path: str, answer: Any, needs: Role = Role.OPERATOR) -> Page:
    return Page(path=path, answer=answer, name=answer.__name__, needs=needs, methods=("POST",))


PAGES = (
    _page("/queues/{queue:path}/pause", pause_queue),
    _page("/queues/{queue:path}/resume", resume_queue),
    _page("/queues/{queue:path}/limit", limit_queue),
    _page("/queues/{queue:path}/reset-limit", reset_queue),
    _page("/queues/{queue:path}/retry-failed", retry_failed),
    _page("/queues/{queue:path}/clean", clean_queue, Role.ADMIN),
    _page("/organizations/{organization_id:path}/pause", pause_organization),
    _page("/organizations/{organization_id:path}/resume", resume_organization),
    _page("/organizations/{organization_id:path}/limit", limit_organization, Role.ADMIN),
    _page("/organizations/{organization_id:path}/remove-limit", unlimit_organization, Role.ADMIN),
    _page("/keys/limit", limit_key, Role.ADMIN),
    _page("/keys/remove-limit", unlimit_key, Role.ADMIN),
)
