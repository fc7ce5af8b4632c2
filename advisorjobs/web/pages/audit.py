"""The audit log: who did what, when, why and what it changed; and the button that takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.actions.audit import AuditFilter, AuditPage, Undone
from advisorjobs.actor import Via
from advisorjobs.errors import ActionRefused, SettingsError
from advisorjobs.web.access.person import Role
from advisorjobs.web.acting import acted, actions_of, form_of, moment, told
from advisorjobs.web.page import Page
from advisorjobs.web.said import Said

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

ACTIONS = (
    "retry", "cancel", "promote", "priority", "edit", "show values", "pause", "resume", "limit", "reset limit", "remove limit",
    "clean", "create", "remove", "run", "undo", "add", "change", "set password", "sign in", "revoke",
)  # fmt: skip
KINDS = ("job", "jobs", "action", "queue", "organization", "key", "schedule", "person", "token")
FIELDS = ("by", "action", "subject_kind", "subject", "organization_id", "since", "until")


async def audit(request: Request, site: Site) -> Response:
    given = {name: value.strip() for name, value in request.query_params.items() if name in FIELDS and value.strip()}
    do = actions_of(request.state.person, site, Via.DASHBOARD)
    wrong = None
    page = AuditPage(entries=(), older=None)
    try:
        wanted = AuditFilter(
            **{name: given.get(name) for name in FIELDS[:5]}, since=moment(given, "since"), until=moment(given, "until")
        )
        page = await do.read_audit(wanted, after=request.query_params.get("after") or None)
    except (ActionRefused, SettingsError) as error:
        wrong = told(error)
    older = f"?{urlencode({**given, 'after': page.older})}" if page.older else None
    newest = f"?{urlencode(given)}" if "after" in request.query_params else None
    return site.page(
        request,
        "audit.html",
        page=page,
        given={name: given.get(name) for name in FIELDS},
        wrong=wrong,
        older=older,
        newest=newest,
        actions=ACTIONS,
        kinds=KINDS,
        may_undo=request.state.person.may(Role.OPERATOR),
    )


async def undo(request: Request, site: Site) -> Response:
    form, number = await form_of(request), request.path_params["audit_id"]
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))

    def tell(undone: Undone) -> Said:
        return Said(text="It is taken back", action=undone.action_id)

    return await acted(request, form, lambda: do.undo(number), tell)


PAGES = (
    Page(path="/audit", answer=audit, name="audit", needs=Role.VIEWER),
    Page(path="/audit/{audit_id:number}/undo", answer=undo, name="undo", needs=Role.OPERATOR, methods=("POST",)),
)
