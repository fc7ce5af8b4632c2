"""Jobs: a search whose conditions are its address, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from advisorjobs.actions.bulk_actions import BULK
from advisorjobs.errors import ErrorCode, SettingsError
from advisorjobs.inspector.found_job import JobPage
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.job import JobStatus
from advisorjobs.queue_stats import QueueStats
from advisorjobs.queues import QUEUES
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.page import Page

if TYPE_CHECKING:
    from advisorjobs.web.site import Site

__all__ = ["PAGES", "refuse_looking_inside"]

OF_AN_ORGANIZATION = ("retry", "cancel")
"""What people of one organization may do to many of their jobs."""

CHOICES = {"states": tuple(JobStatus), "queues": tuple(QUEUES), "codes": tuple(ErrorCode)}
ROWS = 50
FRESH = 0.9
COUNTS_FRESH = 1.9
MORE = ("tag", "unique_key", "error_code", "fingerprint", "since", "until", "payload", "error_text")
"""Conditions that are shown when one of them is used, or asked for."""

COUNTED = ("waiting", "delayed", "active", "failed")
"""States whose jobs are counted as they come and go."""


async def jobs(request: Request, site: Site) -> Response:
    """`?status=failed&queue=emails…&before=…`; people of one organization find theirs only."""
    person: Person = request.state.person
    given = dict(request.query_params)
    if person.organization_id is not None:
        given["organization"] = person.organization_id
    wrong: SettingsError | None = None
    wanted, found = JobFilter(organization=person.organization_id), JobPage(jobs=())
    try:
        wanted = JobFilter.of(given)
        refuse_looking_inside(person, wanted)
        before, after = given.get("before") or None, given.get("after") or None
        found = await site.shared(
            ("jobs", wanted, before, after),
            FRESH,
            lambda: site.inspector.search_jobs(wanted, before=before, after=after, limit=ROWS),
        )
    except SettingsError as error:
        wrong = error
    if found.jobs and wanted == JobFilter(id=wanted.id, organization=person.organization_id) and wanted.id is not None:
        return RedirectResponse(request.url_for("job", job_id=wanted.id).path, HTTPStatus.SEE_OTHER)
    here = request.url_for("jobs").path
    asked = {name: value for name, value in given.items() if name in JobFilter.__slots__}
    if person.organization_id is not None:
        del asked["organization"]

    def at(**changed: object) -> str:
        """The address of this search with other conditions, from its first page on."""
        own = {} if person.organization_id is None else {"organization": None}
        query = wanted.query(**own, **changed)
        return f"{here}?{query}" if query else here

    return site.page(
        request,
        "jobs.html",
        HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
        wanted=wanted,
        asked=asked,
        found=found,
        wrong=wrong,
        at=at,
        narrowed=any(asked.values()),
        begun="before" in given or "after" in given,
        more=any(asked.get(name) for name in MORE),
        **CHOICES,
        counts=await counts_of(person, asked, site),
        names=sorted(site.app.catalogue),
        deeds=_deeds(person, wanted),
    )


def _deeds(person: Person, wanted: JobFilter) -> tuple[str, ...]:
    """What *person* may do to many of the jobs that are listed."""
    theirs = () if not person.may(Role.OPERATOR) else OF_AN_ORGANIZATION if person.organization_id else tuple(BULK)
    return tuple(each for each in theirs if wanted.status is None or wanted.status in BULK[each])


async def counts_of(person: Person, asked: Mapping[str, str], site: Site) -> Mapping[str, int]:
    """How many jobs are in each state, of those states whose jobs are counted; nothing where the search has more conditions
    than state and queue, which no kept count answers, and for people of one organization."""
    narrower = [name for name, value in asked.items() if value and name not in ("status", "queue")]
    if person.organization_id is not None or narrower:
        return {}
    every: list[QueueStats] = await site.shared("queue states", COUNTS_FRESH, site.inspector.read_queue_states)
    queues = [stats for stats in every if not asked.get("queue") or stats.queue == asked["queue"]]
    return {state: sum(getattr(stats, state) for stats in queues) for state in COUNTED}


def refuse_looking_inside(person: Person, wanted: JobFilter) -> None:
    """Raises SettingsError where somebody asks for what payloads or errors say and may not see it."""
    if wanted.looks_inside and not person.may(Role.OPERATOR):
        name = "payload" if wanted.payload is not None else "error_text"
        raise SettingsError(name, "…", "can be asked for by operators only, as it looks inside")


PAGES = (Page(path="/jobs", answer=jobs, name="jobs", needs=Role.VIEWER, own=True),)
