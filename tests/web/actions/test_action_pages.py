"""The pages that change something, as a browser without script uses them: asked before, done, told, taken back."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import httpx

from advisorjobs.web.access.person import Role
from tests.fixtures.deeds import Log
from tests.fixtures.desk import Desk
from tests.fixtures.visitors import Added, Comes, Visitor

FAILED = {"status": "failed", "final": True, "error_code": "network"}
FORMS = "/people"


def failed(desk: Desk, **fields: Any) -> int:
    (job,) = desk.enqueue(**fields)
    desk.settle(*desk.claim(free=1), **FAILED)
    return job


async def post(visitor: Visitor, path: str, **fields: str) -> httpx.Response:
    return await visitor.client.post(path, data={"csrf": await visitor.csrf(FORMS), "back": "/audit", **fields})


async def said(visitor: Visitor, answer: httpx.Response) -> str:
    """What the page says to which the answer leads, with its tags left out."""
    assert answer.status_code == 303, answer.text
    page = await visitor.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    found = re.search(r'<div class="notice \w+" role="(?:status|alert)">(.*?)</div>', page.text, re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]*>", " ", found[1]).split())) if found else ""


async def test_a_retry_is_asked_about_before_and_told_after(comes: Comes, desk: Desk, audit_log: Log) -> None:
    job, visitor = failed(desk), comes()
    asked = await post(visitor, f"/jobs/{job}/retry")
    assert (asked.status_code, audit_log()) == (200, [])
    assert f"Retry job {job}?" in asked.text
    assert 'name="sure" value="yes"' in asked.text
    done = await post(visitor, f"/jobs/{job}/retry", sure="yes", why="the bank is back")
    assert await said(visitor, done) == f"Job {job} waits to run again"
    (row,) = audit_log()
    assert (row["action"], row["why"], row["via"]) == ("retry", "the bank is back", "dashboard")
    again = await post(visitor, f"/jobs/{job}/retry", sure="yes")
    assert await said(visitor, again) == f"Job {job} can't be retried: it waits for a worker"


async def test_what_is_said_is_said_once(comes: Comes, desk: Desk) -> None:
    (job,) = desk.enqueue(delay=60)
    visitor = comes()
    done = await post(visitor, f"/jobs/{job}/promote")
    assert await said(visitor, done) == f"Job {job} may start now Undo"
    assert await said(visitor, done) == ""


async def test_a_promotion_is_taken_back_by_the_button(comes: Comes, desk: Desk, audit_log: Log) -> None:
    (job,) = desk.enqueue(delay=60)
    visitor = comes()
    done = await post(visitor, f"/jobs/{job}/promote")
    page = await visitor.get(done.headers["location"])
    action = re.search(r'action="(/audit/\d+/undo)"', page.text)
    assert action is not None
    undone = await post(visitor, action[1])
    assert await said(visitor, undone) == "It is taken back"
    assert desk.one("SELECT scheduled_at > now() FROM procrastinate_jobs")
    again = await post(visitor, action[1])
    assert "undone already" in await said(visitor, again)


async def test_a_job_is_cancelled_and_another_made_more_urgent(comes: Comes, desk: Desk) -> None:
    first, second = desk.enqueue(2)
    visitor = comes()
    assert (await post(visitor, f"/jobs/{first}/cancel")).status_code == 200
    assert "cancelled" in await said(visitor, await post(visitor, f"/jobs/{first}/cancel", sure="yes"))
    assert "priority 7" in await said(visitor, await post(visitor, f"/jobs/{second}/priority", priority="7"))
    assert "must be a whole number" in await said(
        visitor, await post(visitor, f"/jobs/{second}/priority", priority="x")
    )
    assert desk.rows("SELECT id, priority FROM procrastinate_jobs") == [{"id": second, "priority": -7}]


async def test_a_payload_is_edited_field_by_field_and_nothing_is_lost(comes: Comes, desk: Desk, audit_log: Log) -> None:
    desk.names = ("ai:insights",)
    good = {"organization_id": "org-1", "client_id": "c-1", "start": "2026-01-01", "end": "2026-01-31"}
    job = failed(desk, name="ai:insights", args=good, organization_id="org-1")
    visitor = comes()
    form = await post(visitor, f"/jobs/{job}/edit")
    assert form.status_code == 200
    assert [row["action"] for row in audit_log()] == ["show values"]
    version = re.search(r'name="version" value="(\w+)"', form.text)
    assert version is not None
    wrong = json.dumps({**good, "end": "never", "extra": 1})
    refused = await post(visitor, f"/jobs/{job}/edit", payload=wrong, version=version[1], why="typo")
    assert refused.status_code == 422
    assert '<span class="mono">end</span>' in refused.text
    assert '<span class="mono">extra</span>' in refused.text
    assert html.escape(wrong, quote=True).replace("&#x27;", "'") in refused.text.replace("&#34;", "&quot;")
    assert 'value="typo"' in refused.text
    assert desk.one("SELECT status FROM procrastinate_jobs") == "failed"
    fixed = await post(
        visitor, f"/jobs/{job}/edit", payload=json.dumps({**good, "end": "2026-02-28"}), version=version[1]
    )
    assert await said(visitor, fixed) == f"Job {job} waits to run again, with the payload that you gave it"
    assert desk.one("SELECT args ->> 'end' FROM procrastinate_jobs WHERE id = %s", job) == "2026-02-28"
    row = audit_log()[-1]
    assert (row["action"], row["after"]) == ("edit", {"changed_fields": ["end"], "state": "waiting"})
    assert "2026-02" not in json.dumps([str(each) for each in row.values()])


async def test_what_is_no_payload_is_told(comes: Comes, desk: Desk) -> None:
    job, visitor = failed(desk), comes()
    for payload in ("{", "[]", "null", "[" * 5000):
        answer = await post(visitor, f"/jobs/{job}/edit", payload=payload, version="x", back="https://evil.example/")
        assert answer.status_code == 422
        assert "evil.example" not in answer.text
        assert "Nothing is saved yet" in answer.text


async def test_an_edit_of_what_somebody_else_has_changed_is_not_saved(comes: Comes, desk: Desk) -> None:
    desk.names = ("critical:health_check",)
    job = failed(desk, name="critical:health_check", args={"organization_id": "system"}, organization_id="system")
    answer = await post(comes(), f"/jobs/{job}/edit", payload='{"organization_id": "system"}', version="0" * 32)
    assert answer.status_code == 409
    assert "since you opened it" in answer.text


async def test_ticked_jobs_are_looked_at_agreed_to_and_accounted_for(comes: Comes, desk: Desk, audit_log: Log) -> None:
    job, (waiting,) = failed(desk), desk.enqueue()
    visitor = comes()
    fields = {"csrf": await visitor.csrf(FORMS), "action": "retry", "job": [str(job), str(waiting)], "all": ""}
    proposed = await visitor.client.post("/jobs/actions", data=fields)
    place = proposed.headers["location"]
    page = await visitor.get(place)
    assert "Nothing has happened yet" in page.text
    assert "Retry 1 job<" in page.text
    assert audit_log() == []
    agreed = await post(visitor, f"{place}/confirm", why="again")
    assert agreed.headers["location"] == place
    assert await said(visitor, agreed) == "It is carried out"
    after = await visitor.get(place)
    assert "it waits for a worker" in after.text
    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'") == 2


async def test_all_that_match_are_carried_out_in_the_background(comes: Comes, desk: Desk) -> None:
    desk.enqueue(3, organization_id="org-1")
    visitor = comes()
    fields = {"action": "cancel", "all": "yes", "status": "waiting", "organization": "org-1"}
    place = (await post(visitor, "/jobs/actions", **fields)).headers["location"]
    await post(visitor, f"{place}/confirm")
    page = await visitor.get(place)
    assert "It waits for a worker of the queue maintenance" in page.text
    assert "Stop it" in page.text
    assert 'id="standing" data-live="actions tick"' in page.text
    desk.connection.execute("SELECT advisorjobs_action_step(%s)", [int(place.rsplit("/", 1)[1])])
    ended = (await visitor.get(place)).text
    assert "It ended" in ended
    assert [f'id="{each}" data-live="actions"' in ended for each in ("standing", "buttons", "refused")] == [True] * 3
    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'critical'") == 0


async def test_all_that_match_a_payload_and_an_error_are_retried(comes: Comes, desk: Desk, audit_log: Log) -> None:
    (job,) = desk.enqueue(args={"client": "Anna"})
    desk.settle(*desk.claim(free=1), **FAILED, error_message="the bank is away", fingerprint="f1")
    other, visitor = failed(desk, args={"client": "Bert"}), comes()
    page = (await visitor.get("/jobs?status=failed&payload=client%3DAnna&error_text=bank")).text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.partition('id="act"')[2]))
    assert [*re.findall(r'<option value="(retry|cancel|promote|priority)">', page)] == ["retry"]
    fields = {**hidden, "action": "retry", "all": "yes"}
    place = (await post(visitor, "/jobs/actions", **fields)).headers["location"]
    looked = (await visitor.get(place)).text
    assert "client=Anna" in looked
    assert "Retry 1 job" in looked
    await post(visitor, f"{place}/confirm")
    assert "It waits for a worker" in (await visitor.get(place)).text
    desk.connection.execute("SELECT advisorjobs_action_step(%s)", [int(place.rsplit("/", 1)[1])])
    assert desk.rows("SELECT id, status::text FROM procrastinate_jobs WHERE id <= %s ORDER BY id", other) == [
        {"id": job, "status": "todo"},
        {"id": other, "status": "failed"},
    ]
    assert "client=…" in (await visitor.get(place)).text
    assert "Anna" not in (await visitor.get("/audit")).text
    again = (await post(visitor, "/jobs/actions", **fields)).headers["location"]
    nothing = (await visitor.get(again)).text
    assert "there is nothing to do" in nothing
    assert f'href="{html.escape("/jobs?status=failed&payload=client%3DAnna&error_text=bank")}"' in nothing
    assert "confirm" not in nothing


async def test_what_can_be_done_depends_on_what_is_listed(comes: Comes, desk: Desk, add_person: Added) -> None:
    failed(desk)
    desk.complete(*desk.claim(free=1))
    desk.enqueue(1, organization_id="org-1")
    desk.enqueue(2, delay=60)
    shown, olga = {}, comes()
    for name, organization_id in (("admin", None), ("olga", "org-1")):
        await add_person(name, Role.OPERATOR, organization_id)
    admin = comes()
    await olga.sign_in("olga")
    await admin.sign_in("admin")
    for who, visitor in (("admin", admin), ("olga", olga)):
        for status in ("waiting", "delayed", "failed"):
            page = (await visitor.get(f"/jobs?status={status}")).text
            shown[who, status] = re.findall(r'<option value="(retry|cancel|promote|priority)">', page)
    assert shown == {
        ("admin", "waiting"): ["cancel", "priority"],
        ("admin", "delayed"): ["cancel", "promote", "priority"],
        ("admin", "failed"): ["retry"],
        ("olga", "waiting"): ["cancel"],
        ("olga", "delayed"): ["cancel"],  # of hers there is none yet
        ("olga", "failed"): ["retry"],
    }


MEANINGLESS = (
    {"action": "retry", "all": "yes", "payload": "document_id"},
    {"action": "retry", "all": "yes", "status": "waiting"},
    {"action": "retry", "all": "yes", "id": "x"},
    {"action": "retry", "all": "yes", "since": "soon"},
    {"action": "retry"},
    {"action": "explode", "all": "yes"},
    {"action": "priority", "all": "yes", "priority": "0"},
    {"action": "retry", "all": "yes", "queue": "emailz"},
)


async def test_what_can_not_be_meant_is_told_where_it_was_asked_for(comes: Comes, desk: Desk) -> None:
    visitor = comes()
    for fields in MEANINGLESS:
        answer = await post(visitor, "/jobs/actions", **fields)
        assert answer.headers["location"] == "/audit"
        assert await said(visitor, answer), fields


async def test_a_proposal_is_dropped(comes: Comes, desk: Desk) -> None:
    job, visitor = failed(desk), comes()
    fields = {"csrf": await visitor.csrf(FORMS), "action": "retry", "job": str(job)}
    place = (await visitor.client.post("/jobs/actions", data=fields)).headers["location"]
    assert "stopped" in await said(visitor, await post(visitor, f"{place}/cancel"))
    assert "It was dropped" in (await visitor.get(place)).text


async def test_a_queue_is_paused_with_a_reason_and_goes_on(comes: Comes, desk: Desk, audit_log: Log) -> None:
    visitor = comes()
    assert "why" in await said(visitor, await post(visitor, "/queues/emails/pause"))
    assert audit_log() == []
    paused = await post(visitor, "/queues/emails/pause", why="the server moves", until="2999-01-01T08:00")
    assert await said(visitor, paused) == "emails is paused Undo"
    assert desk.one("SELECT until = '2999-01-01T08:00Z' FROM advisorjobs_pauses")
    assert await said(visitor, await post(visitor, "/queues/emails/resume")) == "emails goes on Undo"
    assert await said(visitor, await post(visitor, "/queues/emails/resume")) == "It was so already"


async def test_limits_rules_and_keys_are_changed(comes: Comes, desk: Desk) -> None:
    visitor = comes()
    for path, fields in (
        ("/queues/emails/limit", {"rate": "7/min", "running": "none", "fair": "no"}),
        ("/organizations/org-1/limit", {"weight": "4", "queue": "emails"}),
        ("/keys/limit", {"key": "stripe", "running": "2"}),
    ):
        assert "Undo" in await said(visitor, await post(visitor, path, why="a test", **fields)), path
    assert desk.rows("SELECT rate, running, fair FROM advisorjobs_queues WHERE name = 'emails'") == [
        {"rate": 7, "running": None, "fair": False}
    ]
    assert desk.rows("SELECT queue, weight FROM advisorjobs_organization_rules") == [{"queue": "emails", "weight": 4}]
    assert desk.rows("SELECT key, running FROM advisorjobs_keys") == [{"key": "stripe", "running": 2}]
    for path, fields in (
        ("/queues/emails/reset-limit", {}),
        ("/organizations/org-1/remove-limit", {"queue": "emails"}),
        ("/keys/remove-limit", {"key": "stripe"}),
    ):
        assert "Undo" in await said(visitor, await post(visitor, path, **fields)), path
    assert desk.one("SELECT rate FROM advisorjobs_queues WHERE name = 'emails'") == 100


async def test_a_queue_is_cleaned_after_a_look_and_a_reason(comes: Comes, desk: Desk) -> None:
    failed(desk)
    visitor = comes()
    place = (await post(visitor, "/queues/critical/clean", state="failed", older_than="0")).headers["location"]
    assert "why" in await said(visitor, await post(visitor, f"{place}/confirm"))
    assert await said(visitor, await post(visitor, f"{place}/confirm", why="old")) == "It is carried out"
    assert "must be hours" in await said(
        visitor, await post(visitor, "/queues/critical/clean", state="failed", older_than="x")
    )


async def test_the_log_is_searched_page_by_page(comes: Comes, desk: Desk) -> None:
    visitor = comes()
    assert "No entry fits" not in (await visitor.get("/audit?by=")).text
    for number in range(60):
        desk.one("SELECT pause_queue('emails', %s, paused_by => 'bob')", f"reason {number}")
    first = await visitor.get("/audit?by=bob")
    older = re.search(r'href="(\?[^"]*after=[^"]*)" rel="next"', first.text)
    assert older is not None
    assert "reason 59" in first.text
    second = await visitor.get(f"/audit{html.unescape(older[1])}")
    assert ("reason 9" in second.text, "reason 59" in second.text) == (True, False)
    assert "No entry fits" in (await visitor.get("/audit?by=nobody")).text
    assert "cursor" in (await visitor.get("/audit?after=nonsense")).text


async def test_people_of_an_organization_are_told_no_counts_of_everybodys_jobs(
    comes: Comes, desk: Desk, add_person: Added
) -> None:
    await add_person("olga", Role.OPERATOR, "org-1")
    failed(desk, organization_id="org-1")
    visitor = comes()
    await visitor.sign_in("olga")
    token = await visitor.csrf("/account")
    looked = await visitor.client.post(
        "/jobs/actions", data={"csrf": token, "action": "cancel", "all": "1", "payload": "client=x"}
    )
    desk.one("UPDATE advisorjobs_actions SET expected_more = true, looked = 12345 RETURNING 1")
    page = (await visitor.get(looked.headers["location"])).text
    assert ("None so far" in page, "are looked at while it is carried out" in page) == (True, True)
    assert ("of the first" in page, "among the first" in page) == (False, False)


async def test_only_who_may_does(comes: Comes, desk: Desk, add_person: Added, audit_log: Log) -> None:
    await add_person("root", Role.ADMIN)
    await add_person("vera", Role.VIEWER)
    await add_person("olaf", Role.OPERATOR)
    await add_person("olga", Role.OPERATOR, "org-1")
    own, other = failed(desk, organization_id="org-1"), failed(desk, organization_id="org-2")
    before = len(audit_log())
    allowed: dict[str, set[str]] = {}
    paths = (
        f"/jobs/{own}/promote", f"/jobs/{own}/priority", f"/jobs/{own}/edit", "/queues/emails/pause", "/queues/emails/clean",
        "/organizations/org-1/limit", "/keys/limit", "/audit/1/undo", f"/jobs/{own}/retry",
    )  # fmt: skip
    for name in ("vera", "olaf", "olga"):
        visitor = comes()
        await visitor.sign_in(name)
        token = await visitor.csrf("/account")
        for path in paths:
            answer = await visitor.client.post(path, data={"csrf": token, "priority": "1"})
            if answer.status_code != 403:
                allowed.setdefault(name, set()).add(path.rsplit("/", 1)[1])
        if name == "olga":
            refused = await visitor.client.post(f"/jobs/{other}/retry", data={"csrf": token, "sure": "yes"})
            assert refused.status_code == 303
            await visitor.client.post(f"/jobs/{own}/retry", data={"csrf": token, "sure": "yes"})
    assert allowed == {
        "olaf": {"promote", "priority", "edit", "pause", "undo", "retry"}, "olga": {"retry"},
    }  # fmt: skip
    done = [(row["by"], row["action"], row["subject"]) for row in audit_log()[before:] if row["action"] == "retry"]
    assert done == [("olga", "retry", str(own))]
    assert desk.one("SELECT status FROM procrastinate_jobs WHERE id = %s", other) == "failed"


async def test_pages_offer_what_may_be_done_there(comes: Comes, desk: Desk, add_person: Added) -> None:
    bad, (waiting,), (delayed,) = failed(desk), desk.enqueue(), desk.enqueue(delay=60)
    await add_person("root", Role.ADMIN)
    await add_person("vera", Role.VIEWER)
    await add_person("olaf", Role.OPERATOR)
    seen: dict[str, dict[str, list[str]]] = {}
    for name in ("vera", "olaf", "root"):
        visitor = comes()
        await visitor.sign_in(name)
        for path in (f"/jobs/{bad}", f"/jobs/{waiting}", f"/jobs/{delayed}", "/jobs", "/queues/critical", "/limits"):
            page = await visitor.get(path)
            assert page.status_code == 200, (path, page.text)
            offered = re.findall(r'method="post" action="([^"]*)"', page.text)
            seen.setdefault(name, {})[path] = [each.rsplit("/", 1)[1] for each in offered if "sign-out" not in each]
    assert not {each for offered in seen["vera"].values() for each in offered} - {"values"}
    olaf = seen["olaf"]
    assert {"retry", "edit"} <= set(olaf[f"/jobs/{bad}"])
    assert {"cancel", "priority", "edit"} <= set(olaf[f"/jobs/{waiting}"])
    assert {"cancel", "priority", "promote"} <= set(olaf[f"/jobs/{delayed}"])
    assert {"promote", "retry"}.isdisjoint(olaf[f"/jobs/{waiting}"])
    assert "actions" in olaf["/jobs"]
    assert {"pause", "limit", "reset-limit", "retry-failed"} <= set(olaf["/queues/critical"])
    assert "clean" not in olaf["/queues/critical"]
    assert "clean" in seen["root"]["/queues/critical"]
    assert ("limit" in olaf["/limits"], "limit" in seen["root"]["/limits"]) == (False, True)
