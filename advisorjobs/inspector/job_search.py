"""The job search: pages of jobs, each a bounded read whatever waits and however long history is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import Steps, long_call
from advisorjobs.database.operation import Operation, operation
from advisorjobs.database.statement import statement
from advisorjobs.errors import SettingsError
from advisorjobs.inspector.found_job import JobPage, Look, read_look
from advisorjobs.inspector.job_cursor import JobCursor
from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.job import JobStatus

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["JobSearchCalls"]

LOOK = 2_000
"""Jobs that one look at an index reads."""

PATIENCE_MS = 40
"""After so long a walk begins no further look."""

NEWEST = (1 << 63) - 1
FUTURE = datetime(9000, 1, 1, tzinfo=UTC)
PAST = datetime(1970, 1, 1, tzinfo=UTC)
LIVING = (JobStatus.WAITING, JobStatus.DELAYED, JobStatus.ACTIVE)


class JobSearchCalls:
    """Who looks for jobs of one organization only says so in the filter: nothing else is found then."""

    app: App

    @long_call
    def search_jobs(
        self,
        wanted: JobFilter | None = None,
        *,
        before: str | None = None,
        after: str | None = None,
        limit: int = 50,
        connection: Any = None,
    ) -> Steps[JobPage]:
        """The newest *limit* jobs that are *wanted*; *before*: those that follow that place; *after*: that stand before it.

        The newest job comes first. Where an organization, a name, a time or an error is asked for, those that have not ended
        come first, then the others, the latest end first. Raises SettingsError for a place or limit that can't be used.
        """
        if not 0 < limit <= 10_000:
            raise SettingsError("limit", limit, "must be 1 to 10 000")
        if before is not None and after is not None:
            raise SettingsError("after", after, "can't be given together with before")
        wanted = wanted or JobFilter()
        up = after is not None
        start = JobCursor.parse(after, "after") if after else JobCursor.parse(before) if before else None
        look = yield from _looks(wanted, start, up=up, most=limit + 1, connection=connection)
        page = _page(look, start, up=up, limit=limit)
        among_living = not up and look.edge is not None and look.edge.at is None and len(_walks(wanted)) > 1
        return replace(page, ended=str(JobCursor(NEWEST, FUTURE))) if among_living and not page.finished else page


def _looks(wanted: JobFilter, start: JobCursor | None, *, up: bool, most: int, connection: Any) -> Steps[Look]:
    """The walks of a search, one after the other, until there are *most* jobs."""
    if wanted.id is not None or wanted.unique_key is not None:
        single: Look = yield _single(wanted, connection)
        return single
    found: tuple[Look, ...] = ()
    walks = _walks(wanted)
    for walk in reversed(walks) if up else walks:
        begins = _begins(walk, walks, start, up=up)
        if begins is None:
            continue
        look = yield _walk(
            walk, wanted, begins, up=up, most=most - sum(len(each.jobs) for each in found), connection=connection
        )
        found = (*found, look)
        if look.edge is not None:
            break
    last = found[-1]
    return Look(
        jobs=tuple(job for look in found for job in look.jobs),
        edge=last.edge,
        back_to=last.back_to,
        looked=sum(look.looked for look in found),
    )


def _walks(wanted: JobFilter) -> tuple[str, ...]:
    """The ways through the jobs that this search takes: see migrations/functions/search.sql."""
    timed = wanted.since is not None or wanted.until is not None
    if wanted.error_code or wanted.fingerprint or wanted.error_text:
        return ("failure",)
    if wanted.status is JobStatus.FAILED and (wanted.organization or timed):
        return ("failure",)
    if wanted.status in LIVING or not (wanted.organization or wanted.name or timed):
        return ("number",)
    if wanted.status is JobStatus.FAILED:
        return ("number",)
    return ("living", "end") if wanted.status is None else ("end",)


def _begins(walk: str, walks: tuple[str, ...], start: JobCursor | None, *, up: bool) -> JobCursor | None:
    """Where *walk* begins; None: it is not taken, as the page begins beyond it."""
    by_time = walk in ("end", "failure")
    if start is not None:
        if by_time == (start.at is not None):
            return start
        if len(walks) > 1 and by_time == up:
            return None
    return JobCursor(-1, PAST) if up else JobCursor(NEWEST, FUTURE)


def _walk(walk: str, wanted: JobFilter, begins: JobCursor, *, up: bool, most: int, connection: Any) -> Operation[Look]:
    by_time = walk in ("end", "failure")
    values = {
        "wanted": wanted.wanted(),
        "living": walk == "living",
        "id": begins.id,
        "at": begins.at,
        "up": up,
        "look": LOOK,
        "patience": PATIENCE_MS,
        "most": most,
    }
    name = f"find_jobs_by_{'number' if walk == 'living' else walk}"
    return operation("search_jobs", statement(name), values, lambda rows: read_look(rows, by_time=by_time), connection)


def _single(wanted: JobFilter, connection: Any) -> Operation[Look]:
    key, value = wanted.payload_condition
    values = {name: getattr(wanted, name) for name in wanted.__slots__} | {"payload_key": key, "payload_value": value}
    return operation(
        "search_jobs", statement("find_single_jobs"), values, lambda rows: read_look(rows, by_time=False), connection
    )


def _page(look: Look, start: JobCursor | None, *, up: bool, limit: int) -> JobPage:
    """What is shown of a look at one job more than a page has."""
    full = len(look.jobs) > limit
    kept = look.jobs[:limit]
    onward = kept[-1][1] if full else look.edge
    shown = tuple(reversed(kept)) if up else kept
    first = shown[0][1] if shown else None
    last = shown[-1][1] if shown else None
    back = (last if up else first) or start
    behind = None if start is None or back is None else str(back)
    ahead = None if onward is None else str(onward)
    return JobPage(
        jobs=tuple(job for job, _ in shown),
        older=behind if up else ahead,
        newer=ahead if up else behind,
        finished=full or look.edge is None,
        looked=look.looked,
        back_to=look.back_to,
    )
