"""Pages that stay up to date while somebody looks on."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Dashboard
from tests.fixtures.browser import Tab

SOON = 2_000
"""Milliseconds within which a change is to be seen."""


def test_a_job_that_is_queued_is_seen_within_two_seconds(tab: Tab, dashboard: Dashboard) -> None:
    tab.go("/")
    expect(tab.page.locator("[data-live-state]")).to_have_text("Live")
    row = tab.page.locator("#queues tr", has_text="webhooks")
    before = row.inner_text()
    job = dashboard.manager.add_job("webhooks", "webhook:custom", webhook())
    try:
        expect(row).not_to_have_text(before, timeout=SOON)
    finally:
        dashboard.manager.cancel_job(job)


def test_what_somebody_types_while_the_page_renews_itself_stays(tab: Tab, dashboard: Dashboard) -> None:
    tab.go("/failures")
    tab.page.fill("#organization", "practice-0")
    job = dashboard.manager.add_job("webhooks", "webhook:custom", webhook())
    dashboard.manager.cancel_job(job)
    expect(tab.page.locator("[data-live-state]")).to_have_text("Live")
    assert tab.page.input_value("#organization") == "practice-0"


def webhook() -> dict[str, str]:
    return {"organization_id": "practice-01", "source": "crm", "event_id": "e-1", "event_type": "note.added"}
