"""The pages of jobs, and /api/jobs: what is found and shown, to whom, and what is kept from whom."""

from __future__ import annotations

from typing import Any

import pytest

from advisorjobs.inspector import job_search
from advisorjobs.web.access.person import Role
from tests.fixtures.desk import Desk
from tests.fixtures.visitors import Added, Comes, Visitor

SECRET = "miller@example.com"
ENDING = {"error_code": "network", "error_message": f"{SECRET} is unknown", "stack_trace": f"Traceback: {SECRET}"}


@pytest.fixture
def visitor(comes: Comes) -> Visitor:
    """The user of this machine, who is an administrator while nobody has to sign in."""
    return comes()


@pytest.fixture
def failed(desk: Desk) -> int:
    (job,) = desk.enqueue(args={"to": SECRET, "document_id": "doc-17"}, organization_id="org-7", tags=["import"])
    desk.settle(*desk.claim(), status="failed", final=True, fingerprint="f1f1f1f1", **ENDING)
    return job


async def shown(visitor: Visitor, path: str, status: int = 200) -> str:
    answer = await visitor.get(path)
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert SECRET not in answer.text
    return answer.text


async def test_a_list_is_searched_by_its_address(visitor: Visitor, desk: Desk, failed: int) -> None:
    (waiting,) = desk.enqueue(name="test:other", queue="emails", unique_key="k/1")
    everything = await shown(visitor, "/jobs")
    assert f"/jobs/{failed}" in everything
    assert f"/jobs/{waiting}" in everything
    for query, found, other in (
        ("status=failed", failed, waiting),
        ("queue=emails", waiting, failed),
        ("organization=org-7", failed, waiting),
        ("tag=import", failed, waiting),
        ("error_code=network", failed, waiting),
        ("fingerprint=f1f1f1f1", failed, waiting),
        ("error_text=UNKNOWN", failed, waiting),
        ("payload=document_id%3Ddoc-17", failed, waiting),
        ("unique_key=k%2F1", waiting, failed),
        ("name=test:other&since=2020-01-01", waiting, failed),
    ):
        page = await shown(visitor, f"/jobs?{query}")
        assert f'/jobs/{found}"' in page, query
        assert f'/jobs/{other}"' not in page, query
    assert (await visitor.get(f"/jobs?id={failed}")).headers["location"] == f"/jobs/{failed}"


async def test_states_of_emptiness_are_told_apart(
    visitor: Visitor, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No jobs yet" in await shown(visitor, "/jobs")
    desk.enqueue(100)
    assert "No job matches" in await shown(visitor, "/jobs?tag=none")
    assert "No job matches" in await shown(visitor, "/jobs?id=4711")
    monkeypatch.setattr(job_search, "LOOK", 30)
    monkeypatch.setattr(job_search, "PATIENCE_MS", 0)
    page = await shown(visitor, "/jobs?tag=nowhere")
    assert "Looked at 30 jobs" in page
    assert "/jobs?tag=nowhere&amp;before=71" in page


async def test_pages_lead_to_each_other(visitor: Visitor, desk: Desk) -> None:
    jobs = desk.enqueue(120)
    first = await shown(visitor, "/jobs?queue=critical")
    assert f"before={jobs[70]}" in first
    assert 'rel="prev"' not in first
    second = await shown(visitor, f"/jobs?queue=critical&before={jobs[70]}")
    assert f'id="row-{jobs[69]}"' in second
    assert f"after={jobs[69]}" in second
    assert 'rel="next"' in second


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("status=waitin", "Status is no status of a job: did you mean waiting?"),
        ("id=x", "Number must be a job"),
        ("before=x", "Before is no place in a list of jobs"),
        ("before=1&after=1", "After can"),
        ("payload=x", "In the payload must be a field and what it says"),
        ("since=x", "From must be a date and time"),
        ("tag=%00", "Tag must be text"),
        ("since=0001-01-01T00:00%2B20:00", "From must lie between"),
        ("until=9999-12-31T23:59", "Before must lie between"),
    ],
)
async def test_what_cant_be_searched_for_is_told(visitor: Visitor, query: str, words: str) -> None:
    answer = await visitor.get(f"/jobs?{query}")
    assert answer.status_code == 400, answer.text
    assert "data-live=" not in answer.text.split("<main")[1]  # it would be refused again at each change
    assert words.replace("'", "&#39;") in answer.text


async def test_a_job_is_shown_without_what_it_holds_until_somebody_asks(
    visitor: Visitor, desk: Desk, failed: int
) -> None:
    page = await shown(visitor, f"/jobs/{failed}")
    for words in ("test:work", "org-7", "import", "document_id", "Message of 29 characters"):
        assert words in page
    assert f'data-live="job:{failed}"' in page
    seen = await visitor.form(f"/jobs/{failed}", f"/jobs/{failed}/values")
    assert seen.status_code == 200
    for words in (f"&#34;{SECRET}&#34;", f"{SECRET} is unknown", f"Traceback: {SECRET}"):
        assert words in seen.text or words.replace("&#34;", '"') in seen.text, words
    assert "data-live=" not in seen.text.split("<main")[1]
    noted = desk.rows("SELECT subject, via FROM advisorjobs_audit WHERE action = 'show values'")
    assert [(row["subject"], row["via"]) for row in noted] == [(str(failed), "dashboard")]
    assert (await visitor.get(f"/jobs/{failed}/values")).status_code == 303
    await shown(visitor, "/jobs/4711", 404)
    await shown(visitor, f"/jobs/{1 << 70}", 404)


async def test_a_waiting_job_says_why(visitor: Visitor, desk: Desk) -> None:
    first, second = desk.enqueue(2, lock="books")
    desk.claim(free=1)
    page = await shown(visitor, f"/jobs/{second}")
    assert "Why is this job waiting?" in page
    assert f"Its lock is taken: job {first} runs with it." in page
    running = await shown(visitor, f"/jobs/{first}")
    assert "Why is this job waiting?" not in running
    assert "run 1 (attempt 1) started by desk" in running


async def test_the_api_tells_the_same(visitor: Visitor, desk: Desk, failed: int) -> None:
    (waiting,) = desk.enqueue()

    async def told(path: str, status: int = 200) -> Any:
        answer = await visitor.get(f"/api/jobs{path}")
        assert answer.status_code == status, answer.text
        assert SECRET not in answer.text
        return answer.json()

    assert [job["id"] for job in (await told(""))["jobs"]] == [waiting, failed]
    assert [job["id"] for job in (await told("?status=failed&organization_id=org-7"))["jobs"]] == [failed]
    page = await told("?limit=1")
    assert [job["id"] for job in (await told(f"?before={page['older']}"))["jobs"]] == [failed]
    job = await told(f"/{failed}")
    assert (job["status"], job["payload"], job["payload_shape"]["to"]) == (
        "failed",
        None,
        {"kind": "string", "size": len(SECRET)},
    )
    assert (await told(f"/{failed}/runs"))[0]["error_code"] == "network"
    assert (await told(f"/{waiting}/why-waiting"))["reasons"][0]["why"] == "nothing"
    assert await told(f"/{failed}/log") == []
    assert await told(f"/{failed}/related") == []
    for path in ("/4711", "/4711/why-waiting", "/4711/runs", "/4711/log", "/4711/related"):
        assert (await told(path, 404))["detail"] == "there is no such job, or its history is gone"
    for query in ("?limit=0", "?id=0", "?status=x", "?since=yesterday", "?tag=%00", f"?id={1 << 63}"):
        await told(query, 422)
    for query in ("?before=x", "?before=1&after=1", "?payload=x"):
        await told(query, 422)


async def test_people_see_what_is_theirs_and_viewers_no_values(
    comes: Comes, add_token: Added, desk: Desk, failed: int
) -> None:
    (other,) = desk.enqueue(organization_id="org-8", args={"document_id": "doc-17"})
    for role, organization in ((Role.VIEWER, None), (Role.VIEWER, "org-8"), (Role.OPERATOR, "org-8")):
        await add_token(f"{role} {organization}", role, organization)
    viewer = comes(token=await add_token("a", Role.VIEWER))
    owner = comes(token=await add_token("b", Role.OPERATOR, "org-8"))
    own_viewer = comes(token=await add_token("c", Role.VIEWER, "org-8"))

    def found(answer: Any) -> list[int]:
        assert answer.status_code == 200, answer.text
        return [job["id"] for job in answer.json()["jobs"]]

    assert found(await viewer.get("/api/jobs")) == [other, failed]
    assert found(await owner.get("/api/jobs")) == [other]
    assert found(await owner.get("/api/jobs?organization_id=org-7")) == []
    assert found(await owner.get(f"/api/jobs?id={failed}")) == []
    assert found(await owner.get("/api/jobs?payload=document_id%3Ddoc-17")) == [other]
    for path in ("", "/why-waiting", "/runs", "/log", "/related"):
        assert (await owner.get(f"/api/jobs/{failed}{path}")).status_code == 404, path
        assert (await owner.get(f"/api/jobs/{other}{path}")).status_code == 200, path
    for path in ("/values", "/log"):
        assert (await owner.send("POST", f"/api/jobs/{failed}{path}")).status_code == 404
        assert (await owner.send("POST", f"/api/jobs/{other}{path}")).status_code == 200
        for nobody in (viewer, own_viewer):
            assert (await nobody.send("POST", f"/api/jobs/{other}{path}")).status_code == 403
    for query in ("payload=document_id%3Ddoc-17", "error_text=unknown"):
        assert (await viewer.get(f"/api/jobs?{query}")).status_code == 422
    seen = desk.rows("SELECT subject FROM advisorjobs_audit WHERE action = 'show values'")
    assert [row["subject"] for row in seen] == [str(other)] * 2


async def test_pages_of_an_organizations_people_show_their_jobs_only(
    comes: Comes, add_person: Added, desk: Desk, failed: int
) -> None:
    (other,) = desk.enqueue(organization_id="org-8")
    await add_person("ada", Role.VIEWER, "org-8")
    ada = comes()
    assert (await ada.sign_in("ada")).status_code == 303
    page = await shown(ada, "/jobs")
    assert f"/jobs/{other}" in page
    assert f"/jobs/{failed}" not in page
    assert f"/jobs/{failed}" not in await shown(ada, "/jobs?organization=org-7")
    await shown(ada, f"/jobs/{failed}", 404)
    mine = await shown(ada, f"/jobs/{other}")
    assert "Show values" not in mine
    assert (await ada.form("/jobs", f"/jobs/{other}/values")).status_code == 403
    assert "In the payload can be asked for by operators only" in await shown(ada, "/jobs?payload=a%3Db", 400)
