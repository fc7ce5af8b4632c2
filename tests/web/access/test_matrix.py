"""Every route, tried by everybody who may come: what it declares is what happens. New routes are tried by themselves."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from starlette.applications import Starlette

from advisorjobs.manager import QueueManager
from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.declarations import Declared, read_declarations
from advisorjobs.web.access.guard import REFUSALS
from advisorjobs.web.access.person import Role
from advisorjobs.web.access.secrets import digest, form_token, new_secret
from advisorjobs.web.access.verdict import Verdict
from tests.fixtures.visitors import Added

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
FORGED, FORBIDDEN = (REFUSALS[each][1].split(",")[0].encode() for each in (Verdict.FORGED, Verdict.FORBIDDEN))  # type: ignore[index]
JOB = 987_654_321
"""A number that is on no page by chance."""


@dataclass
class Told:
    """An answer as far as it went: of a stream its beginning."""

    method: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def verdict(self) -> str:
        led = self.status == 303 and self.method == "GET" and "/sign-in" in self.headers.get("location", "")
        if self.status == 401 or led:
            return "stranger"
        if self.status == 403:
            text = self.body.replace(b"&#39;", b"'")
            return "forged" if FORGED in text else "forbidden" if FORBIDDEN in text else "admitted"
        return "admitted"


async def ask(app: Starlette, method: str, path: str, headers: dict[str, str], query: str = "") -> Told:
    """One request, without a body; the first piece of the answer's."""
    told, enough = Told(method), asyncio.Event()
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        message = next(asked, None)
        if message is None:
            await enough.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            told.status = message["status"]
            told.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            told.body += message.get("body", b"")
            enough.set()

    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "https", "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "root_path": "", "client": ("203.0.113.9", 50_000), "server": ("jobs.example", 443),
        "headers": [(name.lower().encode(), value.encode()) for name, value in {"Host": "jobs.example", **headers}.items()],
    }  # fmt: skip
    try:
        async with asyncio.timeout(30):
            await app(scope, receive, send)  # type: ignore[arg-type]
    except Exception as error:
        told.status, told.body = 500, f"{type(error).__name__}: {error}".encode()
    return told


@dataclass(frozen=True)
class Comer:
    """Somebody who comes with a session, or a program with a token."""

    name: str
    role: Role | None = None
    organization_id: str | None = None
    id: int | None = None
    token: str | None = None

    async def headers(self, accounts: Accounts) -> tuple[dict[str, str], dict[str, str]]:
        """What proves who it is, by a session of its own; and what makes a change genuine."""
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token}"}, {}
        if self.id is None:
            return {}, {}
        secret = new_secret()
        limit = accounts.app.settings.access.limit
        await accounts.start_session(self.id, digest(secret), before=None, address=None, browser=None, limit=limit)
        return {"Cookie": f"__Host-advisorjobs={secret}"}, {"X-CSRF-Token": form_token(secret)}


def expected(route: Declared, comer: Comer, method: str) -> str:
    """What the declaration promises."""
    if not route.need.guarded:
        return "admitted"
    known = comer.role is not None and (comer.token is None or route.need.api)
    if route.need.role is not None and not known:
        return "stranger"
    if route.need.role is None:
        return "forged" if method in CHANGING and comer.id is None else "admitted"
    assert comer.role is not None
    suffices = list(Role).index(comer.role) >= list(Role).index(route.need.role)
    return "admitted" if suffices and (comer.organization_id is None or route.need.own) else "forbidden"


def filled(path: str, **values: str) -> str:
    """*path* with something in its braces: by name where one is given, else a number that nothing has, or a word."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in values:
            return values[name]
        return "999999999" if "id" in name or ":int" in match[0] else "nothing-of-that-name"

    return re.sub(r"\{(\w+)[^}]*\}", value, path)


@pytest.fixture
async def comers(add_person: Added, add_token: Added) -> list[Comer]:
    made = [Comer("a stranger")]
    for organization in (None, "org-2"):
        for role in Role:
            if organization and role is Role.ADMIN:
                continue
            name = f"{role} of {organization}"
            made.append(Comer(name, role, organization, id=await add_person(name, role, organization)))
            token = await add_token(name, role, organization)
            made.append(Comer(f"program: {name}", role, organization, token=token))
    return made


async def test_everybody_gets_what_the_declaration_says(
    web_site: Starlette, accounts: Accounts, comers: list[Comer]
) -> None:
    wrong = []
    for route in read_declarations(web_site.routes):
        for method in sorted(route.methods or {"GET"}):
            for comer in comers:
                shown, genuine = await comer.headers(accounts)
                told = await ask(web_site, method, filled(route.path), {**shown, **genuine})
                if told.verdict != expected(route, comer, method) or told.status >= 500:
                    wrong.append((method, route.path, comer.name, told.status, told.verdict, told.body[:200]))
    assert not wrong, "\n".join(map(str, wrong))


async def test_no_change_is_made_without_the_form_s_token(
    web_site: Starlette, accounts: Accounts, comers: list[Comer]
) -> None:
    admin = next(comer for comer in comers if comer.role is Role.ADMIN and comer.id is not None)
    tried, wrong = 0, []
    for route in read_declarations(web_site.routes):
        for method in sorted(route.methods & CHANGING):
            if route.need.guarded:
                shown, genuine = await admin.headers(accounts)
                foreign = {**shown, **genuine, "Origin": "https://evil.example"}
                for headers in (shown, {**shown, "X-CSRF-Token": "0" * 64}, foreign):
                    tried += 1
                    told = await ask(web_site, method, filled(route.path), headers)
                    if told.verdict != "forged":
                        wrong.append((method, route.path, told.status))
    assert wrong == []
    assert tried > 20


async def test_only_what_must_be_is_open_to_everybody(web_site: Starlette) -> None:
    """Whoever opens a route to the world says so here too."""
    found = read_declarations(web_site.routes)
    assert {each.path for each in found if each.need.role is None and each.need.guarded} == {
        "/sign-in", "/sign-out", "/sign-in/provider", "/sign-in/provider/back", "/static/{path:path}",
    }  # fmt: skip
    unguarded = {each.path for each in found if not each.need.guarded}
    assert {path for path in unguarded if not path.startswith("/webhooks/")} == {"/healthz", "/startupz", "/readyz"}


async def test_every_answer_of_every_route_protects_itself(
    web_site: Starlette, accounts: Accounts, comers: list[Comer]
) -> None:
    admin = next(comer for comer in comers if comer.role is Role.ADMIN and comer.id is not None)
    shown, _ = await admin.headers(accounts)
    for route in read_declarations(web_site.routes):
        told = await ask(web_site, "GET", filled(route.path), shown)
        assert told.headers.get("content-security-policy", "").startswith("default-src 'none'"), (
            route.path,
            told.body[:200],
        )
        assert told.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in told.headers["cache-control"] or route.path.startswith("/static")


async def test_one_organization_sees_nothing_of_another(
    web_site: Starlette,
    accounts: Accounts,
    comers: list[Comer],
    add_person: Added,
    manager: QueueManager,
    connection: psycopg.Connection[Any],
) -> None:
    connection.execute(f"ALTER SEQUENCE procrastinate_jobs_id_seq RESTART {JOB}")
    payload = {"organization_id": "org-1", "type": "task_assignment", "to": "a@example.com",
               "template_data": {"task_title": "canary-of-org-1"}}  # fmt: skip
    assert await manager.add_job("emails", "email:send", payload, tags=["canary-of-org-1"]) == JOB
    others = [comer for comer in comers if comer.organization_id == "org-2"]
    names = {name: str(JOB) for name in ("job_id", "job", "id", "run_id")}
    names |= {"queue": "emails", "name": "emails", "organization_id": "org-1", "organization": "org-1", "key": "org-1"}
    asked = ["", f"organization_id=org-1&organization=org-1&id={JOB}&q={JOB}&job_id={JOB}&queue=emails"]
    seen = []
    for route in read_declarations(web_site.routes):
        if not route.need.own or "GET" not in (route.methods or {"GET"}) or route.need.role is None:
            continue
        for comer in others:
            shown, _ = await comer.headers(accounts)
            for query in asked:
                told = await ask(web_site, "GET", filled(route.path, **names), shown, query)
                echoed = str(JOB) in query or str(JOB) in filled(route.path, **names)
                if b"canary-of-org-1" in told.body or (str(JOB).encode() in told.body and not echoed):
                    seen.append((route.path, query, comer.name, told.status))
                if told.verdict == "admitted" and told.status < 300 and str(JOB) in filled(route.path, **names):
                    seen.append((route.path, query, comer.name, told.status))
    assert seen == []
    told_of = [
        await ask(web_site, "GET", "/live", (await comer.headers(accounts))[0], f"job={JOB}") for comer in others
    ]
    assert {told.verdict if told.status != 404 else "none" for told in told_of} == {"none", "stranger"}  # by a token
    shown, _ = await Comer("own", Role.VIEWER, "org-1", id=await add_person("own", Role.VIEWER, "org-1")).headers(
        accounts
    )
    own, all_ = await ask(web_site, "GET", f"/jobs/{JOB}", shown), await ask(web_site, "GET", "/jobs", shown)
    assert (own.status, str(JOB).encode() in all_.body) == (
        200,
        True,
    )  # whose it is sees it: the search above can find it
    assert (await ask(web_site, "GET", "/live", shown, f"job={JOB}")).status == 200
    for wrong in ("", "-1", "seven", str(1 << 63)):
        assert (await ask(web_site, "GET", "/live", shown, f"job={wrong}")).status == 400
