"""What people do to one job in a real browser: the page says what came of it, and the audit log who did what and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Dashboard, payload
from tests.fixtures.browser import Tab


def said(page: Page, text: str) -> None:
    expect(page.locator("main > .notice").first).to_contain_text(text)


def press(page: Page, name: str) -> None:
    page.get_by_role("group", name="Actions on job").get_by_role("button", name=name, exact=True).click()


def test_a_failed_job_is_retried_after_a_question(tab: Tab, dashboard: Dashboard) -> None:
    (job,) = dashboard.failed()
    page = tab.go(f"/jobs/{job}").page
    press(page, "Retry")
    expect(page.locator("h1")).to_have_text(f"Retry job {job}?")
    assert dashboard.status(job) == "failed"
    page.fill("#why", "the bank is back")
    page.get_by_role("button", name="Retry", exact=True).click()
    said(page, f"Job {job} waits to run again")
    expect(page.locator("#job .status")).to_have_text("waiting")
    assert dashboard.noted(job) == ("retry", "the bank is back", "dashboard")
    assert dashboard.status(job) == "todo"
    dashboard.manager.cancel_job(job)


def test_a_waiting_job_is_cancelled_after_a_question(tab: Tab, dashboard: Dashboard) -> None:
    (job,) = dashboard.waiting()
    page = tab.go(f"/jobs/{job}").page
    press(page, "Cancel")
    page.fill("#why", "sent by hand")
    page.get_by_role("button", name="Cancel the job").click()
    said(page, f"Job {job} is cancelled")
    expect(page.locator("#job .status")).to_have_text("cancelled")
    assert dashboard.noted(job) == ("cancel", "sent by hand", "dashboard")


def test_a_question_can_be_left(tab: Tab, dashboard: Dashboard) -> None:
    (job,) = dashboard.waiting()
    page = tab.go(f"/jobs/{job}").page
    press(page, "Cancel")
    page.get_by_role("link", name="Back", exact=True).click()
    expect(page).to_have_url(f"{dashboard.url}/jobs/{job}")
    assert dashboard.status(job) == "todo"
    dashboard.manager.cancel_job(job)


def test_a_failed_job_is_edited_and_runs_again(tab: Tab, dashboard: Dashboard) -> None:
    (job,) = dashboard.failed()
    page = tab.go(f"/jobs/{job}").page
    press(page, "Edit and retry")
    assert json.loads(page.input_value("#payload")) == payload()
    assert dashboard.noted(job)[0] == "show values"
    wrong = json.dumps({**payload(), "type": "no such letter"})
    page.fill("#payload", wrong)
    page.get_by_role("button", name="Save and retry").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing is saved yet")
    expect(page.locator("#payload")).to_have_value(wrong)
    tab.complaints.clear()  # the browser tells of each answer that is no success
    page.fill("#payload", json.dumps(payload(to="bo@example.com")))
    page.fill("#why", "wrong address")
    page.get_by_role("button", name="Save and retry").click()
    said(page, f"Job {job} waits to run again, with the payload that you gave it")
    assert dashboard.noted(job)[1:] == ("wrong address", "dashboard")
    (row,) = dashboard.rows("SELECT status, args ->> 'to' AS to FROM procrastinate_jobs WHERE id = %s", job)
    assert row == {"status": "todo", "to": "bo@example.com"}
    dashboard.manager.cancel_job(job)


def test_a_delayed_job_is_started_now_and_taken_back_from_the_message(tab: Tab, dashboard: Dashboard) -> None:
    later = datetime.now(UTC) + timedelta(hours=3)
    job = dashboard.manager.add_job("emails", "email:send", payload(), schedule_at=later)
    page = tab.go(f"/jobs/{job}").page
    press(page, "Start now")
    said(page, f"Job {job} may start now")
    expect(page.locator("#job .status")).to_have_text("waiting")
    assert dashboard.noted(job)[::2] == ("promote", "dashboard")
    page.locator("main > .notice").get_by_role("button", name="Undo").click()
    said(page, "It is taken back")
    expect(page.locator("#job .status")).to_have_text("delayed")
    assert dashboard.noted(job)[0] == "undo"
    dashboard.manager.cancel_job(job)


def test_a_waiting_job_gets_another_priority(tab: Tab, dashboard: Dashboard) -> None:
    (job,) = dashboard.waiting()
    page = tab.go(f"/jobs/{job}").page
    page.get_by_label("Priority").select_option("7")
    press(page, "Set")
    said(page, f"Job {job} has priority 7 now")
    expect(page.locator("#job")).to_contain_text("priority 7")
    assert dashboard.noted(job)[::2] == ("priority", "dashboard")
    dashboard.manager.cancel_job(job)


def test_values_are_shown_when_asked_for_and_it_is_noted(tab: Tab, dashboard: Dashboard) -> None:
    (job,) = dashboard.failed()
    page = tab.go(f"/jobs/{job}").page
    expect(page.locator("main")).not_to_contain_text("ada@example.com")
    expect(page.locator("main")).not_to_contain_text("no answer")
    page.get_by_role("button", name="Show values").click()
    expect(page.locator("main")).to_contain_text("ada@example.com")
    expect(page.locator("main")).to_contain_text("no answer")
    assert dashboard.noted(job)[::2] == ("show values", "dashboard")
    page.get_by_role("link", name="Hide them").click()
    expect(page.locator("main")).not_to_contain_text("ada@example.com")
