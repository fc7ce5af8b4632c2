"""/api/me, /api/people, /api/tokens: the same as the pages, for programs."""

from __future__ import annotations

import httpx
import pytest

from advisorjobs.web.access.person import Role
from tests.fixtures.visitors import PASSWORD, Added, Comes, Visitor


@pytest.fixture
async def program(comes: Comes, add_token: Added) -> httpx.AsyncClient:
    """An admin's program, elsewhere."""
    visitor: Visitor = comes("https://jobs.example", "203.0.113.9", token=await add_token("setup", Role.ADMIN))
    return visitor.client


async def test_a_program_manages_people_and_tokens(program: httpx.AsyncClient, comes: Comes) -> None:
    me = (await program.get("/api/me")).json()
    assert me == {"name": "token setup", "role": "admin", "organization_id": None, "csrf": None}
    new = {"name": "ben", "password": PASSWORD, "role": "viewer", "organization_id": "org-7"}
    made = await program.post("/api/people", json=new)
    number = made.json()["id"]
    assert (made.status_code, (await program.post("/api/people", json=new)).status_code) == (201, 409)
    assert (await comes().sign_in("ben")).status_code == 303
    (ben,) = (await program.get("/api/people")).json()
    assert {"name": "ben", "organization_id": "org-7", "created_by": "token setup"}.items() <= ben.items()
    assert "password" not in str(ben)
    changed = await program.patch(f"/api/people/{number}", json={"role": "operator"})
    assert (changed.json()["role"], changed.json()["organization_id"]) == ("operator", None)
    assert (
        await program.put(f"/api/people/{number}/password", json={"password": "another good one"})
    ).status_code == 204
    assert (await comes().sign_in("ben")).status_code == 422
    assert (await program.delete(f"/api/people/{number}")).status_code == 204
    assert (await program.delete(f"/api/people/{number}")).status_code == 404

    made = await program.post("/api/tokens", json={"name": "a/b", "expires_at": "2100-01-01T00:00:00Z"})
    other = comes("https://jobs.example", token=made.json()["token"]).client
    assert (await other.get("/api/me")).json()["role"] == "viewer"
    assert [each["name"] for each in (await program.get("/api/tokens")).json()] == ["setup", "a/b"]
    assert (await program.delete("/api/tokens", params={"name": "a/b"})).status_code == 204
    assert (await other.get("/api/me")).status_code == 401


async def test_what_cant_be_is_told_and_passwords_are_not_said_again(program: httpx.AsyncClient) -> None:
    for path, body in (
        ("/api/people", {"name": "ben", "password": "short-secret"[:9]}),
        ("/api/people", {"name": "ben", "password": PASSWORD, "role": "admin", "organization_id": "org-1"}),
        ("/api/people", {"name": "ben", "password": PASSWORD, "more": 1}),
        ("/api/people", {"name": "be\x00n", "password": PASSWORD}),
        ("/api/tokens", {"name": "x", "expires_at": "2030-01-01T00:00:00"}),
    ):
        answer = await program.post(path, json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), body
        assert str(body.get("password", "nothing")) not in answer.text
    assert (await program.patch("/api/people/7", json={"organization_id": "org-1"})).status_code == 422


async def test_a_script_of_a_page_changes_with_the_token_from_me(comes: Comes, add_person: Added) -> None:
    number = await add_person("ada", Role.ADMIN)
    ada = comes()
    await ada.sign_in("ada")
    token = (await ada.get("/api/me")).json()["csrf"]
    body = {"name": "x"}
    assert (await ada.client.post("/api/tokens", json=body)).status_code == 403
    assert (await ada.client.post("/api/tokens", json=body, headers={"X-CSRF-Token": token})).status_code == 201
    own = await ada.client.delete(f"/api/people/{number}", headers={"X-CSRF-Token": token})
    assert own.status_code == 409
