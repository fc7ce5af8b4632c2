"""/api/schedules: jobs that return. A key may hold any character, so it stands in the query beside its organization."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from advisorjobs.actions.noted import Noted
from advisorjobs.actor import Via
from advisorjobs.errors import SettingsError
from advisorjobs.flow.clock_notes import UpcomingRun, upcoming_runs
from advisorjobs.inspector.schedule_runs import ScheduleRun
from advisorjobs.schedules import Schedule
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.acting import actions_of
from advisorjobs.web.api.needs import needs, site_of
from advisorjobs.web.api.texts import Moment, Text
from advisorjobs.web.pages.schedule_form import owner_of, queue_of
from advisorjobs.web.pages.schedules import told_to
from advisorjobs.web.site import Site

__all__ = ["router"]

router = APIRouter(prefix="/schedules", tags=["schedules"])
Caller = Annotated[Person, Depends(needs(Role.VIEWER, own=True))]
Operator = Annotated[Person, Depends(needs(Role.OPERATOR))]
TheSite = Annotated[Site, Depends(site_of)]
NONE_SUCH = "there is no such schedule"
Seconds = Annotated[float, Field(gt=0, lt=36_525 * 86_400)]


class WantedSchedule(BaseModel):
    """A schedule to be put: as `add_repeatable_job` takes it; spans in seconds.

    Without a payload, that of the schedule with this key and `organization_id` stays. It stays in its queue, too, as long as
    its job is the same and its key is given; a new one goes to its job's own.
    """

    model_config = ConfigDict(extra="forbid")

    job: Text
    payload: dict[str, Any] | None = None
    organization_id: Text | None = None
    cron: Text | None = None
    every: Seconds | None = None
    timezone: Text = "UTC"
    key: Text | None = None
    start: Moment | None = None
    end: Moment | None = None
    limit: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    jitter: Annotated[float, Field(ge=0, lt=36_525 * 86_400)] = 0
    overlap: Text = "allow"
    missed: Text = "once"
    missed_cap: Annotated[int, Field(ge=1, le=1000)] = 100
    give_up_after: Seconds | None = None
    priority: Annotated[int, Field(ge=1, le=9)] | None = None
    tags: Annotated[list[Text], Field(max_length=50)] = []


class ShownSchedule(BaseModel):
    """A schedule: of its payload the names. Spans in seconds, times aware."""

    key: str
    organization_id: str | None
    job: str
    queue: str
    payload_fields: list[str]
    times: str
    timezone: str
    state: str
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_job_id: int | None
    last_outcome: str | None
    runs: int
    skipped: int
    paused_by: str | None
    paused_why: str | None
    broken: str | None
    coming: list[UpcomingRun] | None = None
    past: list[ScheduleRun] | None = None


@router.get("")
async def list_schedules(person: Caller, site: TheSite, organization_id: Text | None = None) -> list[ShownSchedule]:
    """All schedules that the caller may see."""
    own = person.organization_id or organization_id
    return [_shown(told_to(person, each)) for each in await site.manager.list_repeatable_jobs(organization_id=own)]


@router.get("/one")
async def get_schedule(person: Caller, site: TheSite, key: Text, organization_id: Text | None = None) -> ShownSchedule:
    """One schedule, with its next ten and last twenty runs."""
    schedule = await _found(person, site, key, organization_id)
    coming = upcoming_runs(schedule.upcoming(10), schedule.seen_at, timezone=schedule.timezone, cron=schedule.cron)
    past = await site.inspector.get_schedule_runs(key, schedule.organization_id, 20)
    return _shown(schedule).model_copy(update={"coming": coming, "past": past})


@router.post("")
async def put_schedule(person: Operator, site: TheSite, wanted: WantedSchedule) -> Noted:
    """Creates a schedule, or changes what differs in the one that has its key."""
    payload = wanted.payload
    there: Schedule | None
    if payload is None:
        there = found = await _found(person, site, _named(wanted), wanted.organization_id)
        payload = found.payload
    else:
        owner = owner_of(payload)
        if wanted.organization_id is not None and owner != wanted.organization_id:
            raise SettingsError(
                "organization_id", wanted.organization_id, "must be the payload's, where both are given"
            )
        there = await _standing(site, wanted.key, owner)
    given = wanted.model_dump(exclude={"job", "payload", "organization_id", "cron"})
    spans = {
        name: None if given[name] is None else timedelta(seconds=given[name]) for name in ("every", "give_up_after")
    }
    actions = actions_of(person, site, Via.API)
    return await actions.put_schedule(
        queue_of(there, wanted.job), wanted.job, payload, wanted.cron, **{**given, **spans}
    )


@router.post("/values")
async def read_values(
    person: Operator, site: TheSite, key: Text, organization_id: Text | None = None
) -> dict[str, Any]:
    """What a schedule's jobs are given, which is noted in the audit log."""
    found = await actions_of(person, site, Via.API).show_schedule(key, organization_id=organization_id or "")
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, NONE_SUCH)
    return found


@router.post("/pause")
async def pause_schedule(
    person: Operator,
    site: TheSite,
    key: Text,
    organization_id: Text | None = None,
    why: Annotated[Text | None, Query()] = None,
) -> Noted:
    """Lets a schedule rest; runs that fall into the pause are not made up for."""
    await _found(person, site, key, organization_id)
    return await actions_of(person, site, Via.API).pause_schedule(key, organization_id=organization_id or "", why=why)


@router.post("/resume")
async def resume_schedule(person: Operator, site: TheSite, key: Text, organization_id: Text | None = None) -> Noted:
    """Lets a paused schedule go on with its next run."""
    await _found(person, site, key, organization_id)
    return await actions_of(person, site, Via.API).resume_schedule(key, organization_id=organization_id or "")


@router.post("/run")
async def run_schedule(person: Operator, site: TheSite, key: Text, organization_id: Text | None = None) -> Noted:
    """Runs its job once, now. `changed` false: its last job still lives, and it is not to overlap."""
    await _found(person, site, key, organization_id)
    return await actions_of(person, site, Via.API).run_schedule(key, organization_id=organization_id or "")


@router.delete("")
async def remove_schedule(person: Operator, site: TheSite, key: Text, organization_id: Text | None = None) -> Noted:
    """Removes a schedule; jobs that it has created stay."""
    await _found(person, site, key, organization_id)
    return await actions_of(person, site, Via.API).remove_schedule(key, organization_id=organization_id or "")


def _named(wanted: WantedSchedule) -> str:
    if wanted.key is None:
        raise SettingsError("key", None, "must be given where no payload is")
    return wanted.key


async def _standing(site: Site, key: str | None, owner: str) -> Schedule | None:
    return None if key is None else await site.manager.get_repeatable_job(key, organization_id=owner)


async def _found(person: Person, site: Site, key: str, organization_id: str | None) -> Schedule:
    owner = organization_id or ""
    if person.organization_id in (None, owner):
        schedule = await site.manager.get_repeatable_job(key, organization_id=owner)
        if schedule is not None:
            return told_to(person, schedule)
    raise HTTPException(HTTPStatus.NOT_FOUND, NONE_SUCH)


def _shown(schedule: Schedule) -> ShownSchedule:
    same = (
        "key", "organization_id", "queue", "times", "timezone", "next_run_at", "last_run_at", "last_job_id", "last_outcome",
        "runs", "skipped", "paused_by", "paused_why", "broken",
    )  # fmt: skip
    return ShownSchedule(
        job=schedule.name,
        payload_fields=sorted(schedule.payload),
        state=schedule.state.value,
        **{name: getattr(schedule, name) for name in same},
    )
