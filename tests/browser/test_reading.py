"""How people read and choose without a mouse, or while pages change below them, or on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import QUEUE, Dashboard
from tests.fixtures.browser import Tab

SOON = 5_000
LIST = 15_000
"""Milliseconds: a list is told of changes every ten seconds."""


def focused(page: Page) -> str:
    """What has the focus: its id, or else what it says."""
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


def test_single_keys_lead_about_unless_they_are_typed_or_switched_off(tab: Tab) -> None:
    page = tab.go("/").page
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.wait_for_url("**/jobs")
    page.keyboard.press("/")
    assert focused(page) == "f-id"
    page.keyboard.type("g?")
    assert page.input_value("#f-id") == "g?"
    help_for_keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_for_keys).to_be_hidden()
    page.locator("#f-id").blur()
    page.keyboard.press("?")
    expect(help_for_keys).to_be_visible()
    page.get_by_label("Listen to single keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(help_for_keys).to_be_hidden()
    tab.go("/workers").page.keyboard.press("?")
    expect(help_for_keys).to_be_hidden()


def test_the_help_keeps_the_focus_and_gives_it_back(tab: Tab) -> None:
    page = tab.go("/").page
    page.get_by_role("button", name="Keyboard shortcuts").press("Enter")
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    assert focused(page) == "?"


def test_what_is_shown_can_be_held_still_and_catches_up(
    tab: Tab, opens: Callable[..., Any], dashboard: Dashboard
) -> None:
    def waiting(page: Page) -> Locator:
        return page.locator("#state .figure", has_text="Waiting").first.locator("dd")

    with opens() as other:
        both = [each.go(f"/queues/{QUEUE}").page for each in (tab, other)]
        for page in both:
            expect(page.locator("[data-live-state]")).to_have_text("Live")
        before = waiting(tab.page).inner_text()
        tab.page.get_by_role("button", name="Hold").click()
        expect(tab.page.locator("[data-live-state]")).to_have_text("Held")
        (job,) = dashboard.waiting()
        expect(waiting(other.page)).not_to_have_text(before, timeout=SOON)
        assert waiting(tab.page).inner_text() == before
        tab.page.get_by_role("button", name="Go on").click()
        expect(waiting(tab.page)).not_to_have_text(before, timeout=SOON)
    dashboard.manager.cancel_job(job)


def test_rows_are_ticked_together_and_stay_though_newer_ones_push_them_out(tab: Tab, dashboard: Dashboard) -> None:
    jobs = dashboard.waiting(3)
    page = tab.go(f"/jobs?queue={QUEUE}&status=waiting").page
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    boxes = page.locator("input[name=job]")
    every = page.get_by_label("Choose all on this page")
    every.check()
    assert all(box.is_checked() for box in boxes.all())
    assert page.locator("#act-on option").first.inner_text() == f"the {boxes.count()} ticked"
    every.uncheck()
    page.get_by_label(f"Choose job {jobs[2]}").check()
    page.get_by_label(f"Choose job {jobs[0]}").click(modifiers=["Shift"])
    assert [page.get_by_label(f"Choose job {job}").is_checked() for job in jobs] == [True, True, True]
    newer = dashboard.waiting(55)
    expect(page.get_by_label(f"Choose job {newer[-1]}")).to_be_visible(timeout=LIST)
    assert [page.get_by_label(f"Choose job {job}").is_checked() for job in jobs] == [True, True, True]
    for job in (*jobs, *newer):
        dashboard.manager.cancel_job(job)


def test_each_row_keeps_its_own_form_while_others_come(tab: Tab, dashboard: Dashboard) -> None:
    dashboard.manager.set_key_limit("xero:wren", running=2, why="for a moment", changed_by="mira")
    page = tab.go("/limits").page
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    dashboard.manager.set_key_limit("xero:adder", running=2, why="for a moment", changed_by="mira")
    expect(page.locator("#key-limits")).to_contain_text("xero:adder", timeout=LIST)
    for row in page.locator("#key-limits tbody tr").all():
        name = row.locator("th").inner_text()
        assert {field.input_value() for field in row.locator("input[name=key]").all()} == {name}
    for key in ("xero:wren", "xero:adder"):
        dashboard.manager.remove_key_limit(key)


def test_on_a_phone_rows_are_cards_that_say_what_each_number_is(opens: Callable[..., Any]) -> None:
    with opens(viewport={"width": 390, "height": 844}) as tab:
        for path in ("/", "/jobs", "/failures", "/performance", "/schedules", "/organizations", "/limits"):
            page = tab.go(path).page
            for table in page.locator("table.cards").all():
                assert (
                    table.evaluate("table => table.parentElement.scrollWidth - table.parentElement.clientWidth") <= 0
                ), path
                expect(table.locator("thead")).to_be_hidden()
                named = "cell => getComputedStyle(cell, '::before').content"
                assert "none" not in [
                    cell.evaluate(named) for cell in table.locator("tr").nth(1).locator("td.number").all()
                ]
        tab.go("/queues/integrations")
        assert tab.too_wide() == 0
        assert tab.take_complaints() == []
