"""What every request passes: the host's name, who comes, whether a change is genuine; and what every answer says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from starlette.routing import Mount, Route

from advisorjobs.access_settings import Access
from advisorjobs.application import App
from advisorjobs.web import web_app
from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.csrf import comes_from_us, form_field, is_same
from advisorjobs.web.access.declarations import Undeclared, find_need, read_declarations
from advisorjobs.web.access.hosts import host_name, is_loopback
from advisorjobs.web.access.need import PUBLIC, UNKNOWN, Need, declare
from advisorjobs.web.access.person import Person, Role
from advisorjobs.web.access.verdict import Verdict, judge
from tests.fixtures.visitors import Added, Comes, Visitor

EVIL = "https://evil.example"


# --- nobody can sign in yet


async def test_without_a_login_everybody_at_this_machine_is_admin(comes: Comes) -> None:
    for base in ("http://127.0.0.1:8750", "http://localhost:8750", "http://[::1]:8750"):
        assert (await comes(base).get("/people")).status_code == 200
    assert (await comes(address="::1").get("/people")).status_code == 200


async def test_without_a_login_nobody_from_elsewhere_sees_anything(comes: Comes) -> None:
    for address in ("203.0.113.9", "10.0.0.2", "172.17.0.1", ""):
        for path in ("/", "/account", "/live", "/api/queues", "/nowhere"):
            answer = await comes(address=address).get(path)
            assert answer.status_code in (401, 403), path
            assert path.startswith("/api") or "advisorjobs people add" in answer.text


async def test_what_a_proxy_passes_on_is_not_from_this_machine(comes: Comes) -> None:
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert (await comes().get("/", **{header: "203.0.113.9"})).status_code == 403


async def test_in_production_there_must_be_a_login(app: App) -> None:
    app.settings = replace(app.settings, production=True)
    transport = httpx.ASGITransport(app=web_app(app), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        assert (await client.get("/")).status_code == 403


async def test_another_name_that_leads_here_is_refused(comes: Comes) -> None:
    """DNS rebinding: a site's own name is made to lead to this machine, and its scripts then read what is there."""
    for base in ("http://evil.example:8750", "http://127.0.0.1.evil.example", "http://0.0.0.0:8750"):
        for path in ("/", "/api/queues", "/sign-in", "/live"):
            assert (await comes(base).get(path)).status_code == 421, path


async def test_names_that_are_set_hold_with_and_without_a_login(
    app: App, accounts: Accounts, add_person: Added
) -> None:
    app.settings = replace(app.settings, access=Access(hosts=("jobs.example",)))
    transport = httpx.ASGITransport(app=web_app(app), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await client.get("http://jobs.example/")).status_code == 200
        await add_person("ada")
        asked = [(await client.get(f"http://{name}/sign-in")).status_code for name in ("jobs.example", "other.example")]
        assert asked == [303, 421]


async def test_from_the_first_person_on_everybody_must_sign_in(comes: Comes, web_site: Any, add_person: Added) -> None:
    browser = comes()
    assert (await browser.get("/")).status_code == 200
    answer = await browser.form(
        "/people", "/people/add", name="ada", role="admin", organization_id="", password="a good long one"
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/people?done=added")
    assert (await browser.get("/")).headers["location"] == "/sign-in"
    assert (await browser.get("/api/queues")).status_code == 401


async def test_another_process_learns_of_the_first_person_within_seconds(
    comes: Comes, web_site: Any, add_person: Added
) -> None:
    assert (await comes().get("/")).status_code == 200
    await add_person("ada")
    identity = web_site.state.site.identity
    at = identity._clock()
    identity._clock = lambda: at + 6
    assert (await comes().get("/")).status_code == 303


async def test_that_everybody_was_removed_opens_no_door(
    comes: Comes, add_person: Added, connection: psycopg.Connection[Any]
) -> None:
    await add_person("ada")
    assert (await comes().get("/")).status_code == 303
    connection.execute("DELETE FROM advisorjobs_people")
    assert (await comes().get("/")).status_code == 303


# --- forged changes


@pytest.fixture
async def ada(comes: Comes, add_person: Added) -> Visitor:
    """An admin who has signed in."""
    await add_person("ada", Role.ADMIN)
    browser = comes()
    await browser.sign_in("ada")
    return browser


async def test_a_change_needs_the_session_s_own_token(ada: Visitor, comes: Comes, add_person: Added) -> None:
    await add_person("eve")
    eve = comes()
    await eve.sign_in("eve")
    foreign, before = await eve.csrf("/account"), await comes().csrf("/sign-in")
    for given in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": foreign}, {"csrf": before}):
        answer = await ada.send("POST", "/account/sessions/end-others", given)
        assert (answer.status_code, "page of ours" in answer.text) == (403, True), given
    assert (await ada.form("/account", "/account/sessions/end-others")).status_code == 303


async def test_the_token_may_come_in_a_header_and_not_in_the_address(ada: Visitor) -> None:
    token = await ada.csrf("/account")
    assert (await ada.send("POST", f"/account/sessions/end-others?csrf={token}")).status_code == 403
    assert (await ada.send("POST", "/account/sessions/end-others", X_CSRF_Token=token)).status_code == 303


async def test_another_site_s_form_is_refused_even_with_the_token(ada: Visitor) -> None:
    token, path = await ada.csrf("/account"), "/account/sessions/end-others"
    foreign = ({"Origin": EVIL}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9999"}, {"Sec_Fetch_Site": "cross-site"},
               {"Sec_Fetch_Site": "same-site"})  # fmt: skip
    for headers in foreign:
        assert (await ada.send("POST", path, {"csrf": token}, **headers)).status_code == 403, headers
    fine = {"Origin": "http://127.0.0.1:8750", "Sec_Fetch_Site": "same-origin"}
    assert (await ada.send("POST", path, {"csrf": token}, **fine)).status_code == 303


async def test_signing_somebody_in_from_another_site_is_refused(comes: Comes, add_person: Added) -> None:
    await add_person("eve")
    victim = comes()
    answer = await victim.send("POST", "/sign-in", {"name": "eve", "password": "correct horse battery staple"})
    assert answer.status_code == 403
    assert "advisorjobs" not in victim.client.cookies


async def test_at_this_machine_changes_need_the_token_too(comes: Comes) -> None:
    answer = await comes().send("POST", "/people/tokens/add", {"name": "x", "role": "admin", "span": ""})
    assert answer.status_code == 403


async def test_a_form_larger_than_ours_is_refused(ada: Visitor) -> None:
    token = await ada.csrf("/account")
    answer = await ada.send("POST", "/account/sessions/end-others", {"csrf": token, "more": "x" * 1_000_001})
    assert answer.status_code == 403


# --- programs


async def test_a_token_opens_the_api_and_no_page(comes: Comes, add_token: Added, add_person: Added) -> None:
    await add_person("ada")
    program = comes("https://jobs.example", "203.0.113.9", token=await add_token("monitor"))

    assert (await program.get("/api/queues")).status_code == 200
    assert (await program.get("/")).status_code == 303


async def test_a_token_that_is_wrong_revoked_or_past_is_none_even_beside_a_session(
    ada: Visitor, comes: Comes, add_token: Added, accounts: Accounts, connection: psycopg.Connection[Any]
) -> None:
    revoked, past = await add_token("revoked"), await add_token("past")
    assert (await comes(token=revoked).get("/api/queues")).status_code == 200
    assert await accounts.revoke_token("revoked", by="x")
    connection.execute("UPDATE advisorjobs_tokens SET expires_at = now() - interval '1 second'")
    for shown in (f"Bearer {revoked}", f"Bearer {past}", "Bearer ajt_invented", "Bearer", "Basic YTpi", ""):
        answer = await ada.get("/api/queues", Authorization=shown)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json"), shown
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await ada.get("/api/queues")).status_code == 200


async def test_tokens_are_kept_as_hashes_and_their_use_is_seen(
    comes: Comes, add_token: Added, connection: psycopg.Connection[Any]
) -> None:
    token = await add_token("monitor")
    await comes(token=token).get("/api/queues")
    kept, used = connection.execute("SELECT t::text, used_at IS NOT NULL FROM advisorjobs_tokens t").fetchone() or (
        "",
        0,
    )

    assert token not in kept
    assert token.removeprefix("ajt_") not in kept
    assert used


# --- what every answer says


async def test_every_answer_protects_itself(comes: Comes, add_person: Added) -> None:
    await add_person("ada")
    browser = comes("https://jobs.example")
    for path in ("/sign-in", "/", "/static/style.css", "/static/none", "/api/queues", "/nowhere", "/webhooks/x"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; "), path
        assert "unsafe" not in policy
        assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} <= set(policy.split("; "))
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["strict-transport-security"].startswith("max-age=")
        assert path.startswith("/static/style") or "no-store" in headers["cache-control"]


async def test_pages_have_neither_inline_scripts_nor_styles(ada: Visitor, comes: Comes) -> None:
    for text in [(await ada.get(path)).text for path in ("/", "/people", "/account")] + [
        (await comes().get("/sign-in")).text
    ]:
        assert "<style" not in text
        assert " style=" not in text
        assert " onclick" not in text
        assert "<script>" not in text
        assert "http://" not in text.replace('xmlns="http://www.w3.org', "")


async def test_without_the_database_strangers_get_neither_page_nor_error(app: App) -> None:
    app.settings = replace(app.settings, database_url="postgresql://nobody@127.0.0.1:1/none")
    app.__dict__.pop("dsn", None)
    transport = httpx.ASGITransport(app=web_app(app), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        page, call = await client.get("/"), await client.get("/api/queues")
    assert (page.status_code, call.status_code) == (503, 503)
    assert "nobody@" not in page.text + call.text


async def test_a_page_that_breaks_protects_itself_too(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    site = web_app(app)

    async def breaks(*_: object) -> None:
        raise ValueError("with a client's name")

    monkeypatch.setattr(site.state.site, "shared", breaks)
    transport = httpx.ASGITransport(app=site, client=("127.0.0.1", 1), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/")
    assert (answer.status_code, "client" in answer.text) == (500, False)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_stream_ends_when_its_reader_may_read_no_more(
    ada: Visitor, web_site: Any, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("advisorjobs.web.access.guard.LOOK_AGAIN", 0.0)
    secret, pieces, ended = ada.client.cookies["advisorjobs"], [], asyncio.Event()
    seen: list[Any] = []

    async def receive() -> dict[str, Any]:
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            pieces.append(message)
            if len(pieces) == 1:
                connection.execute("UPDATE advisorjobs_sessions SET seen_at = now() - interval '1 hour'")
            elif len(pieces) == 2:
                seen.extend(connection.execute("SELECT seen_at < now() - interval '1 hour' FROM advisorjobs_sessions"))
                connection.execute("DELETE FROM advisorjobs_sessions")
            if not message.get("more_body"):
                ended.set()

    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/live", "raw_path": b"/live",
        "query_string": b"", "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", f"advisorjobs={secret}".encode())],
    }  # fmt: skip
    async with asyncio.timeout(20):
        await web_site(scope, receive, send)
    assert [each.get("more_body") for each in pieces] == [True, True, False]
    assert seen == [(True,)]  # to look at a session is not to use it


# --- decisions


def test_the_strictest_need_counts_and_none_lets_nobody_in() -> None:
    admin, own = Person(name="a", role=Role.ADMIN), Person(name="o", role=Role.OPERATOR, organization_id="org-1")
    assert judge(None, admin, changes=False, genuine=True) is Verdict.FORBIDDEN
    assert judge(Need(Role.VIEWER), own, changes=False, genuine=True) is Verdict.FORBIDDEN
    assert judge(Need(Role.VIEWER, own=True), own, changes=False, genuine=True) is Verdict.ADMITTED
    assert judge(Need(Role.ADMIN, own=True), own, changes=False, genuine=True) is Verdict.FORBIDDEN
    assert judge(Need(Role.VIEWER), None, changes=True, genuine=False) is Verdict.STRANGER
    assert judge(PUBLIC, None, changes=True, genuine=False) is Verdict.FORGED
    assert judge(Need(Role.VIEWER), admin, changes=True, genuine=False) is Verdict.FORGED


def test_a_route_without_a_need_does_not_start() -> None:
    plain = Route("/open", lambda request: None, methods=["GET"])
    with pytest.raises(Undeclared, match="/jobs/open"):
        read_declarations([Mount("/jobs", routes=[plain])])
    declare(plain, Need(Role.ADMIN))
    (found,) = read_declarations([Mount("/jobs", routes=[plain])])
    assert (found.path, found.methods) == ("/jobs/open", {"GET"})


def test_a_request_finds_the_need_of_the_route_that_answers() -> None:
    routes = [
        declare(Route("/jobs/{job:int}", print, methods=["GET"]), Need(Role.VIEWER)),
        declare(Route("/jobs/{job:int}", print, methods=["POST"]), Need(Role.OPERATOR)),
        declare(Route("/jobs/new", print, methods=["GET"]), Need(Role.ADMIN)),
    ]
    table = read_declarations(routes)
    asked = [("GET", "/jobs/1"), ("HEAD", "/jobs/1"), ("POST", "/jobs/1"), ("GET", "/jobs/new"), ("DELETE", "/jobs/1")]
    assert [find_need(table, *each).role for each in asked] == [
        Role.VIEWER, Role.VIEWER, Role.OPERATOR, Role.ADMIN, Role.VIEWER,
    ]  # fmt: skip
    assert find_need(table, "GET", "/jobs/1/x") is UNKNOWN


def test_tokens_and_forms_are_read_carefully() -> None:
    assert not is_same("", "")
    assert not is_same(None, None)
    assert not is_same("é", "e")
    assert is_same("abc", "abc")
    assert form_field(b"csrf=a&x=1") == "a"
    assert form_field(b"csrf=a&csrf=b") is None
    assert form_field("csrf=ä".encode()) is None
    assert form_field(b"&".join([b"x=1"] * 5_001 + [b"csrf=a"])) is None
    assert not comes_from_us({"origin": "", "host": ""})


def test_names_of_this_machine() -> None:
    assert [host_name(each) for each in ("LocalHost:80", "[::1]:80", "a.example.")] == [
        "localhost",
        "[::1]",
        "a.example",
    ]
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.8.0.1", "::1", "[::1]", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, ("", "0.0.0.0", "::", "localhost.evil.example", "10.0.0.1", "testserver")))


def test_roles_are_ordered() -> None:
    assert Role.VIEWER < Role.OPERATOR < Role.ADMIN
    assert max(Role) is Role.ADMIN
    assert [role.value for role in sorted(Role, reverse=True)] == ["admin", "operator", "viewer"]
    assert Role.OPERATOR >= Role.OPERATOR
    assert not Role.VIEWER >= Role.OPERATOR
    assert not Role.ADMIN <= Role.OPERATOR


@pytest.mark.parametrize("path", ["/sign-in", "/static/style.css"])
async def test_a_process_that_just_started_is_known_by_any_name_once_there_is_a_sign_in(
    path: str, comes: Comes, add_person: Added
) -> None:
    await add_person("ada", Role.ADMIN)
    assert (await comes(base="https://jobs.practice.example", address="203.0.113.9").get(path)).status_code == 200


LOST = psycopg.OperationalError("the connection is lost")
ON_THE_WAY = [
    ("guard", LOST, 503),
    ("guard", TimeoutError(), 503),
    ("page", LOST, 503),
    ("page", LookupError("DE0212"), 500),
]


@pytest.mark.parametrize(("where", "error", "status"), ON_THE_WAY)
@pytest.mark.parametrize("path", ["/queues/emails", "/api/queues"])
async def test_an_error_on_the_way_is_an_answer_for_whoever_asked(
    app: App, monkeypatch: pytest.MonkeyPatch, where: str, error: Exception, status: int, path: str
) -> None:
    site = web_app(app)

    async def fails(*_: Any) -> Any:
        raise error

    made = site.state.site
    monkeypatch.setattr(*((made.identity, "must_sign_in") if where == "guard" else (made, "shared")), fails)
    transport = httpx.ASGITransport(app=site, client=("127.0.0.1", 1), raise_app_exceptions=status == 503)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get(path)

    assert answer.status_code == status
    expected = "application/problem+json" if path.startswith("/api") else "text/html; charset=utf-8"
    assert answer.headers["content-type"] == expected
    assert "DE0212" not in answer.text
