"""THE LIST of what is asked of the dashboard and its API: every page that can be looked at, by conditions common and rare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from advisorjobs.inspector.job_cursor import JobCursor
from advisorjobs.web.access.declarations import Declared
from ops.bench.dashboard_data import LARGE, ORDINARY

__all__ = ["addresses_of_all", "addresses_of_one", "unasked"]

QUEUE = "critical"
SPANS = ("24h", "7d", "30d")
COMMON = (
    "",
    "status=waiting",
    "status=failed",
    "status=completed",
    "status=delayed",
    "status=active",
    f"queue={QUEUE}",
)
UNMEASURED = ("/webhooks", "/static", "/sign-", "/api/openapi")
"""What senders of webhooks and browsers without a session ask for, and files; /live is asked by dashboard_listeners."""


def addresses_of_all(jobs: Mapping[str, int]) -> list[str]:
    """What somebody of the practice may look at. *jobs*: see sql/dashboard_jobs.sql."""
    organizations = (f"/organizations/{LARGE}", f"/organizations/{ORDINARY}")
    kinds = ("last_in_line", "locked", "keyed", "delayed", "failed", "running", "own_ended")
    numbers = [jobs[kind] for kind in kinds]
    return [
        "/",
        "/?span=24h",
        *(f"/queues/{QUEUE}?span={span}" for span in SPANS),
        "/queues/emails",
        *(f"/jobs?{query}" for query in searches()),
        *(f"/jobs/{number}" for number in numbers),
        f"/jobs/{jobs['failed']}/values",
        f"/actions/{jobs['action']}",
        *(f"/actions?{query}" for query in ("", "state=running", "state=done&before=30")),
        *(f"/organizations?within={within}&order={order}" for within in ("hour", "day", "month") for order in ORDERS),
        "/organizations?within=month&page=20",
        "/organizations?q=org-5",
        *(f"{each}?span={span}" for each in organizations for span in SPANS),
        "/failures",
        "/failures?span=month",
        *(f"/performance?span={span}" for span in SPANS),
        f"/failures?span=month&organization={LARGE}",
        "/schedules",
        "/schedules/of/nightly-3",
        "/schedules/of/nightly-33?organization=org-13",
        "/schedules/new",
        "/schedules/edit/nightly-3",
        "/schedules/remove/nightly-3",
        "/schedules/run/nightly-3",
        "/workers",
        "/limits",
        "/database",
        *(f"/audit?{query}" for query in audits()),
        "/people",
        f"/people/{jobs['person']}",
        "/account",
        *api(jobs),
        "/metrics",
        "/startupz",
        "/healthz",
        "/readyz",
    ]


ORDERS = ("time", "runs", "failed", "waiting")


def addresses_of_one(jobs: Mapping[str, int]) -> list[str]:
    """What a viewer of the organization with a fifth of all runs may look at."""
    numbers = [jobs[kind] for kind in ("own_waiting", "own_failed", "own_ended")]
    return [
        *(f"/organizations/{LARGE}?span={span}" for span in SPANS),
        *(f"/jobs?{query}" for query in (*COMMON, "name=test:work7", "name=nothing", f"before={before()}")),
        *(f"/jobs/{number}" for number in numbers),
        "/failures?span=month",
        *(f"/performance?span={span}" for span in SPANS),
        "/schedules",
        "/actions",
        "/account",
        "/api/jobs?status=completed",
        "/api/jobs?status=failed",
        *(f"/api/jobs/{number}{part}" for number in numbers for part in PARTS),
        f"/api/organizations/{LARGE}",
        f"/api/organizations/{LARGE}/series?span=30d",
        "/api/failures/groups",
        "/api/failures/runs",
    ]


PARTS = ("", "/why-waiting", "/runs", "/related", "/log")


def searches() -> Iterator[str]:
    """Queries of a job search: common and rare values, first pages and pages deep down."""
    yield from COMMON
    yield from ("before=900000", "before=1000", "status=waiting&before=1000", "status=failed&before=1002000")
    for organization in (LARGE, ORDINARY, "nobody"):
        yield f"organization={organization}"
        for status in ("waiting", "failed", "completed", "delayed", "active"):
            yield f"status={status}&organization={organization}"
    yield from ("status=completed&queue=emails", "status=cancelled", "status=waiting&queue=reports")
    yield from ("name=test:work", "name=test:work7", "name=nothing", "status=completed&name=test:work7")
    yield from ("status=completed&name=nothing", "status=waiting&name=nothing", f"status=completed&before={before()}")
    yield from ("tag=year-end", "tag=client:500", "tag=none", "status=completed&tag=none")
    yield from ("error_code=network", "error_code=timeout", "error_code=crashed", "fingerprint=f7", "fingerprint=fp3")
    yield from (
        "fingerprint=none",
        f"fingerprint=f7&organization={ORDINARY}",
        "error_text=no+answer",
        "error_text=nowhere",
    )
    yield from ("payload=document_id%3Ddoc-40000", "payload=document_id%3Dnone", "status=completed&payload=number%3D1")
    yield from ("unique_key=none", f"status=failed&queue={QUEUE}", "id=999", f"error_code=network&before={before()}")
    old = midnight() - timedelta(days=60)
    hour = f"since={quote(old.isoformat())}&until={quote((old + timedelta(hours=1)).isoformat())}"
    yield from (hour, f"until={quote(old.isoformat())}", f"{hour}&organization={ORDINARY}", f"{hour}&status=failed")


def before() -> JobCursor:
    """A place in lists by time: half of history is younger."""
    return JobCursor(1, midnight() - timedelta(days=45))


def midnight() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def audits() -> Iterator[str]:
    yield from (
        "",
        "by=person-7",
        "by=nobody",
        "action=pause",
        "action=none",
        "subject_kind=job",
        "subject_kind=schedule",
    )
    yield from (
        f"organization_id={LARGE}",
        "organization_id=org-777",
        "subject_kind=job&subject=4001",
        "until=2026-01-01",
    )
    yield from ("by=person-7&action=pause", "since=2020-01-01&until=2020-01-02")


def api(jobs: Mapping[str, int]) -> Iterator[str]:
    yield from ("/api/overview", "/api/queues", f"/api/queues/{QUEUE}", f"/api/queues/{QUEUE}/lines")
    yield from (f"/api/queues/{QUEUE}/series?span={span}" for span in SPANS)
    yield from (
        "/api/jobs",
        "/api/jobs?status=completed",
        f"/api/jobs?organization_id={ORDINARY}",
        "/api/jobs?limit=200",
    )
    for kind in ("last_in_line", "failed", "own_ended"):
        yield from (f"/api/jobs/{jobs[kind]}{part}" for part in PARTS)
    yield from (
        "/api/organizations?within=month",
        f"/api/organizations/{LARGE}",
        f"/api/organizations/{LARGE}/series?span=30d",
    )
    yield from (*(f"/api/performance?span={span}" for span in SPANS), "/api/performance/slowest")
    yield from (
        "/api/workers",
        "/api/workers/statistics",
        "/api/limits",
        "/api/database",
        "/api/audit",
        "/api/schedules",
    )
    yield from ("/api/actions?limit=200", "/api/actions?state=cancelled")
    yield from (f"/api/actions/{jobs['action']}", f"/api/actions/{jobs['action']}/refusals?limit=1000")
    yield from ("/api/me", "/api/people", "/api/tokens")
    yield from ("/api/schedules/one?key=nightly-3", "/api/failures/groups", "/api/failures/runs")


def unasked(declared: Iterable[Declared], asked: Sequence[str]) -> list[str]:
    """Paths that can be looked at and that no address of *asked* leads to."""
    paths = [address.partition("?")[0] for address in asked]
    return [
        each.path
        for each in declared
        if "GET" in each.methods
        and not each.path.startswith(UNMEASURED)
        and each.path != "/live"
        and not any(each.pattern.match(path) for path in paths)
    ]
