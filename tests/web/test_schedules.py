"""The pages of schedules, and /api/schedules."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.errors import NotAllowed
from advisorjobs.flow.moments import span
from advisorjobs.manager import QueueManager
from advisorjobs.web.access.person import Role
from advisorjobs.web.pages.schedule_form import typed_span
from tests.fixtures.deeds import Somebody
from tests.fixtures.visitors import Added, Comes, Visitor

KEY = 'nightly/50 % "of" #1?'
PAYLOAD = '{"organization_id": "system"}'
NEW: dict[str, str] = {
    "job": "maintenance:clear_cache",
    "key": KEY,
    "payload": PAYLOAD,
    "cron": "30 2 * * *",
    "timezone": "Europe/Berlin",
}


@pytest.fixture
def visitor(comes: Comes) -> Visitor:
    """The user of this machine, who is an administrator while nobody has to sign in."""
    return comes()


async def shown(visitor: Visitor, path: str) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_schedule_is_created_shown_changed_paused_run_and_removed(
    visitor: Visitor, manager: QueueManager
) -> None:
    assert "No schedules yet" in await shown(visitor, "/schedules")
    created = await visitor.form("/schedules/new", "/schedules/new", **NEW)
    assert created.status_code == 303
    page = created.headers["location"]
    assert "30 2 * * *" in await shown(visitor, page)
    (schedule,) = await manager.list_repeatable_jobs()
    assert (schedule.key, schedule.organization_id, schedule.timezone) == (KEY, "system", "Europe/Berlin")

    def at(what: str) -> str:
        return str(page).replace("/schedules/of/", f"/schedules/{what}/")

    edited = await visitor.form(at("edit"), at("edit"), **{**NEW, "cron": "0 3 * * *"})
    assert edited.status_code == 303
    assert (await visitor.form(page, at("pause"), why="the office is closed")).status_code == 303
    assert "rests until it is resumed" in (said := await shown(visitor, page))
    assert "Undo" in said
    assert "the office is closed" in await shown(visitor, page)
    assert (await visitor.form(page, at("resume"))).status_code == 303
    assert "Run it once, now?" in await shown(visitor, at("run"))
    assert (await visitor.form(page, at("run"), confirmed=KEY)).status_code == 303
    assert "as somebody asked for it" in await shown(visitor, page)
    assert "Remove this schedule?" in (await visitor.form(page, at("remove"))).text
    asked = await visitor.client.request("GET", at("remove"), data={"confirmed": KEY})
    assert "Remove this schedule?" in asked.text  # a GET removes nothing
    assert (await visitor.form(page, at("remove"), confirmed=KEY)).status_code == 303
    assert await manager.list_repeatable_jobs() == []
    assert (await visitor.get(page)).status_code == 404


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cron": "61 2 * * *"}, "the minute field"),
        ({"cron": ""}, "cron"),
        ({"payload": "{"}, "is no JSON"),
        ({"payload": '{"organization_id": "system", "colour": 1}'}, "colour"),
        ({"job": "maintenance:clear_cash"}, "did you mean"),
        ({"timezone": "Europe/Berlni"}, "did you mean"),
        ({"limit": "many"}, "must be a whole number"),
        ({"priority": "9" * 5_000}, "must be a whole number"),
        ({"every": "soon", "cron": ""}, "must be a number with its unit"),
    ],
)
async def test_what_cannot_be_used_is_said_and_nothing_typed_is_lost(
    visitor: Visitor, manager: QueueManager, given: dict[str, str], said: str
) -> None:
    answer = await visitor.form("/schedules/new", "/schedules/new", **{**NEW, **given})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="nightly/50 % &#34;of&#34; #1?"' in answer.text
    assert await manager.list_repeatable_jobs() == []


async def test_a_preview_shows_the_runs_and_changes_nothing(visitor: Visitor, manager: QueueManager) -> None:
    answer = await visitor.form("/schedules/new", "/schedules/new", do="preview", **NEW)
    assert answer.status_code == 200
    assert answer.text.count("02:30") == 10
    assert await manager.list_repeatable_jobs() == []


async def test_the_api_puts_shows_pauses_and_removes(visitor: Visitor, manager: QueueManager) -> None:
    headers = {"X-CSRF-Token": await visitor.csrf("/schedules/new")}

    async def call(method: str, path: str, **given: Any) -> Any:
        answer = await visitor.client.request(method, f"/api/schedules{path}", headers=headers, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    wanted = {"job": "maintenance:clear_cache", "key": KEY, "payload": {"organization_id": "system"}, "every": 900}
    assert (await call("POST", "", json=wanted))["changed"]
    one = {"key": KEY, "organization_id": "system"}
    found = await call("GET", "/one", params=one)
    assert (found["times"], found["payload_fields"], len(found["coming"])) == ("every 15 min", ["organization_id"], 10)
    assert (await call("POST", "/pause", params={**one, "why": "closed"}))["changed"]
    assert [each["state"] for each in await call("GET", "")] == ["paused"]
    assert (await call("POST", "/resume", params=one))["changed"]
    assert (await call("POST", "/run", params=one))["changed"]
    assert (await call("DELETE", "", params=one))["changed"]
    missing = await visitor.client.get("/api/schedules/one", params=one)
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")


async def test_people_of_an_organization_see_their_schedules_and_change_none(
    comes: Comes, add_person: Added, manager: QueueManager
) -> None:
    for organization in ("org-1", "org-2"):
        who: Any = {"changed_by": "caspar"}
        await manager.add_repeatable_job(
            None, "report:monthly", report(organization), "0 6 1 * *", key="monthly", **who
        )
    await manager.pause_repeatable_job("monthly", organization_id="org-1", reason="not paid", paused_by="dora")
    names = ("caspar", "dora", "not paid")
    pages = ("/schedules", "/schedules/of/monthly?organization=org-1", "/api/schedules?organization_id=org-1")
    await add_person("sam", Role.VIEWER)
    await add_person("ann", Role.OPERATOR, "org-1")
    staff, visitor = comes(), comes()
    await staff.sign_in("sam")
    await visitor.sign_in("ann")
    by_staff = "".join([await shown(staff, page) for page in pages])
    told = "".join(
        [await shown(visitor, page) for page in (*pages, "/api/schedules/one?key=monthly&organization_id=org-1")]
    )
    assert [(name in by_staff, name in told) for name in names] == [(True, False)] * 3
    page = await shown(visitor, "/schedules")
    assert "organization=org-1" in page
    assert "org-2" not in page
    assert (await visitor.get("/schedules/of/monthly?organization=org-2")).status_code == 404
    assert (await visitor.get("/schedules/edit/monthly?organization=org-1")).status_code == 403
    await manager.resume_repeatable_job("monthly", organization_id="org-1")
    buttons = re.compile(r'(?:href|action)="(?:/schedules/(?:new|edit|pause|resume|run|remove)[^"]*)"')
    await add_person("otto", Role.OPERATOR)
    operator = comes()
    await operator.sign_in("otto")
    for paused in (False, True):
        if paused:
            await manager.pause_repeatable_job("monthly", organization_id="org-1")
        offered = [buttons.findall(await shown(who, page)) for who in (operator, visitor) for page in pages[:2]]
        assert [len(each) for each in offered] == [1, 4, 0, 0]


async def test_a_payload_is_shown_when_somebody_asks_for_it_which_is_noted_and_else_stays(
    visitor: Visitor, manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    await manager.add_repeatable_job(None, "report:monthly", report("org-1"), "0 6 1 * *", key="monthly")
    edit = "/schedules/edit/monthly?organization=org-1"
    fields = {"job": "report:monthly", "key": "monthly", "cron": "0 7 1 * *"}

    async def kept() -> tuple[str | None, dict[str, Any]]:
        (found,) = await manager.list_repeatable_jobs()
        return found.cron, found.payload

    page = await shown(visitor, edit)
    assert ("client_id, month, organization_id" in page, "2026-10" in page, 'name="payload"' in page) == (
        True,
        False,
        False,
    )
    previewed = await visitor.form(edit, edit, do="preview", **fields)
    wrong = await visitor.form(edit, edit, **{**fields, "cron": "61 7 1 * *"})
    assert [each.status_code for each in (previewed, wrong)] == [200, 422]
    assert "2026-10" not in (previewed.text + wrong.text)
    assert await kept() == ("0 6 1 * *", report("org-1"))
    assert (await visitor.form(edit, edit, **fields)).status_code == 303
    assert await kept() == ("0 7 1 * *", report("org-1"))
    assert noted(connection) == ["edit"]

    asked = await visitor.form(edit, edit, do="show", **{**fields, "tags": "typed"})
    assert (asked.status_code, "&#34;month&#34;: &#34;2026-10&#34;" in asked.text) == (200, True)
    assert 'value="typed"' in asked.text
    assert noted(connection) == ["edit", "show values"]
    other = {**report("org-1"), "month": "2026-11"}
    assert (await visitor.form(edit, edit, payload=json.dumps(other), **fields)).status_code == 303
    assert await kept() == ("0 7 1 * *", other)


async def test_the_api_keeps_a_payload_that_is_not_given_and_shows_one_with_a_note(
    visitor: Visitor, manager: QueueManager, connection: psycopg.Connection[Any]
) -> None:
    await manager.add_repeatable_job(None, "report:monthly", report("org-1"), "0 6 1 * *", key="monthly")
    headers = {"X-CSRF-Token": await visitor.csrf("/schedules/new")}

    async def post(path: str, **given: Any) -> Any:
        answer = await visitor.client.post(f"/api/schedules{path}", headers=headers, **given)
        return answer.json() if answer.status_code == 200 else answer.status_code

    wanted = {"job": "report:monthly", "key": "monthly", "cron": "0 7 1 * *"}
    assert await post("", json=wanted) == 404  # of no organization
    assert await post("", json={**wanted, "organization_id": "org-1", "key": None}) == 422
    assert await post("", json={**wanted, "organization_id": "org-2", "payload": report("org-1")}) == 422
    assert (await post("", json={**wanted, "organization_id": "org-1"}))["changed"]
    (found,) = await manager.list_repeatable_jobs()
    assert (found.cron, found.payload) == ("0 7 1 * *", report("org-1"))
    assert await post("/values", params={"key": "monthly"}) == 404
    assert noted(connection) == ["edit"]
    assert await post("/values", params={"key": "monthly", "organization_id": "org-1"}) == report("org-1")
    assert noted(connection) == ["edit", "show values"]


async def test_a_schedule_stays_in_the_queue_that_it_was_put_in(visitor: Visitor, manager: QueueManager) -> None:
    await manager.add_repeatable_job("emails", "report:monthly", report("org-1"), "0 6 1 * *", key="monthly")
    edit = "/schedules/edit/monthly?organization=org-1"
    fields = {"job": "report:monthly", "key": "monthly", "cron": "0 6 1 * *"}
    headers = {"X-CSRF-Token": await visitor.csrf("/schedules/new")}

    async def queue_after(answer: Any, tag: str) -> str:
        assert answer.status_code in (200, 303), answer.text
        (found,) = await manager.list_repeatable_jobs()
        assert found.tags == (tag,)
        return found.queue

    assert await queue_after(await visitor.form(edit, edit, **fields, tags="a"), "a") == "emails"
    for tag, named in (("b", {"organization_id": "org-1"}), ("c", {"payload": report("org-1")})):
        wanted = {**fields, **named, "tags": [tag]}
        answer = await visitor.client.post("/api/schedules", headers=headers, json=wanted)
        assert await queue_after(answer, tag) == "emails"
    other = {"job": "maintenance:clear_cache", "payload": '{"organization_id": "org-1"}', "tags": "d"}
    assert await queue_after(await visitor.form(edit, edit, **{**fields, **other}), "d") == "maintenance"


async def test_another_organizations_payload_is_shown_to_nobody(
    manager: QueueManager, connection: psycopg.Connection[Any], somebody: Somebody
) -> None:
    await manager.add_repeatable_job(None, "report:monthly", report("org-1"), "0 6 1 * *", key="monthly")
    for who in ({"role": "operator", "organization_id": "org-1"}, {"role": "viewer"}):
        with pytest.raises(NotAllowed):
            await somebody(**who).show_schedule("monthly", organization_id="org-1")
    ask = "SELECT advisorjobs_note_schedule_shown('monthly', 'org-1') FROM advisorjobs_act(%s::jsonb)"
    for organization, shown_to in (("org-2", False), ("org-1", True)):
        actor = json.dumps({"via": "api", "by": "ann", "organization_id": organization})
        assert connection.execute(ask, [actor]).fetchone() == (shown_to,)
    assert noted(connection) == ["show values"]


def noted(connection: psycopg.Connection[Any]) -> list[str]:
    """What the dashboard and the API did to the schedule "monthly", in order."""
    query = (
        "SELECT action FROM advisorjobs_audit WHERE subject_kind = 'schedule' AND subject = 'monthly'"
        " AND organization_id = 'org-1' AND via IN ('dashboard', 'api') ORDER BY id"
    )
    return [action for (action,) in connection.execute(query)]


async def test_schedules_come_page_by_page(
    visitor: Visitor, manager: QueueManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advisorjobs.web.pages.schedules.ROWS", 2)
    for hour in range(3):
        await manager.add_repeatable_job(None, "report:monthly", report("org-1"), f"0 {hour} 1 1 *", key=f"at-{hour}")
    first, second = await shown(visitor, "/schedules"), await shown(visitor, "/schedules?page=1")
    assert [f"at-{hour}" in first for hour in range(3)] == [True, True, False]
    assert [f"at-{hour}" in second for hour in range(3)] == [False, False, True]
    assert ("page=1" in first, "page=0" in first) == (True, False)
    assert ("page=2" in second, "page=0" in second) == (False, True)
    assert "at-2" in await shown(visitor, "/schedules?page=99999")  # beyond the last: the last


def report(organization: str) -> dict[str, str]:
    return {"organization_id": organization, "client_id": "c-1", "month": "2026-10"}


@pytest.mark.parametrize("seconds", [1, 10, 90.5, 123_456.7, 0.000_001, 30 * 86_400, 400 * 86_400])
def test_a_wantedin_the_form_is_read_as_the_same_span(seconds: float) -> None:
    wanted = timedelta(seconds=seconds)
    assert span("every", typed_span(wanted)) == wanted


async def test_a_schedule_of_every_30_days_is_saved_as_the_form_shows_it(
    visitor: Visitor, manager: QueueManager
) -> None:
    await manager.add_repeatable_job(
        None, "report:monthly", report("org-1"), key="monthly", every=timedelta(days=30), jitter=timedelta(seconds=90)
    )
    edit = "/schedules/edit/monthly?organization=org-1"
    page = await shown(visitor, edit)
    fields = {
        name: value
        for name in ("every", "jitter")
        for value in re.findall(rf'name="{name}" type="text" value="([^"]*)"', page)
    }
    assert fields == {"every": "2592000s", "jitter": "90s"}
    saved = await visitor.form(edit, edit, job="report:monthly", key="monthly", tags="long", **fields)
    assert saved.status_code == 303
    (found,) = await manager.list_repeatable_jobs()
    assert (found.every, found.jitter, found.tags) == (timedelta(days=30), timedelta(seconds=90), ("long",))
