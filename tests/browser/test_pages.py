"""Every page in a real browser: what it says on the console, whom it asks, whether people can use it, on a phone too."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from starlette.routing import Route

from advisorjobs.application import App
from advisorjobs.web import web_app
from tests.browser.conftest import Dashboard
from tests.fixtures.browser import Tab

NOT_SHOWN = {
    "live",
    "healthz",
    "readyz",
    "startupz",
    "metrics",
    "sign_out",
    "oidc_begin",
    "oidc_finish",
    "job_values",
    "person",
}
"""Answers that are no page for people; and those that want people to be there: test_people looks at them."""


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
        "action_id": dashboard.action,
    }

    def value(found: re.Match[str]) -> str:
        return str(known[found[1]])

    wants = "?organization=system" if "{key" in path else ""
    return re.sub(r"\{(\w+)(?::\w+)?\}", value, path) + wants


def test_every_page_is_readable_and_quiet_in_both_themes(
    dashboard: Dashboard, opens: Callable[..., Any], axe: str
) -> None:
    found: list[str] = []
    with opens() as tab:
        for name, path in pages(dashboard.app).items():
            found += [f"{name}: {each}" for each in shown(tab, filled(path, dashboard))]
            found += [f"{name}: {each}" for each in tab.audit(axe)]
            tab.page.emulate_media(color_scheme="dark")
            found += [f"{name}, dark: {each}" for each in tab.audit(axe, rules=["color-contrast"])]
            tab.page.emulate_media(color_scheme="light")
            found += [f"{name}: {each}" for each in tab.take_complaints()]
    assert found == []


def test_every_page_fits_a_phone(dashboard: Dashboard, opens: Callable[..., Any], axe: str) -> None:
    found: list[str] = []
    with opens(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark") as tab:
        for name, path in pages(dashboard.app).items():
            found += [f"{name}: {each}" for each in shown(tab, filled(path, dashboard))]
            found += [f"{name} is {wide} px too wide"] if (wide := tab.too_wide()) > 0 else []
            found += [f"{name}: {each}" for each in (*tab.audit(axe), *tab.take_complaints())]
    assert found == []


@pytest.mark.parametrize("button", ["Retry", "Edit and retry", "Show values"])
def test_pages_to_which_a_button_leads_are_readable_and_fit_a_phone(
    dashboard: Dashboard, opens: Callable[..., Any], axe: str, button: str
) -> None:
    with opens(viewport={"width": 390, "height": 844}) as tab:
        page = tab.go(f"/jobs/{dashboard.day.failed}").page
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_role("group", name="Actions on job").or_(page.locator("form #why")).first).to_be_visible()
        page.wait_for_load_state("load")
        assert tab.too_wide() == 0
        assert tab.audit(axe) == []
        page.emulate_media(color_scheme="dark")
        assert tab.audit(axe, rules=["color-contrast"]) == []
        assert tab.take_complaints() == []


def shown(tab: Tab, path: str) -> list[str]:
    """Opens *path*; what is wrong with its status."""
    answer = tab.page.goto(f"{tab.url}{path}", wait_until="load")
    return [] if answer is not None and answer.status == 200 else [f"status {answer and answer.status}"]


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


def test_without_script_a_form_does_what_it_says(without_script: Tab, dashboard: Dashboard) -> None:
    (job,) = dashboard.waiting()
    page = without_script.go(f"/jobs/{job}").page
    page.get_by_label("Priority").select_option("8")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator("main > .notice")).to_contain_text(f"Job {job} has priority 8 now")
    assert dashboard.noted(job)[::2] == ("priority", "dashboard")
    dashboard.manager.cancel_job(job)


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
