"""Signing in at an identity provider, with the dashboard behind a proxy that speaks TLS, under a prefix: in a real browser."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

from playwright.sync_api import Browser, expect

from advisorjobs.access_settings import Access
from advisorjobs.application import App
from advisorjobs.environment import Environment
from advisorjobs.proxy_settings import public_url
from advisorjobs.settings import Settings
from tests.fixtures.browser import opened, served
from tests.fixtures.certificates import Authority
from tests.fixtures.identity_provider import IdentityProvider
from tests.fixtures.tls_proxies import PROXY, tls_proxy


def test_somebody_signs_in_at_the_provider_and_another_has_no_role(
    browser: Browser, database: str, tmp_path: Path, authority: Authority, identity_provider: IdentityProvider
) -> None:
    with tls_proxy(0, authority.serving("localhost"), host="10.0.0.9:8750") as proxy:
        home = f"{proxy.url}/background"
        public = public_url(Environment({"ADVISORJOBS_WEB_PUBLIC_URL": home}))
        access = Access(oidc=identity_provider.settings, public=public, proxies=(ip_network(PROXY),))
        app = App(Settings(database_url=database, data_dir=tmp_path, access=access))
        app.publish()
        with served(app) as straight, opened(browser, home, ignore_https_errors=True) as tab:
            proxy.behind = int(straight.rpartition(":")[2])
            page = tab.go("/schedules").page
            assert tab.take_complaints() == []
            page.get_by_role("link", name="Continue with Example ID").click()
            expect(page).to_have_url(f"{home}/schedules")
            expect(page.locator("header")).to_contain_text("ada@example.com")
            expect(page.get_by_role("link", name="New schedule").first).to_be_visible()  # an operator, by a group
            assert tab.complaints == []
            assert {each.partition("?")[0] for each in tab.strangers} == {f"{identity_provider.issuer}/authorize"}
            (cookie,) = [each for each in page.context.cookies() if each["name"] == "__Host-advisorjobs"]
            assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
            tab.go("/")
            expect(page.locator("[data-live-state]")).to_have_text("Live")
            page.get_by_role("button", name="Sign out").click()
            expect(page).to_have_url(f"{home}/sign-in")

            identity_provider.person |= {"groups": ["staff"]}
            page.get_by_role("link", name="Continue with Example ID").click()
            expect(page.locator("main")).to_contain_text("None of your groups gives you a role here")
            tab.go("/account")
            expect(page.locator("h1")).to_have_text("Sign in")
        app.close()
