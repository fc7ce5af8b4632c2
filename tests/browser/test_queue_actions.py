"""What people do to queues, organizations, services and schedules in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from re import compile as pattern

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import QUEUE, Dashboard
from tests.fixtures.browser import Tab


def said(page: Page, text: str) -> None:
    expect(page.locator("main > .notice").first).to_contain_text(text)


def unfolded(page: Page, title: str) -> Locator:
    """The form under *title*, which unfolds it."""
    page.locator("summary", has_text=title).first.click()
    return page.locator("details[open]", has=page.locator("summary", has_text=title))


def test_a_queue_is_paused_with_a_reason_and_an_end_and_goes_on(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go(f"/queues/{QUEUE}").page
    form = unfolded(page, "Pause")
    form.get_by_label("Why").fill("the mail server moves")
    until = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=2)
    form.get_by_label("Until").fill(f"{until:%Y-%m-%dT%H:%M}")
    form.get_by_role("button", name="Pause").click()
    said(page, f"{QUEUE} is paused")
    expect(page.locator("#badges")).to_contain_text("paused")
    expect(page.locator("#state")).to_contain_text("the mail server moves")
    assert dashboard.noted(QUEUE) == ("pause", "the mail server moves", "dashboard")
    assert dashboard.rows("SELECT until FROM advisorjobs_pauses WHERE queue = %s", QUEUE) == [{"until": until}]
    page.get_by_role("button", name="Resume").click()
    said(page, f"{QUEUE} goes on")
    expect(page.locator("#badges")).not_to_contain_text("paused")
    assert dashboard.noted(QUEUE)[0] == "resume"


def test_a_queue_that_was_paused_goes_on_by_the_button_in_the_message(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go(f"/queues/{QUEUE}").page
    form = unfolded(page, "Pause")
    form.get_by_label("Why").fill("by mistake")
    form.get_by_role("button", name="Pause").click()
    page.locator("main > .notice").get_by_role("button", name="Undo").click()
    said(page, "It is taken back")
    expect(page.locator("#badges")).not_to_contain_text("paused")
    (row,) = dashboard.rows(
        "SELECT action, undoes FROM advisorjobs_audit WHERE subject = %s ORDER BY id DESC LIMIT 1", QUEUE
    )
    assert row["action"] == "resume"
    assert row["undoes"] is not None
    assert dashboard.rows("SELECT until FROM advisorjobs_pauses WHERE queue = %s", QUEUE) == []


def test_a_queues_limits_are_changed_and_set_back(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go(f"/queues/{QUEUE}").page
    form = unfolded(page, "Change limits")
    form.get_by_label("Running at once").fill("many")
    form.get_by_label("Why").fill("quarter's end")
    form.get_by_role("button", name="Change").click()
    expect(page.get_by_role("alert").first).to_contain_text("running")
    form = unfolded(page, "Change limits")
    form.get_by_label("Running at once").fill("7")
    form.get_by_label("Why").fill("quarter's end")
    form.get_by_role("button", name="Change").click()
    said(page, f"The limits of {QUEUE} are changed")
    expect(page.locator("#limits")).to_contain_text("of 7")
    assert dashboard.noted(QUEUE) == ("limit", "quarter's end", "dashboard")
    unfolded(page, "Change limits").get_by_role("button", name="Back to the queue table").click()
    said(page, "has the limits of the queue table again")
    expect(page.locator("#limits")).not_to_contain_text("of 7")


def test_a_queue_is_cleaned_after_a_look_and_with_a_reason(tab: Tab, dashboard: Dashboard) -> None:
    jobs = dashboard.failed(3)
    page = tab.go(f"/queues/{QUEUE}").page
    form = unfolded(page, "Clean")
    form.get_by_label("Jobs that are").select_option("failed")
    form.get_by_label("for more than").fill("0")
    form.get_by_role("button", name="Look how many").click()
    expect(page.locator("h1")).to_have_text("Clean jobs away")
    expect(page.locator("#standing")).to_contain_text("Nothing has happened yet")
    assert [dashboard.status(job) for job in jobs] == ["failed"] * 3
    page.get_by_label("Why").fill("tests of ours")
    page.get_by_role("button", name="jobs away").click()
    said(page, "It is carried out")
    dashboard.work()
    expect(page.locator("#standing .status")).to_have_text("done")
    number = page.url.rsplit("/", 1)[1]
    assert dashboard.noted(number) == ("clean", "tests of ours", "dashboard")
    tab.go(f"/jobs?queue={QUEUE}&status=failed")
    expect(page.locator("#found")).not_to_contain_text(str(jobs[0]))


def test_an_organization_gets_a_rule_and_a_pause(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/organizations/practice-04").page
    form = unfolded(page, "Change its limits")
    form.get_by_label("In queue", exact=True).fill(QUEUE)
    form.get_by_label("Turns in a row").fill("3")
    form.get_by_label("Why").fill("an audit is on")
    form.get_by_role("button", name="Change").click()
    said(page, "The rule for practice-04 is changed")
    expect(page.locator("#limits")).to_contain_text(QUEUE)
    assert dashboard.noted("practice-04") == ("limit", "an audit is on", "dashboard")
    form = unfolded(page, "Pause in every queue")
    form.get_by_label("Why").fill("unpaid")
    form.get_by_role("button", name="Pause").click()
    said(page, "practice-04 is paused in every queue")
    expect(page.locator("#state")).to_contain_text("unpaid")
    assert dashboard.noted("practice-04") == ("pause", "unpaid", "dashboard")
    page.get_by_role("button", name="Resume").click()
    said(page, "practice-04 goes on")
    form = unfolded(page, "Change its limits")
    form.get_by_label("No rule in queue").fill(QUEUE)
    form.get_by_role("button", name="Remove the rule").click()
    said(page, "practice-04 is served as all others are")


def test_a_service_gets_a_limit_and_loses_it(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/limits").page
    form = unfolded(page, "Limit a service or account")
    form.get_by_label("Service or account").fill("xero:acme")
    form.get_by_label("Starts").fill("20/min")
    form.get_by_label("Why").fill("their plan")
    form.get_by_role("button", name="Change").click()
    said(page, "The key's limits are changed")
    row = page.locator("#key-limits tr", has_text="xero:acme")
    expect(row).to_contain_text("20")
    assert dashboard.noted("xero:acme") == ("limit", "their plan", "dashboard")
    row.locator("summary").click()
    row.get_by_role("button", name="Take its limits away").click()
    said(page, "The key has no limits any more")
    expect(row).to_have_count(0)


def test_a_schedule_is_made_changed_paused_run_and_removed(tab: Tab, dashboard: Dashboard) -> None:
    page = tab.go("/schedules").page
    page.get_by_role("link", name="New schedule").click()
    page.get_by_role("combobox", name="Job", exact=True).fill("maintenance:clear_cache")
    page.get_by_label("Key", exact=True).fill("tidy")
    page.get_by_label("Payload (JSON)").fill('{"organization_id": "system"}')
    page.get_by_label("Cron", exact=True).fill("61 * * * *")
    page.get_by_role("button", name="Create").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    tab.complaints.clear()  # the browser tells of each answer that is no success
    page.get_by_label("Cron", exact=True).fill("15 3 * * *")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("ol.runs li")).to_have_count(10)
    page.get_by_role("button", name="Create").click()
    expect(page.locator("h1")).to_contain_text("tidy active")
    assert dashboard.noted("tidy")[::2] == ("create", "dashboard")

    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Cron", exact=True).fill("45 4 * * *")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("45 4 * * *")
    assert dashboard.noted("tidy")[0] == "edit"

    page.get_by_label("Why it should rest").fill("the disk is new")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("h1")).to_contain_text("paused")
    assert dashboard.noted("tidy") == ("pause", "the disk is new", "dashboard")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("h1")).to_contain_text("active")
    assert dashboard.noted("tidy")[0] == "resume"

    page.get_by_role("link", name="Run now…").click()
    page.get_by_role("button", name="Run ").click()
    expect(page.locator("#past")).to_contain_text("queued, as somebody asked for it")
    assert dashboard.noted("tidy")[0] == "run"
    job = int(page.locator("#past a").first.inner_text())
    dashboard.manager.cancel_job(job)

    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove tidy").click()
    expect(page).to_have_url(pattern(r"/schedules(\?.*)?$"))
    expect(page.locator("#schedules")).not_to_contain_text("tidy")
    assert dashboard.noted("tidy")[0] == "remove"
