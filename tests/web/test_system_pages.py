"""The pages and routes of queues, organizations, workers, limits and the database: what they show, and to whom."""

from __future__ import annotations

import pytest

from advisorjobs.manager import QueueManager
from advisorjobs.web.access.person import Role
from advisorjobs.web.rendering import bounds, rate, size, spoken
from tests.fixtures.desk import Desk
from tests.fixtures.visitors import Added, Comes, Visitor

PAGES = {
    "/": "critical",
    "/?span=24h": "critical",
    "/queues/critical": "org-1",
    "/queues/critical?span=30d": "Whose jobs wait",
    "/organizations?within=month&order=waiting&q=org": "org-1",
    "/organizations/org-1": "test:work",
    "/workers?ended=1": "desk",
    "/limits": "slow service",
    "/database": "procrastinate_jobs",
}
ROUTES = {
    "/api/overview": "queues",
    "/api/queues/critical": "running",
    "/api/queues/critical/lines": "organizations",
    "/api/queues/critical/series?span=7d": "points",
    "/api/organizations?order=failed": "organizations",
    "/api/organizations/org-1": "shares",
    "/api/organizations/org-1/series": "points",
    "/api/database": "tables",
}
DIGITS = "9" * 5_000
OWN = ("/organizations/org-1", "/api/organizations/org-1", "/api/organizations/org-1/series")


@pytest.fixture
def busy(desk: Desk, manager: QueueManager) -> Desk:
    """Something of everything: waiting, running, failed and completed jobs, a limit, a rule."""
    manager.sync.set_queue_limit("critical", rate="90/min", why="slow service", changed_by="anna")
    manager.sync.set_organization_rule("org-1", weight=3, rate="60/min", why="trial contract", changed_by="ben")
    desk.enqueue(6, args={"organization_id": "org-1", "secret": "of a client"})
    desk.enqueue(3, args={"organization_id": "org-2"})
    jobs = desk.claim(free=5)
    desk.complete(jobs[0])
    desk.settle(jobs[1], status="failed", final=True, error_code="network", error_message="of a client")
    desk.one("SELECT advisorjobs_fold_tallies(0)")
    return desk


@pytest.fixture
async def operator(busy: Desk, add_person: Added, comes: Comes) -> Visitor:
    """Somebody who runs the system."""
    await add_person("olga", Role.VIEWER)
    visitor = comes()
    await visitor.sign_in("olga")
    return visitor


@pytest.fixture
async def client(busy: Desk, add_person: Added, comes: Comes) -> Visitor:
    """Somebody of org-1."""
    await add_person("carl", Role.OPERATOR, "org-1")
    visitor = comes()
    await visitor.sign_in("carl")
    return visitor


async def test_every_page_and_route_answers_those_who_run_the_system(operator: Visitor) -> None:
    for path, text in PAGES.items():
        page = await operator.get(path)
        assert (path, page.status_code) == (path, 200)
        assert text in page.text, path
        assert "of a client" not in page.text
        assert "style=" not in page.text  # which the content security policy forbids
    for path, field in ROUTES.items():
        answer = await operator.get(path)
        assert (path, answer.status_code) == (path, 200)
        assert field in answer.json(), path
        assert "of a client" not in answer.text
    assert [each["name"] for each in (await operator.get("/api/workers")).json()] == ["desk"]
    assert (await operator.get("/api/workers/statistics")).json()[0]["runs"] == 2
    assert {each["kind"] for each in (await operator.get("/api/limits")).json()} == {"queue", "organization"}


async def test_an_organization_s_people_see_their_own_page_and_nothing_else(client: Visitor) -> None:
    for path in (*PAGES, *ROUTES, "/api/workers", "/api/limits", "/api/workers/statistics", "/api/queues"):
        answer = await client.get(path)
        expected = 200 if path in OWN else 303 if path.split("?")[0] == "/" else 403
        assert (path, answer.status_code) == (path, expected)
        for hidden in ("org-2", "slow service", "trial contract", "anna", "ben"):
            assert hidden not in answer.text, path
    home = await client.get("/")
    assert home.headers["location"] == "/organizations/org-1"
    for path in ("/organizations/org-2", "/api/organizations/org-2", "/api/organizations/org-2/series"):
        assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/queues/nix", 404),
        ("/queues/%00", 404),
        ("/queues/critical?span=nonsense", 200),
        ("/organizations?page=99999999999999999999&within=x&order=y", 200),
        ("/organizations?page=%C2%B2", 200),
        ("/organizations?q=%00", 200),
        ("/organizations/a%2Fb%3Fc", 200),
        ("/organizations/%00", 404),
        ("/api/queues/nix", 404),
        ("/api/queues/%00", 422),
        ("/api/organizations?page=0", 422),
        ("/api/organizations?begins_with=%00", 422),
        ("/api/queues/critical/series?span=1y", 422),
    ],
)
async def test_what_makes_no_sense_is_refused_or_passed_over(operator: Visitor, path: str, status: int) -> None:
    assert (await operator.get(path)).status_code == status


async def test_what_no_database_keeps_leads_to_nothing(operator: Visitor) -> None:
    """A NUL, and more digits than Python reads as a number."""
    for path, status in (
        ("/jobs?id=%00&name=%00", 400),
        ("/failures?organization=%00", 200),
        ("/schedules?queue=%00", 200),
        ("/schedules/of/%00", 404),
        ("/schedules/of/x?organization=%00", 404),
        (f"/organizations?page={DIGITS}", 200),
        (f"/live?job={DIGITS}", 400),
        (f"/jobs/{DIGITS}", 404),
        (f"/actions/{DIGITS}", 404),
        (f"/actions?before={DIGITS}", 200),
        ("/static/%00", 404),
    ):
        assert (path, (await operator.get(path)).status_code) == (path, status)


async def test_a_page_shows_what_changed_a_second_later(operator: Visitor, busy: Desk) -> None:
    """Reads are shared for less than the second after which a page looks again."""
    before = (await operator.get("/api/queues/critical")).json()["overview"]["stats"]["waiting"]
    busy.enqueue(2)
    for _ in range(200):
        now = (await operator.get("/api/queues/critical")).json()["overview"]["stats"]["waiting"]
        if now != before:
            break
        busy.one("SELECT pg_sleep(0.02)")
    assert now == before + 2


def test_sizes_and_rates_are_written_for_people() -> None:
    assert [size(512), size(8_192), size(1_430_000_000), size(3.2e12), size(123_000), size(None)] == [
        "512 B",
        "8.2 kB",
        "1.4 GB",
        "3.2 TB",
        "123 kB",
        "–",
    ]
    assert rate(None) == "–"


def test_commands_are_set_as_code_and_nothing_else_is_taken_as_it_stands() -> None:
    assert spoken("start `advisorjobs worker` <now>") == "start <code>advisorjobs worker</code> &lt;now&gt;"
    assert spoken("`<b>`") == "<code>&lt;b&gt;</code>"


def test_bounds_of_a_month_are_its_days() -> None:
    assert bounds("FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')") == (
        "2026-11-01 to 2026-12-01"
    )
    assert bounds("DEFAULT") == "all else"
    assert bounds("FOR VALUES FROM (MINVALUE) TO (3)") == "FOR VALUES FROM (MINVALUE) TO (3)"
