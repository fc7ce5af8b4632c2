"""Actions on many jobs in a real browser: ticked or by the search, looked at before, watched meanwhile, told of afterwards."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import JOB, QUEUE, Dashboard
from tests.fixtures.browser import Tab


def number_of(page: Page) -> str:
    """Of the action whose page is shown."""
    expect(page.locator("#standing")).to_be_visible()
    return page.url.partition("?")[0].rsplit("/", 1)[1]


def figure(page: Page, label: str) -> str:
    return page.locator("#standing .figure", has=page.get_by_text(label, exact=True)).locator("dd").inner_text()


def test_ticked_jobs_are_retried_after_a_look(tab: Tab, dashboard: Dashboard) -> None:
    jobs = dashboard.failed(3)
    page = tab.go(f"/jobs?queue={QUEUE}&status=failed").page
    for job in jobs[:2]:
        page.get_by_label(f"Choose job {job}").check()
    page.get_by_label("Do", exact=True).select_option("retry")
    page.get_by_role("button", name="Look how many").click()
    number = number_of(page)
    expect(page.locator("#standing")).to_contain_text("2 jobs would be changed")
    assert [dashboard.status(job) for job in jobs] == ["failed"] * 3
    page.get_by_label("Why").fill("the bank is back")
    page.get_by_role("button", name="Retry 2 jobs").click()
    expect(page.locator("#standing .status")).to_have_text("done")
    assert figure(page, "Changed") == "2"
    assert [dashboard.status(job) for job in jobs] == ["todo", "todo", "failed"]
    assert dashboard.noted(number) == ("retry", "the bank is back", "dashboard")
    for job in jobs[:2]:
        dashboard.manager.cancel_job(job)


def test_all_that_match_are_cancelled_by_a_worker_while_somebody_looks_on(tab: Tab, dashboard: Dashboard) -> None:
    jobs = dashboard.waiting(700, organization_id="practice-77")
    (other,) = dashboard.waiting(organization_id="practice-78")
    page = tab.go(f"/jobs?queue={QUEUE}&organization=practice-77").page
    page.get_by_label("On", exact=True).select_option("yes")
    page.get_by_label("Do", exact=True).select_option("cancel")
    page.get_by_role("button", name="Look how many").click()
    number = number_of(page)
    expect(page.locator("#standing")).to_contain_text("700 jobs would be changed")
    page.get_by_role("button", name="Cancel 700 jobs").click()
    expect(page.locator("#standing .status")).to_have_text("running")
    expect(page.locator("#standing progress")).to_have_count(1)
    dashboard.work()
    expect(page.locator("#standing .status")).to_have_text("done")
    assert figure(page, "Changed") == "700"
    expect(page.get_by_role("button", name="Stop it")).to_have_count(0)
    assert dashboard.noted(number)[::2] == ("cancel", "dashboard")
    left = "SELECT count(*) FROM procrastinate_jobs WHERE id = ANY(%s) AND status <> 'cancelled'"
    assert dashboard.rows(left, jobs) == [{"count": 0}]
    ended = "SELECT count(*) FROM advisorjobs_runs WHERE job_id = ANY(%s) AND status = 'cancelled'"
    assert dashboard.rows(ended, jobs) == [{"count": 700}]
    assert dashboard.status(other) == "todo"
    dashboard.manager.cancel_job(other)


def test_priorities_of_ticked_jobs_are_set_at_once_and_taken_back(tab: Tab, dashboard: Dashboard) -> None:
    jobs = dashboard.waiting(2, priority=-5)
    page = tab.go(f"/jobs?queue={QUEUE}&status=waiting&name={JOB}").page
    for job in jobs:
        page.get_by_label(f"Choose job {job}").check()
    page.get_by_label("Do", exact=True).select_option("priority")
    page.get_by_label("Priority", exact=True).select_option("2")
    page.get_by_role("button", name="Look how many").click()
    expect(page.locator("#standing .status")).to_have_text("done")
    assert dashboard.noted(number_of(page))[::2] == ("priority", "dashboard")
    levels = "SELECT DISTINCT priority FROM procrastinate_jobs WHERE id = ANY(%s)"
    assert dashboard.rows(levels, jobs) == [{"priority": -2}]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("main > .notice")).to_contain_text("It is taken back")
    page.locator("main > .notice").get_by_role("link", name="see how it goes").click()
    dashboard.work()
    expect(page.locator("#standing .status")).to_have_text("done")
    assert dashboard.rows(levels, jobs) == [{"priority": -5}]
    for job in jobs:
        dashboard.manager.cancel_job(job)


def under_way(tab: Tab, organization: str) -> str:
    """Begins to cancel all jobs of *organization*; the number of the action, whose page is shown."""
    page = tab.go(f"/jobs?queue={QUEUE}&organization={organization}").page
    page.get_by_label("On", exact=True).select_option("yes")
    page.get_by_label("Do", exact=True).select_option("cancel")
    page.get_by_role("button", name="Look how many").click()
    number = number_of(page)
    page.get_by_label("Why").fill("the client has left")
    page.get_by_role("button", name="Cancel jobs: 2").click()
    expect(page.locator("#standing .status")).to_have_text("running")
    return number


def test_one_that_is_under_way_is_stopped_and_listed_so(tab: Tab, dashboard: Dashboard) -> None:
    jobs = dashboard.waiting(2, organization_id="practice-81")
    number = under_way(tab, "practice-81")
    tab.page.get_by_role("button", name="Stop it").click()
    expect(tab.page.locator("#standing .status")).to_have_text("cancelled")
    expect(tab.page.locator("#standing")).to_contain_text("It was stopped: what is done stays done.")
    dashboard.work()
    assert [dashboard.status(job) for job in jobs] == ["todo", "todo"]
    row = tab.go("/actions").page.locator(f"#action-{number}")
    expect(row.locator(".status")).to_have_text("stopped")
    expect(row).to_contain_text("the client has left")
    for job in jobs:
        dashboard.manager.cancel_job(job)


def test_one_that_has_stalled_goes_on_where_it_stood(tab: Tab, dashboard: Dashboard) -> None:
    jobs = dashboard.waiting(2, organization_id="practice-82")
    number = under_way(tab, "practice-82")
    (carrier,) = dashboard.rows("SELECT job_id FROM advisorjobs_actions WHERE id = %s", number)
    dashboard.manager.cancel_job(carrier["job_id"])
    page = tab.page
    expect(page.locator("#standing .status")).to_have_text("stalled")
    expect(page.locator("#standing")).to_contain_text("The job that carries it out has ended before it.")
    listed = tab.go("/actions?state=running").page.locator(f"#action-{number}")
    expect(listed.locator(".status")).to_have_text("stalled")
    listed.get_by_role("link", name=f"Action {number}").click()
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("main > .notice")).to_contain_text("It goes on")
    expect(page.locator("#standing .status")).to_have_text("running")
    dashboard.work()
    expect(page.locator("#standing .status")).to_have_text("done")
    ended = "SELECT count(*) FROM advisorjobs_runs WHERE job_id = ANY(%s) AND status = 'cancelled'"
    assert dashboard.rows(ended, jobs) == [{"count": 2}]


def test_what_was_looked_at_can_be_dropped(tab: Tab, dashboard: Dashboard) -> None:
    (job,) = dashboard.failed()
    page = tab.go(f"/queues/{QUEUE}").page
    page.get_by_role("button", name="Retry all").click()
    expect(page.locator("#standing")).to_contain_text("Nothing has happened yet")
    page.get_by_role("button", name="Drop it").click()
    expect(page.locator("#standing .status")).to_have_text("cancelled")
    assert dashboard.status(job) == "failed"


def test_what_is_ticked_and_typed_stays_while_the_list_renews_itself(tab: Tab, dashboard: Dashboard) -> None:
    first, second = dashboard.failed(2)
    page = tab.go(f"/jobs?queue={QUEUE}&status=failed").page
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.get_by_label(f"Choose job {first}").check()
    page.get_by_label("Job", exact=True).fill("email:s")
    (third,) = dashboard.failed()
    expect(page.get_by_label(f"Choose job {third}")).to_be_visible(timeout=15_000)  # a list is told every ten seconds
    expect(page.get_by_label(f"Choose job {first}")).to_be_checked()
    expect(page.get_by_label(f"Choose job {second}")).not_to_be_checked()
    expect(page.get_by_label(f"Choose job {third}")).not_to_be_checked()
    expect(page.get_by_label("Job", exact=True)).to_have_value("email:s")
