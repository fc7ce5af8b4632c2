"""The form by which a schedule is created or changed: checked, previewed, nothing of what was typed lost.

Of a payload that is there already names are shown, until somebody asks for the values, of which a note is kept. What isn't
shown stays as it is.
"""

from __future__ import annotations

import json
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.actor import Via
from advisorjobs.errors import AdvisorJobsError, DatabaseUnavailable, PayloadError, SettingsError
from advisorjobs.flow.clock_notes import UpcomingRun, upcoming_runs
from advisorjobs.flow.moments import moment, span
from advisorjobs.flow.recurrence import recurrence
from advisorjobs.schedule_change import ScheduleOptions, schedule_row
from advisorjobs.schedules import Schedule
from advisorjobs.web.access.person import Role
from advisorjobs.web.acting import actions_of, whole
from advisorjobs.web.acting import found as there
from advisorjobs.web.page import Page
from advisorjobs.web.pages.schedules import COMING, addresses, found
from advisorjobs.web.said import Said, say
from advisorjobs.web.site import address_of, path_of

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "owner_of", "queue_of", "typed_span"]

FIELDS = (
    "key", "job", "payload", "cron", "every", "timezone", "start", "end", "limit", "jitter", "overlap", "missed",
    "missed_cap", "give_up_after", "priority", "tags",
)  # fmt: skip
DEFAULTS = {"payload": "{}", "timezone": "UTC", "overlap": "allow", "missed": "once", "missed_cap": "100"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A schedule as add_repeatable_job takes it."""

    job: str
    payload: dict[str, Any]
    cron: str | None
    options: dict[str, Any]


async def new(request: Request, site: Site) -> Response:
    return await _answer(request, site, None)


async def edit(request: Request, site: Site) -> Response:
    return await _answer(request, site, await found(request, site))


async def _answer(request: Request, site: Site, schedule: Schedule | None) -> Response:
    if request.method == "GET":
        return _page(request, site, schedule, given_by(schedule), hidden=schedule is not None)
    form = await request.form()
    given = {name: str(form.get(name) or "").strip() for name in FIELDS}
    kept = schedule.payload if schedule is not None and "payload" not in form else None
    hidden = kept is not None
    if schedule is not None and form.get("do") == "show":
        return _page(request, site, schedule, {**given, "payload": await _payload(request, site, schedule)})
    coming: list[UpcomingRun] = []
    try:
        wanted = read_form(given, kept)
        if schedule is not None and owner_of(wanted.payload) != (schedule.organization_id or ""):
            raise SettingsError("payload", owner_of(wanted.payload), "must name the organization that the schedule has")
        coming = _coming(site, schedule, wanted)
        if form.get("do") != "preview":
            return await _put(request, site, schedule, wanted)
    except DatabaseUnavailable:
        raise
    except AdvisorJobsError as error:
        return _page(request, site, schedule, given, hidden=hidden, problem=error)
    return _page(request, site, schedule, given, hidden=hidden, coming=coming)


async def _payload(request: Request, site: Site, schedule: Schedule) -> str:
    """The payload for the form, after a note that it is shown."""
    actions = actions_of(request.state.person, site, Via.DASHBOARD)
    payload = await actions.show_schedule(schedule.key, organization_id=schedule.organization_id or "")
    return json.dumps(there(payload, "such schedule"), indent=2, ensure_ascii=False)


def _coming(site: Site, schedule: Schedule | None, wanted: Wanted) -> list[UpcomingRun]:
    """Its next runs as it would be. Raises what add_repeatable_job would raise before anything is sent."""
    queue = queue_of(schedule, wanted.job)
    options = cast("ScheduleOptions", wanted.options)
    schedule_row(site.app.enqueuer.row, queue, wanted.job, wanted.payload, wanted.cron, options)
    times = {name: wanted.options[name] for name in ("every", "timezone", "start", "end")}
    now = datetime.now(UTC)
    runs = recurrence(cron=wanted.cron, **times).upcoming(COMING, now)
    return upcoming_runs(runs, now, timezone=wanted.options["timezone"], cron=wanted.cron)


async def _put(request: Request, site: Site, schedule: Schedule | None, wanted: Wanted) -> Response:
    actions = actions_of(request.state.person, site, Via.DASHBOARD)
    queue = queue_of(schedule, wanted.job)
    done = await actions.put_schedule(queue, wanted.job, wanted.payload, wanted.cron, **wanted.options)
    key = wanted.options["key"] or _made_key(site, wanted)
    address = address_of(request, "schedule", key=key)
    owner = owner_of(wanted.payload)
    shown = address.include_query_params(organization=owner) if owner else address
    said = Said(text=f"{key} is as you gave it." if done.changed else f"{key} was so already.", undo=done.audit_id)
    return say(RedirectResponse(path_of(shown), HTTPStatus.SEE_OTHER), request, said)


def _made_key(site: Site, wanted: Wanted) -> str:
    options = cast("ScheduleOptions", wanted.options)
    key: str = schedule_row(site.app.enqueuer.row, None, wanted.job, wanted.payload, wanted.cron, options)["key"]
    return key


def _page(
    request: Request,
    site: Site,
    schedule: Schedule | None,
    given: Mapping[str, str],
    *,
    hidden: bool = False,
    problem: AdvisorJobsError | None = None,
    coming: list[UpcomingRun] | None = None,
) -> Response:
    wrong = {}
    if isinstance(problem, SettingsError) and problem.key in FIELDS:
        wrong = {problem.key: problem.rule}
    elif isinstance(problem, PayloadError):
        wrong = {"payload": "; ".join(f"{name}: {rule}" for name, rule in problem.fields.items())}
    return site.page(
        request,
        "schedule_form.html",
        HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        schedule=schedule,
        back=addresses(request, schedule)["show"] if schedule else request.url_for("schedules").path,
        given={**dict.fromkeys(FIELDS, ""), **given},
        hidden=hidden,
        wrong=wrong,
        problem=problem,
        coming=coming or [],
        jobs=sorted(site.app.catalogue),
        zones=sorted(zoneinfo.available_timezones()),
    )


def read_form(given: Mapping[str, str], payload: dict[str, Any] | None = None) -> Wanted:
    """What was typed, as values; *payload*: one that wasn't shown. Raises SettingsError naming the field."""
    payload = read_payload(given["payload"]) if payload is None else payload
    if not given["job"]:
        raise SettingsError("job", "", "must be named")
    zone = given["timezone"] or "UTC"
    options = {
        "key": given["key"] or None,
        "every": _span(given, "every"),
        "timezone": zone,
        "start": moment("start", given["start"] or None, zone),
        "end": moment("end", given["end"] or None, zone),
        "limit": whole(given, "limit"),
        "jitter": _span(given, "jitter") or timedelta(),
        "overlap": given["overlap"] or "allow",
        "missed": given["missed"] or "once",
        "missed_cap": whole(given, "missed_cap") or 100,
        "give_up_after": _span(given, "give_up_after"),
        "priority": whole(given, "priority"),
        "tags": tuple(tag.strip() for tag in given["tags"].split(",") if tag.strip()),
    }
    return Wanted(job=given["job"], payload=payload, cron=given["cron"] or None, options=options)


def read_payload(text: str) -> dict[str, Any]:
    try:
        payload = json.loads(text or "{}")
    except ValueError as error:
        raise SettingsError("payload", text, f"is no JSON ({error})") from None
    if not isinstance(payload, dict):
        raise SettingsError("payload", text, 'must be a JSON object, such as {"organization_id": "org-7"}')
    return payload


def given_by(schedule: Schedule | None) -> dict[str, str]:
    """What the form shows first: of a schedule that is there no value of its payload."""
    if schedule is None:
        return dict(DEFAULTS)
    numbers = {"limit": schedule.max_runs, "missed_cap": schedule.missed_cap, "priority": schedule.priority}
    spans = {"every": schedule.every, "jitter": schedule.jitter or None, "give_up_after": schedule.give_up_after}
    bounds = {"start": schedule.start_at, "end": schedule.end_at}
    return {
        "key": schedule.key,
        "job": schedule.name,
        "cron": schedule.cron or "",
        "timezone": schedule.timezone,
        "overlap": schedule.overlap.value,
        "missed": schedule.missed.value,
        "tags": ", ".join(schedule.tags),
        **{name: "" if value is None else str(value) for name, value in numbers.items()},
        **{name: "" if value is None else typed_span(value) for name, value in spans.items()},
        **{name: "" if value is None else value.isoformat() for name, value in bounds.items()},
    }


def typed_span(value: timedelta) -> str:
    """*value* as somebody would type it, which is read as the same span again, however long."""
    return f"{value.total_seconds():f}".rstrip("0").removesuffix(".") + "s"


def owner_of(payload: Mapping[str, Any]) -> str:
    """The organization that a payload names; "": none."""
    return str(payload.get("organization_id", payload.get("organizationId", "")) or "")


def queue_of(schedule: Schedule | None, job: str) -> str | None:
    """Where the jobs of *schedule* go when it is put anew: it stays in its queue as long as it runs the same job.

    None: the job's own.
    """
    return schedule.queue if schedule is not None and schedule.name == job else None


def _span(given: Mapping[str, str], name: str) -> timedelta | None:
    return span(name, given[name] or None)


PAGES = (
    Page(path="/schedules/new", answer=new, name="schedule_new", needs=Role.OPERATOR, methods=("GET", "POST")),
    Page(
        path="/schedules/edit/{key:path}",
        answer=edit,
        name="schedule_edit",
        needs=Role.OPERATOR,
        methods=("GET", "POST"),
    ),
)
