"""What people do to one job, from its page or a list."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from advisorjobs.actions.editing import Edited, JobToEdit
from advisorjobs.actions.job_actions import JobChange, reason_text
from advisorjobs.actor import Via
from advisorjobs.errors import PayloadError, SettingsError
from advisorjobs.web.access.person import Role
from advisorjobs.web.access.way_back import way_back
from advisorjobs.web.acting import acted, actions_of, ask, back, form_of, found, told, whole
from advisorjobs.web.page import Page
from advisorjobs.web.said import Said

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES"]

EDITED = {
    "retried": "Job {} waits to run again, with the payload that you gave it",
    "changed": "Job {} has the payload that you gave it, and waits on",
    "created": "Job {} has ended: job {new} has the payload that you gave it",
}


async def retry(request: Request, site: Site) -> Response:
    form, job = await form_of(request), request.path_params["job_id"]
    if form.get("sure") != "yes":
        text = f"Job {job} runs again under its number, with all its attempts."
        return ask(request, site, form, title=f"Retry job {job}?", text=text, button="Retry")
    return await _changed(
        request,
        site,
        form,
        lambda do: do.retry_job(job),
        f"Job {job} waits to run again",
        f"Job {job} can't be retried",
    )


async def cancel(request: Request, site: Site) -> Response:
    form, job = await form_of(request), request.path_params["job_id"]
    if form.get("sure") != "yes":
        text = "If it waits, it ends at once; if it runs, it is told to stop. It can't be undone."
        return ask(request, site, form, title=f"Cancel job {job}?", text=text, button="Cancel the job", danger=True)
    done = f"Job {job} is cancelled, or told to stop"
    return await _changed(request, site, form, lambda do: do.cancel_job(job), done, f"Job {job} can't be cancelled")


async def promote(request: Request, site: Site) -> Response:
    form, job = await form_of(request), request.path_params["job_id"]
    return await _changed(
        request,
        site,
        form,
        lambda do: do.promote_job(job),
        f"Job {job} may start now",
        f"Job {job} can't be started now",
    )


async def priority(request: Request, site: Site) -> Response:
    form, job = await form_of(request), request.path_params["job_id"]
    try:
        wanted = whole(form, "priority") or 0
    except SettingsError as error:
        return back(request, form, Said(text=told(error), kind="bad"))
    return await _changed(
        request,
        site,
        form,
        lambda do: do.change_priority(job, wanted),
        f"Job {job} has priority {wanted} now",
        f"The priority of job {job} stays",
    )


async def _changed(request: Request, site: Site, form: Any, change: Any, done: str, refused: str) -> Response:
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))

    def tell(change: JobChange) -> Said:
        if change.reason is not None:
            return Said(text=f"{refused}: {reason_text(change.reason)}", kind="warn")
        undoable = request.url.path.endswith(("promote", "priority"))
        return Said(text=done, undo=change.audit_id if undoable else None)

    return await acted(request, form, lambda: change(do), tell)


async def edit(request: Request, site: Site) -> Response:
    """Without a payload: shows the form, which is noted, as it shows values. With one: checks and saves it."""
    form, number = await form_of(request), request.path_params["job_id"]
    do = actions_of(request.state.person, site, Via.DASHBOARD, form.get("why"))
    given = form.get("payload")
    leads = way_back(request, form.get("back", "")) if form.get("back") else ""
    job = found(await do.read_job_to_edit(number, shown=given is None), f"job {number}")
    if given is None:
        return _edit_page(request, site, job, text=_shown(job.payload), version=job.version, back=leads)
    kept = {"text": given, "version": form.get("version", ""), "back": leads, "why": form.get("why", "")}
    try:
        payload = _read(job.name, given)
        edited = await do.edit_job(job, payload, kept["version"])
    except PayloadError as error:
        return _edit_page(request, site, job, HTTPStatus.UNPROCESSABLE_ENTITY, wrong=error.fields, **kept)
    if not edited.done:
        refused = {"payload": reason_text(edited.outcome)}
        return _edit_page(request, site, job, HTTPStatus.CONFLICT, wrong=refused, **kept)
    return back(request, form, _edited(job, edited))


def _edited(job: JobToEdit, edited: Edited) -> Said:
    return Said(text=EDITED[edited.outcome].format(job.id, new=edited.job_id))


def _edit_page(request: Request, site: Site, job: JobToEdit, status: int = HTTPStatus.OK, **values: Any) -> Response:
    job_type = site.app.catalogue.find(job.name)
    fields = [] if job_type is None else _fields(job_type.payload.model_json_schema(by_alias=False))
    return site.page(request, "job_edit.html", status, job=job, fields=fields, **{"wrong": {}, "why": "", **values})


def _fields(schema: dict[str, Any]) -> list[dict[str, str]]:
    """The payload's fields for people: name, kind, and whether it must be there."""
    required = schema.get("required", ())
    return [
        {"name": name, "kind": _kind(each), "required": "yes" if name in required else ""}
        for name, each in schema.get("properties", {}).items()
    ]


def _kind(field: dict[str, Any]) -> str:
    if "enum" in field:
        return "one of " + ", ".join(map(str, field["enum"]))
    if "const" in field:
        return str(field["const"])
    kinds = [each.get("type", "object") for each in field.get("anyOf", [])] or [field.get("type", "object")]
    flat = [kind for each in kinds for kind in (each if isinstance(each, list) else [each])]
    return " or ".join("nothing" if kind == "null" else str(kind) for kind in dict.fromkeys(flat))


def _read(name: str, text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text)
    except ValueError as error:
        raise PayloadError(name, {"payload": f"is no JSON: {error}"}) from None
    except RecursionError:
        raise PayloadError(name, {"payload": "is nested too deeply"}) from None
    if not isinstance(payload, dict):
        raise PayloadError(name, {"payload": "must be a JSON object, with the fields in braces"})
    return payload


def _shown(payload: Any) -> str:
    return json.dumps(payload, indent=2, ensure_ascii=False, sort_keys=True)


def _page(what: str, answer: Any, *, own: bool) -> Page:
    path, name = f"/jobs/{{job_id:number}}/{what}", f"{what}_job"
    return Page(path=path, answer=answer, name=name, needs=Role.OPERATOR, own=own, methods=("POST",))


PAGES = (
    _page("retry", retry, own=True),
    _page("cancel", cancel, own=True),
    _page("promote", promote, own=False),
    _page("priority", priority, own=False),
    _page("edit", edit, own=False),
)
