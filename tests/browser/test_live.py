"""Pages that stay up to date while somebody looks on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from advisorjobs.application import App
from tests.browser.conftest import JOB, QUEUE, Dashboard
from tests.fixtures.browser import Tab, opened, served
from tests.fixtures.desk import Desk

SOON = 2_000
"""Milliseconds within which a change is to be seen."""


@pytest.fixture
def tab(browser: Browser, dashboard: Dashboard) -> Iterator[Tab]:
    """A tab at a web process of its own: one that has had much to tell lately tells of busy topics at a pace (web/pulse.py)."""
    app = App(dashboard.app.settings)
    with served(app) as url, opened(browser, url) as one:
        yield one
        assert one.take_complaints() == []
    app.close()


def live(page: Page) -> None:
    """The page is told of changes from now on."""
    expect(page.locator("[data-live-state]")).to_have_text("Live")


def test_the_overview_shows_a_job_that_is_queued(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/").page
    live(page)
    row = page.locator("#queues tr", has_text="webhooks")
    before = row.inner_text()
    job = dashboard.manager.add_job("webhooks", "webhook:custom", webhook())
    try:
        expect(row).not_to_have_text(before, timeout=SOON)
    finally:
        dashboard.manager.cancel_job(job)


def test_a_page_whose_stream_is_refused_for_a_while_comes_back_and_shows_what_it_missed(
    tab: Tab, dashboard: Dashboard
) -> None:
    """As while the database is away when the web process is started anew: a browser takes such an answer as the last word."""
    page = tab.page
    page.route("**/live", lambda route: route.fulfill(status=503))
    tab.go("/")
    expect(page.locator("[data-live-state]")).to_have_text("Not up to date")
    row = page.locator("#queues tr", has_text="webhooks")
    before = row.inner_text()
    job = dashboard.manager.add_job("webhooks", "webhook:custom", webhook())
    page.unroute("**/live")
    try:
        expect(page.locator("[data-live-state]")).to_have_text("Live")
        expect(row).not_to_have_text(before, timeout=SOON)
    finally:
        dashboard.manager.cancel_job(job)
    assert all("503" in said for said in tab.take_complaints())


def test_a_tab_that_nobody_sees_holds_no_connection_and_shows_what_it_missed(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/").page
    live(page)
    row = page.locator("#queues tr", has_text="webhooks")
    before = row.inner_text()
    hide = "hidden => Object.defineProperty(document, 'hidden', {value: hidden, configurable: true})"
    change = "document.dispatchEvent(new Event('visibilitychange'))"
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/live")):
        page.evaluate(hide, True)
        page.evaluate(change)
    job = dashboard.manager.add_job("webhooks", "webhook:custom", webhook())
    try:
        with page.expect_request("**/live"):
            page.evaluate(hide, False)
            page.evaluate(change)
        expect(row).not_to_have_text(before, timeout=SOON)
    finally:
        dashboard.manager.cancel_job(job)


def test_a_page_that_could_not_be_read_again_is_read_later_and_not_all_the_time(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/queues/webhooks").page
    live(page)
    waiting = page.locator("#state .figure", has_text="Waiting").first.locator("dd")
    expect(waiting).to_have_text("0")
    page.route("**/queues/webhooks", lambda route: route.fulfill(status=503))
    job = dashboard.manager.add_job("webhooks", "webhook:custom", webhook())
    try:
        expect(page.locator("[data-live-state]")).to_have_text("Not up to date")
        page.evaluate(
            "async () => { for (let look = 0; look < 20; look++) { waiting.add('state'); await refresh(); } }"
        )
        page.unroute("**/queues/webhooks")
        expect(waiting).to_have_text("1")
        live(page)
    finally:
        dashboard.manager.cancel_job(job)
    refused = tab.take_complaints()
    assert all("503" in said for said in refused)
    assert 1 <= len(refused) < 10


def test_jobs_that_come_into_an_empty_list_can_be_ticked_and_acted_on(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go(f"/jobs?queue={QUEUE}&organization=practice-66").page
    live(page)
    expect(page.get_by_label("Do", exact=True)).to_be_hidden()
    (job,) = dashboard.waiting(organization_id="practice-66")
    page.get_by_label(f"Choose job {job}").check()
    expect(page.locator("#act-on option").first).to_have_text("the 1 ticked")
    page.get_by_label("Do", exact=True).select_option("cancel")
    page.get_by_role("button", name="Look how many").click()
    expect(page.locator("#standing")).to_contain_text("1 job would be changed")
    dashboard.manager.cancel_job(job)


def test_a_queue_shows_who_waits_in_it_and_that_it_is_paused(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/queues/webhooks").page
    live(page)
    waiting = page.locator("#state .figure", has_text="Waiting").first.locator("dd")
    expect(waiting).to_have_text("0")
    job = dashboard.manager.add_job("webhooks", "webhook:custom", webhook())
    expect(waiting).to_have_text("1", timeout=SOON)
    dashboard.manager.pause_queue("webhooks", reason="for a moment", paused_by="mira")
    expect(page.locator("#badges")).to_contain_text("paused", timeout=SOON)
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    dashboard.manager.resume_queue("webhooks")
    expect(page.locator("#badges")).not_to_contain_text("paused", timeout=SOON)
    dashboard.manager.cancel_job(job)


def test_a_job_shows_that_it_runs_and_has_ended(tab: Tab, dashboard: Dashboard) -> None:
    (job,) = dashboard.waiting()
    page = tab.go(f"/jobs/{job}").page
    live(page)
    status = page.locator("#job .status")
    expect(status).to_have_text("waiting")
    with closing(Desk(dashboard.dsn, [QUEUE])) as desk:
        desk.names = (JOB,)
        claimed = [each for each in desk.claim(QUEUE, free=100) if each.id == job]
        expect(status).to_have_text("active", timeout=SOON)
        expect(page.locator("#waiting")).to_be_hidden()
        expect(page.get_by_role("button", name="Set", exact=True)).to_have_count(0)
        desk.complete(*claimed)
    expect(status).to_have_text("completed", timeout=SOON)


def test_a_worker_shows_up_by_itself(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/workers").page
    live(page)
    expect(page.locator("main")).to_contain_text("docs-7f9c")
    rows = page.get_by_role("heading", name="desk", exact=True)
    before = rows.count()
    with closing(Desk(dashboard.dsn, [QUEUE])):
        expect(rows).to_have_count(before + 1, timeout=SOON)


def test_what_somebody_types_while_the_page_renews_itself_stays(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/failures").page
    live(page)
    page.fill("#organization", "practice-0")
    (job,) = dashboard.failed()
    expect(page.locator("main")).to_contain_text(str(job), timeout=10_000)
    assert page.input_value("#organization") == "practice-0"


def test_a_form_that_is_open_stays_open_with_what_was_typed(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/limits").page
    live(page)
    page.locator("summary", has_text="Limit a service or account").click()
    page.get_by_label("Service or account").fill("xero:acme")
    assert page.evaluate("inUse(document.getElementById('key-limits')) !== null")  # nor goes with the row that it is in
    dashboard.manager.set_queue_limit("webhooks", running=33, why="for a moment", changed_by="mira")
    expect(page.locator("#queue-limits")).to_contain_text("33", timeout=SOON)
    expect(page.get_by_label("Service or account")).to_have_value("xero:acme")
    dashboard.manager.reset_queue_limit("webhooks")


def webhook() -> dict[str, str]:
    return {"organization_id": "practice-01", "source": "crm", "event_id": "e-1", "event_type": "note.added"}
