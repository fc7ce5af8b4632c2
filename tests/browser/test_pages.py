"""Every page in a real browser: what it says on the console, whom it asks, whether people can use it, on a phone too."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from starlette.routing import Route

from advisorjobs.application import App
from advisorjobs.web import web_app
from tests.browser.conftest import Dashboard
from tests.fixtures.browser import Tab

NOT_SHOWN = {"live", "healthz", "readyz", "metrics", "sign_out", "oidc_start", "oidc_return"}
"""Answers that are no page for people."""


def pages(app: App) -> dict[str, str]:
    """The paths of all pages that can be opened, by name."""
    return {
        route.name: route.path
        for route in web_app(app).routes
        if isinstance(route, Route) and "GET" in (route.methods or ()) and route.name not in NOT_SHOWN
    }


def filled(path: str, dashboard: Dashboard) -> str:
    """*path* with something that is there. A page with a new kind of parameter is to be named here."""
    day = dashboard.day
    known = {
        "job_id": day.failed,
        "name": "emails",
        "queue": "emails",
        "key": "scheduled:daily_reports",
        "organization_id": "practice-01",
    }
    known |= {"action_id": 0, "number": 0}

    def value(found: re.Match[str]) -> str:
        return str(known[found[1]])

    wants = "?organization=system" if "{key" in path else ""
    return re.sub(r"\{(\w+)(?::\w+)?\}", value, path) + wants


def test_every_page_is_readable_and_quiet_in_both_themes_and_on_a_phone(
    dashboard: Dashboard, opens: Callable[..., Any], axe: str
) -> None:
    found: list[str] = []
    for name, path in pages(dashboard.app).items():
        for options in ({}, {"color_scheme": "dark"}, {"viewport": {"width": 390, "height": 844}}):
            with opens(**options) as tab:
                where = f"{name} {options or ''}:"
                answer = tab.page.goto(f"{dashboard.url}{filled(path, dashboard)}")
                if answer.status == 404 and name in {"action", "bulk_action"}:
                    continue
                found += [f"{where} status {answer.status}"] if answer.status != 200 else []
                tab.page.wait_for_load_state("load")
                wide = tab.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                found += [f"{where} is {wide} px too wide"] if wide > 0 else []
                found += [f"{where} {each}" for each in (*tab.audit(axe), *tab.complaints)]
                found += [f"{where} asked {each}" for each in tab.strangers]
    assert found == []


@pytest.fixture
def without_script(opens: Callable[..., Any]) -> Any:
    """A tab in which no script runs."""
    with opens(java_script_enabled=False) as tab:
        yield tab


def test_without_script_all_that_is_in_the_menu_can_be_read(without_script: Tab) -> None:
    menu = without_script.go("/").page.locator("nav[aria-label=Main] a").all()
    addresses = [entry.get_attribute("href") for entry in menu]
    assert len(addresses) > 1
    for address in addresses:
        without_script.go(str(address))
        assert without_script.page.locator("main h1").is_visible(), address


def test_every_page_can_be_reached_by_keyboard(tab: Tab) -> None:
    tab.go("/")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.textContent") == "Skip to content"
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "content"


def test_the_theme_that_somebody_chose_stays(tab: Tab) -> None:
    tab.go("/").page.get_by_role("button", name="Use the dark theme").click()
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = tab.page.evaluate(ground)
    tab.go("/schedules")
    assert tab.page.evaluate(ground) == dark
    tab.page.get_by_role("button", name="Use the light theme").click()
    assert tab.page.evaluate(ground) != dark


def test_an_address_that_leads_nowhere_says_so_and_leads_back(opens: Callable[..., Any]) -> None:
    with opens() as tab:
        tab.go("/nowhere", status=404).page.get_by_role("link", name="Back to the overview").click()
        assert tab.page.locator("h1").inner_text() == "Overview"
