"""Performance: the page and the routes, what they tell and to whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from advisorjobs.web.access.person import Role
from advisorjobs.web.performance import begin_of
from tests.fixtures.desk import Desk
from tests.fixtures.visitors import Added, Comes


@pytest.fixture
def worked(desk: Desk) -> Desk:
    """Of org-1 a job that failed after two seconds, of org-2 one that was done in four."""
    desk.enqueue(1, args={"organization_id": "org-1", "secret": "of a client"})
    desk.enqueue(1, args={"organization_id": "org-2"})
    first, second = desk.claim(free=2)
    desk.settle(first, status="failed", final=True, error_code="network", error_message="of a client", run_ms=2_000)
    own = {"ids": [second.id], "run_nos": [second.run_no], "tokens": [second.token], "run_ms": [4_000]}
    desk.run("complete_runs", **own, results=["null"], locks=None, patience=None)
    desk.one("SELECT advisorjobs_fold_tallies(0)")
    return desk


async def test_who_runs_the_system_sees_all_jobs_and_the_longest_runs_first(
    worked: Desk, add_person: Added, comes: Comes
) -> None:
    await add_person("olga", Role.VIEWER)
    visitor = comes()
    await visitor.sign_in("olga")
    page = await visitor.get("/performance?span=7d&order=run")
    assert page.status_code == 200
    assert page.text.index("org-2") < page.text.index("org-1")
    assert "50 %" in page.text
    assert "of a client" not in page.text
    figures = (await visitor.get("/api/performance?span=7d")).json()
    assert (figures["total"], figures["completed"], figures["failed"]) == (2, 1, 1)
    slowest = (await visitor.get("/api/performance/slowest")).json()
    assert [(run["organization_id"], run["run_ms"], run["status"]) for run in slowest] == [
        ("org-2", 4_000, "completed"), ("org-1", 2_000, "failed"),
    ]  # fmt: skip
    assert "of a client" not in str(slowest)
    assert "org-" not in (await visitor.get("/queues/emails")).text
    assert "Ended well" in (await visitor.get("/queues/critical")).text


async def test_people_of_an_organization_see_their_own_only(worked: Desk, add_person: Added, comes: Comes) -> None:
    await add_person("carl", Role.VIEWER, "org-1")
    visitor = comes()
    await visitor.sign_in("carl")
    page = (await visitor.get("/performance")).text
    assert "org-2" not in page
    assert "4.0 s" not in page
    assert "2.0 s" in page
    assert (await visitor.get("/api/performance")).json()["total"] == 1
    assert [run["run_ms"] for run in (await visitor.get("/api/performance/slowest")).json()] == [2_000]


async def test_counts_stand_on_the_states_where_they_answer_the_search(
    worked: Desk, add_person: Added, comes: Comes
) -> None:
    await add_person("olga", Role.VIEWER)
    await add_person("carl", Role.VIEWER, "org-1")
    visitor = comes()
    await visitor.sign_in("olga")
    assert "Failed <small>1</small>" in (await visitor.get("/jobs")).text
    assert "Failed <small>1</small>" in (await visitor.get("/jobs?queue=critical&status=failed")).text
    assert "Failed <small>0</small>" in (await visitor.get("/jobs?queue=emails")).text
    assert "Failed</a>" in (await visitor.get("/jobs?organization=org-2")).text  # which no kept count tells
    await (own := comes()).sign_in("carl")
    assert "Failed</a>" in (await own.get("/jobs")).text  # what others have is none of theirs


async def test_a_search_that_cannot_be_read_names_the_field_as_it_stands_there(comes: Comes) -> None:
    page = await comes().get("/jobs?since=garbage")
    assert page.status_code == 400
    assert "From must be a date and time" in page.text
    assert 'aria-describedby="wrong"' in page.text
    assert "No jobs yet" not in page.text


def test_spans_begin_where_whole_hours_and_days_do() -> None:
    now = datetime(2026, 6, 3, 12, 34, 56, tzinfo=UTC)
    assert begin_of("24h", now) == datetime(2026, 6, 2, 13, tzinfo=UTC)
    assert begin_of("7d", now) == datetime(2026, 5, 28, tzinfo=UTC)
    assert begin_of("30d", now) == datetime(2026, 5, 5, tzinfo=UTC)
