"""Actions and the audit log by the API, as programs use them."""

from __future__ import annotations

from typing import Any

import pytest

from advisorjobs.inspector.job_filter import JobFilter
from advisorjobs.web.access.person import Role
from tests.fixtures.deeds import Log
from tests.fixtures.desk import Desk
from tests.fixtures.visitors import Added, Comes

FAILED = {"status": "failed", "final": True, "error_code": "network"}


def failed(desk: Desk, **fields: Any) -> int:
    (job,) = desk.enqueue(**fields)
    desk.settle(*desk.claim(free=1), **FAILED)
    return job


class Program:
    """A program with a token."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def post(self, path: str, **body: Any) -> tuple[int, Any]:
        answer = await self.client.post(f"/api{path}", json=body)
        return answer.status_code, answer.json()

    async def get(self, path: str) -> Any:
        answer = await self.client.get(f"/api{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def program(comes: Comes, add_token: Added) -> Any:
    """Makes programs: `await program(Role.OPERATOR, "org-1")`."""

    async def make(role: Role = Role.ADMIN, organization_id: str | None = None) -> Program:
        name = f"{role}-{organization_id or 'all'}"
        return Program(comes(token=await add_token(name, role, organization_id)).client)

    return make


async def test_a_job_is_changed_and_the_change_taken_back(program: Any, desk: Desk, audit_log: Log) -> None:
    admin = await program()
    (job,) = desk.enqueue(delay=60)
    status, change = await admin.post(f"/jobs/{job}/promote", why="now, please")
    assert (status, change["job_id"], change["reason"]) == (200, job, None)
    (row,) = [row for row in audit_log() if row["action"] == "promote"]
    assert (row["via"], row["by"], row["why"], row["id"]) == (
        "api",
        "token admin-all",
        "now, please",
        change["audit_id"],
    )
    status, problem = await admin.post(f"/jobs/{job}/promote")
    assert (status, problem["detail"]) == (409, "it waits for a worker")
    status, undone = await admin.post(f"/audit/{change['audit_id']}/undo")
    assert (status, undone["action_id"]) == (200, None)
    status, problem = await admin.post(f"/audit/{change['audit_id']}/undo")
    assert (status, "undone already" in problem["detail"]) == (409, True)
    assert (await admin.post(f"/jobs/{job + 1}/cancel"))[0] == 404
    assert (await admin.post(f"/jobs/{job}/priority", priority=4))[1]["reason"] is None
    assert (await admin.post(f"/jobs/{job}/cancel"))[0] == 200


async def test_an_edit_names_each_wrong_field(program: Any, desk: Desk) -> None:
    desk.names = ("ai:insights",)
    good = {"organization_id": "org-1", "client_id": "c-1", "start": "2026-01-01", "end": "2026-01-31"}
    job = failed(desk, name="ai:insights", args=good, organization_id="org-1")
    admin = await program()
    status, problem = await admin.post(f"/jobs/{job}/edit", payload={**good, "end": "x", "more": 1})
    assert (status, set(problem["fields"])) == (422, {"end", "more"})
    assert (await admin.post(f"/jobs/{job}/edit", payload=good, version="other"))[0] == 409
    status, problem = await admin.post(f"/jobs/{job}/edit", payload={**good, "organization_id": "org-2"})
    assert (status, "another organization" in problem["detail"]) == (409, True)
    status, edited = await admin.post(f"/jobs/{job}/edit", payload={**good, "end": "2026-03-31"})
    assert (status, edited["outcome"], edited["job_id"]) == (200, "retried", job)
    (claimed,) = desk.claim()
    desk.complete(claimed)
    status, edited = await admin.post(f"/jobs/{job}/edit", payload=good)
    assert (status, edited["outcome"]) == (200, "created")
    found = desk.rows("SELECT tags, args ->> 'end' AS \"end\" FROM procrastinate_jobs WHERE id = %s", edited["job_id"])
    assert found == [{"tags": [f"from job {job}"], "end": "2026-01-31"}]


async def test_many_jobs_are_looked_at_first_or_changed_at_once(program: Any, desk: Desk) -> None:
    jobs = [failed(desk), failed(desk)]
    admin = await program()
    status, looked = await admin.post("/actions", action="retry", filter={"queue": "critical"})
    assert (status, looked["state"], looked["expected"]) == (200, "proposed", 2)
    assert desk.one("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'") == 2
    status, agreed = await admin.post(f"/actions/{looked['id']}/confirm", why="once more")
    assert (status, agreed["state"], agreed["why"]) == (200, "running", "once more")
    assert (await admin.post(f"/actions/{looked['id']}/confirm"))[0] == 409
    assert (await admin.post(f"/actions/{looked['id']}/resume"))[0] == 409
    assert (await admin.post(f"/actions/{looked['id']}/cancel"))[1]["state"] == "cancelled"
    status, done = await admin.post("/actions", action="retry", jobs=[*jobs, 999], dry_run=False)
    assert (status, done["state"], done["done"], done["refused"]) == (200, "done", 2, 1)
    assert await admin.get(f"/actions/{done['id']}/refusals") == [{"job_id": 999, "reason": "gone"}]
    for path in ("/confirm", "/cancel", "/resume"):
        assert (await admin.post(f"/actions/999{path}"))[0] == 404


async def test_a_filter_has_every_condition_of_the_search(program: Any, desk: Desk, audit_log: Log) -> None:
    """Those of GET /api/jobs; what is looked for is told to the program that proposed it alone."""
    (job,) = desk.enqueue(args={"client": "Anna"}, tags=["t"], organization_id="org-1")
    desk.settle(*desk.claim(free=1), **FAILED, error_message="Anna is away", fingerprint="f1")
    failed(desk)
    operator, theirs = await program(Role.OPERATOR), await program(Role.OPERATOR, "org-1")
    schema = (await operator.get("/openapi.json"))["components"]["schemas"]["Wanted"]["properties"]
    assert {*schema, "status"} == {*JobFilter.__slots__, "organization_id", "states"} - {"organization"}
    conditions: list[dict[str, Any]] = [
        {"id": job}, {"payload": "client=Anna"}, {"error_text": "anna"}, {"fingerprint": "f1"}, {"tag": "t"},
        {"organization_id": "org-1"}, {"states": ["failed"], "payload": "client=Anna", "error_code": "network"},
    ]  # fmt: skip
    for wanted in conditions:
        looked = (await operator.post("/actions", action="retry", filter=wanted))[1]
        assert (looked["expected"], looked["filter"]) == (1, wanted)
    assert (await operator.post("/actions", action="retry", filter={"unique_key": "k"}))[1]["expected"] == 0
    status, own = await theirs.post("/actions", action="retry", filter={"error_text": "anna"}, dry_run=False)
    assert (status, own["state"], own["filter"]["organization_id"]) == (200, "running", "org-1")
    watcher = await program(Role.VIEWER)
    assert (await watcher.get(f"/actions/{own['id']}"))["filter"]["error_text"] == "…"
    assert "anna" not in str(audit_log()).lower()
    assert (await watcher.post("/actions", action="retry", filter={"error_text": "anna"}))[0] == 403


async def test_queues_organizations_and_keys_are_changed(program: Any, desk: Desk, audit_log: Log) -> None:
    admin = await program()
    failed(desk)
    changes = [
        ("/queues/emails/pause", {"why": "a test"}), ("/queues/emails/resume", {}),
        ("/queues/emails/limit", {"why": "a test", "rate": "9/min", "running": "none"}), ("/queues/emails/reset-limit", {}),
        ("/organizations/org-1/pause", {"why": "a test"}), ("/organizations/org-1/resume", {}),
        ("/organizations/org-1/limit", {"why": "a test", "weight": 3}), ("/organizations/org-1/remove-limit", {}),
        ("/keys/limit", {"key": "stripe", "running": 2, "why": "a test"}), ("/keys/remove-limit", {"key": "stripe"}),
    ]  # fmt: skip
    for path, body in changes:
        status, noted = await admin.post(path, **body)
        assert (status, noted["changed"]) == (200, True), path
    assert (await admin.post("/queues/emails/pause"))[0] == 422
    assert (await admin.post("/queues/emailz/pause", why="x"))[0] == 404
    assert (await admin.post("/queues/emails/limit", why="x", rate="many"))[0] == 422
    assert (await admin.post("/queues/emails/resume"))[1] == {"changed": False, "audit_id": None}
    page = await admin.get("/audit?by=token+admin-all&limit=3")
    assert [entry["action"] for entry in page["entries"]] == ["remove limit", "limit", "remove limit"]
    older = await admin.get(f"/audit?by=token+admin-all&limit=3&after={page['older'].replace('+', '%2B')}")
    assert [entry["action"] for entry in older["entries"]] == ["limit", "resume", "pause"]
    status, looked = await admin.post("/queues/critical/retry-failed")
    assert (status, looked["expected"], looked["state"]) == (200, 1, "proposed")
    status, cleaned = await admin.post("/queues/critical/clean", state="failed", why="old", dry_run=False)
    assert (status, cleaned["state"], cleaned["expected"]) == (200, "running", 1)
    assert (await admin.post("/queues/critical/clean", state="failed", dry_run=False))[0] == 422


@pytest.mark.parametrize(("role", "organization_id", "allowed"), [
    (Role.VIEWER, None, set()),
    (Role.OPERATOR, None, {"retry", "cancel", "promote", "priority", "edit", "actions", "pause", "limit queue", "undo"}),
    (Role.OPERATOR, "org-1", {"retry", "cancel", "actions"}),
    (Role.VIEWER, "org-1", set()),
])  # fmt: skip
async def test_who_may_do_what(
    program: Any, desk: Desk, role: Role, organization_id: str | None, allowed: set[str]
) -> None:
    caller = await program(role, organization_id)
    wishes: dict[str, tuple[str, dict[str, Any]]] = {
        "retry": ("/jobs/1/retry", {}),
        "cancel": ("/jobs/1/cancel", {}),
        "promote": ("/jobs/1/promote", {}),
        "priority": ("/jobs/1/priority", {"priority": 1}),
        "edit": ("/jobs/1/edit", {"payload": {}}),
        "actions": ("/actions", {"action": "retry", "jobs": [1]}),
        "pause": ("/queues/emails/pause", {"why": "x"}),
        "limit queue": ("/queues/emails/limit", {"why": "x", "running": 2}),
        "clean": ("/queues/emails/clean", {"state": "failed", "why": "x"}),
        "limit": ("/organizations/org-1/limit", {"why": "x", "weight": 2}),
        "key": ("/keys/limit", {"key": "k", "running": 1, "why": "x"}),
        "undo": ("/audit/999/undo", {}),
    }
    assert {name for name, (path, body) in wishes.items() if (await caller.post(path, **body))[0] != 403} == allowed
    log = await caller.client.get("/api/audit")
    assert log.status_code == (200 if organization_id is None else 403)


MALFORMED: list[tuple[str, dict[str, Any]]] = [
    ("/jobs/0/retry", {}),
    ("/jobs/99999999999999999999/retry", {}),
    ("/jobs/1/retry", {"whi": "x"}),
    ("/jobs/1/retry", {"why": "\0"}),
    ("/queues/%00/pause", {"why": "x"}),
    ("/actions", {"action": "retry", "jobs": [2**63]}),
    ("/actions", {"action": "retry"}),
    ("/actions", {"action": "retry", "filter": {"since": "2026-01-01"}}),
    ("/actions", {"action": "retry", "filter": {"queue": "\0"}}),
    ("/actions", {"action": "retry", "filter": {"payload": "client"}}),
    ("/actions", {"action": "retry", "filter": {"error_code": "nonsense"}}),
    ("/actions", {"action": "retry", "filter": {"id": 0}}),
    ("/actions", {"action": "retry", "filter": {"states": ["waiting"]}}),
    ("/queues/emails/limit", {"why": "x", "running": 10**30}),
    ("/queues/emails/clean", {"state": "failed", "older_than_ms": -1, "why": "x"}),
    ("/organizations/o/limit", {"why": "x", "weight": 101}),
    ("/jobs/1/edit", {"payload": []}),
    ("/jobs/1/edit", {"payload": {"a": "\0"}}),
]


async def test_whatever_comes_is_answered(program: Any) -> None:
    admin = await program()
    for path, body in MALFORMED:
        status, problem = await admin.post(path, **body)
        assert 400 <= status < 500, (path, body)
        assert problem["title"]


async def test_an_organizations_program_reaches_its_own_only(program: Any, desk: Desk) -> None:
    own, other = failed(desk, organization_id="org-1"), failed(desk, organization_id="org-2")
    theirs = await program(Role.OPERATOR, "org-1")
    assert (await theirs.post(f"/jobs/{other}/retry"))[0] == 404
    assert (await theirs.post(f"/jobs/{own}/retry"))[0] == 200
    status, done = await theirs.post("/actions", action="cancel", jobs=[own, other], dry_run=False)
    assert (status, done["done"], done["refused"]) == (200, 1, 1)
    assert (await theirs.post("/actions", action="retry", filter={"organization_id": "org-2"}))[0] == 403
    foreign = (await (await program()).post("/actions", action="retry", jobs=[other]))[1]["id"]
    assert (await theirs.client.get(f"/api/actions/{foreign}")).status_code == 404
    assert (await theirs.post(f"/actions/{foreign}/confirm"))[0] == 404
    assert desk.one("SELECT status FROM procrastinate_jobs WHERE id = %s", other) == "failed"
