"""Behind a real proxy that speaks TLS: whoever asks is who they are, and the dashboard is where browsers find it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from advisorjobs.access_settings import Access
from advisorjobs.application import App
from advisorjobs.environment import Environment
from advisorjobs.proxy_settings import public_url
from advisorjobs.web import web_app
from advisorjobs.web.access.csrf import comes_from_us
from advisorjobs.web.access.person import Role
from tests.fixtures.browser import served
from tests.fixtures.certificates import Authority
from tests.fixtures.identity_provider import IdentityProvider
from tests.fixtures.tls_proxies import PROXY, TlsProxy, tls_proxy
from tests.fixtures.visitors import PASSWORD, Added, Visitor

PREFIX = "/background"
Behind = Callable[..., AbstractContextManager[TlsProxy]]


@pytest.fixture
def behind(app: App, authority: Authority) -> Behind:
    """The dashboard behind a proxy: `with behind(public="/background", strips="/background") as proxy`.

    *public*: what stands after the proxy's own address in the public URL; None: no public URL is set.
    """

    @contextmanager
    def run(public: str | None = None, access: Access | None = None, **settings: Any) -> Iterator[TlsProxy]:
        with tls_proxy(0, authority.serving("localhost"), **settings) as proxy:
            url = {} if public is None else {"ADVISORJOBS_WEB_PUBLIC_URL": proxy.url + public}
            access = replace(access or Access(), public=public_url(Environment(url)), proxies=(ip_network(PROXY),))
            app.settings = replace(app.settings, access=access)
            with served(app) as straight:
                proxy.behind = int(straight.rpartition(":")[2])
                yield proxy

    return run


@pytest.fixture
def comes_to(authority: Authority) -> Callable[..., Any]:
    """A browser at *url*, from an address of its own: `async with comes_to(proxy.url, "127.0.0.3") as visitor`."""

    @asynccontextmanager
    async def come(url: str, address: str = "127.0.0.1") -> AsyncIterator[Visitor]:
        transport = httpx.AsyncHTTPTransport(verify=authority.trusting, local_address=address)
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            yield Visitor(client)

    return come


def straight(proxy: TlsProxy) -> str:
    """Past the proxy."""
    return f"http://127.0.0.1:{proxy.behind}"


async def attempt(visitor: Visitor, password: str, headers: dict[str, str]) -> int:
    """The status of a sign-in as ada. Browsers send secure cookies to their own machine without TLS, too; httpx doesn't."""
    visitor.client.cookies.clear()
    form = await visitor.get("/sign-in")
    (csrf,) = re.findall(r'name="csrf" value="([0-9a-f]+)"', form.text)
    data = {"csrf": csrf, "name": "ada", "password": password}
    kept = {"Cookie": form.headers["set-cookie"].partition(";")[0]}
    return (await visitor.client.post("/sign-in", data=data, headers={**kept, **headers})).status_code


@pytest.mark.parametrize("strips", ["", PREFIX])
async def test_pages_cookies_and_links_are_of_the_public_url(
    behind: Behind, comes_to: Any, add_person: Added, strips: str
) -> None:
    await add_person("ada", Role.OPERATOR)
    with behind(PREFIX, strips=strips, host="10.0.0.9:8750") as proxy:  # a proxy that was told nothing but where to go
        async with comes_to(proxy.url + PREFIX, "127.0.0.3") as ada:
            sent = await ada.get("/schedules")
            form = await ada.get(sent.headers["location"].removeprefix(PREFIX))
            let_in = await ada.form("/sign-in", "/sign-in", name="ada", password=PASSWORD, next=f"{PREFIX}/schedules")
            page = await ada.get("/schedules")
            account = await ada.get("/account")
            lost = await ada.get("/schedules/")
            root = await ada.get("")

    assert (sent.status_code, sent.headers["location"]) == (303, f"{PREFIX}/sign-in?next=%2Fbackground%2Fschedules")
    assert f'action="{PREFIX}/sign-in"' in form.text
    assert (let_in.status_code, let_in.headers["location"]) == (303, f"{PREFIX}/schedules")
    cookie = next(each for each in let_in.headers.get_list("set-cookie") if each.startswith("__Host-advisorjobs="))
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    assert f'href="{PREFIX}/schedules/new"' in page.text
    assert f'href="{PREFIX}/static/style.css"' in page.text
    assert "10.0.0.9" not in page.text
    assert (lost.status_code, lost.headers["location"]) == (307, f"{proxy.url}{PREFIX}/schedules")
    assert root.status_code == 200
    assert "127.0.0.3" in account.text


async def test_visitors_are_told_apart_and_a_forged_address_is_not_believed(
    behind: Behind, comes_to: Any, add_person: Added, connection: psycopg.Connection[Any]
) -> None:
    await add_person("ada")
    forged = {"X-Forwarded-For": "203.0.113.9"}
    with behind("") as proxy:
        async with comes_to(proxy.url, "127.0.0.3") as one, comes_to(proxy.url, "127.0.0.4") as other:
            assert [await attempt(each, "wrong", forged) for each in (one, other, one)] == [422] * 3
        async with comes_to(straight(proxy)) as past:
            assert await attempt(past, "wrong", forged) == 422
    query = "SELECT scope, attempts FROM advisorjobs_sign_in_attempts WHERE scope LIKE 'address %' ORDER BY scope"
    counted = {scope.partition(" ")[2]: attempts for scope, attempts in connection.execute(query)}
    assert counted == {"127.0.0.1": 1, "127.0.0.3": 2, "127.0.0.4": 1}


async def test_changes_come_from_the_public_url_or_from_this_machine(
    behind: Behind, comes_to: Any, add_person: Added
) -> None:
    await add_person("ada")
    with behind(PREFIX, host="10.0.0.9") as proxy:
        async with comes_to(proxy.url + PREFIX) as ada, comes_to(straight(proxy)) as past:

            async def sign_in(visitor: Visitor, origin: str) -> int:
                return await attempt(visitor, PASSWORD, {"Origin": origin})

            assert await sign_in(past, proxy.url.replace("localhost", "evil.example")) == 403
            assert await sign_in(past, "http://127.0.0.1:1") == 403
            assert await sign_in(past, straight(proxy)) == 303  # an operator who comes past the proxy
            assert await sign_in(ada, proxy.url.replace("https", "http")) == 403
            assert await sign_in(ada, proxy.url) == 303
            assert (await past.get("/healthz")).status_code == 200  # the kubelet knows nothing of a prefix
    assert not comes_from_us({"origin": "https://evil.example"}, public="https://a.example", asked="evil.example")


async def test_a_provider_sends_people_back_to_the_public_url(
    behind: Behind, comes_to: Any, identity_provider: IdentityProvider
) -> None:
    with behind(PREFIX, Access(oidc=identity_provider.settings), host="10.0.0.9") as proxy:
        async with comes_to(proxy.url + PREFIX) as ada:
            there = (await ada.get("/sign-in/provider")).headers["location"]
    assert parse_qs(urlsplit(there).query)["redirect_uri"] == [f"{proxy.url}{PREFIX}/sign-in/provider/back"]


async def test_without_a_public_url_what_a_trusted_proxy_tells_counts_and_nobody_else_s_word(
    behind: Behind, comes_to: Any, identity_provider: IdentityProvider
) -> None:
    told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "jobs.example"}
    with behind(None, Access(oidc=identity_provider.settings), told=told) as proxy:
        async with comes_to(proxy.url) as ada, comes_to(straight(proxy)) as past:
            past.client.headers.update(told)
            begun = {}
            for who, visitor in (("ada", ada), ("past", past)):
                answer = await visitor.get("/sign-in/provider")
                back = parse_qs(urlsplit(answer.headers["location"]).query)["redirect_uri"][0]
                cookie = answer.headers["set-cookie"]
                begun[who] = (back, "strict-transport-security" in answer.headers, "Secure" in cookie)
    assert begun["ada"] == ("https://jobs.example/sign-in/provider/back", True, True)
    assert begun["past"] == (f"{straight(proxy)}/sign-in/provider/back", False, False)


async def test_names_of_the_host_are_those_that_were_asked_for(
    behind: Behind, comes_to: Any, add_person: Added
) -> None:
    await add_person("ada")
    with behind("", Access(hosts=("inside.example",))) as proxy:
        async with comes_to(straight(proxy)) as past:
            asked = {}
            for host in ("inside.example", urlsplit(proxy.url).netloc, "evil.example"):
                asked[host] = (await past.get("/sign-in", Host=host)).status_code
    assert list(asked.values()) == [200, 200, 421]


async def test_with_a_public_url_nobody_is_let_in_without_a_sign_in(behind: Behind, app: App) -> None:
    elsewhere = public_url(Environment({"ADVISORJOBS_WEB_PUBLIC_URL": "https://jobs.example"}))
    app.settings = replace(app.settings, access=Access(public=elsewhere))
    transport = httpx.ASGITransport(app=web_app(app), client=("127.0.0.1", 1))  # a proxy that says nothing
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8750") as client:
        answer = await client.get("/jobs")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fjobs")
