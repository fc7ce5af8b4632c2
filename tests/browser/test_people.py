"""Who may see and do what, in a real browser: signing in and out, two roles, an organization's own people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, expect
from pytest_postgresql.executors import NoopExecutor

from advisorjobs.application import App
from advisorjobs.settings import Settings
from advisorjobs.testing.databases import new_database
from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.passwords import hash_password
from advisorjobs.web.access.person import Role
from tests.browser.conftest import JOB, QUEUE, payload
from tests.fixtures.browser import Tab, opened, served
from tests.fixtures.desk import Desk
from tests.fixtures.servers import TestServer
from tests.fixtures.visitors import PASSWORD

PEOPLE = {
    "ada": (Role.ADMIN, None),
    "otto": (Role.OPERATOR, None),
    "vera": (Role.VIEWER, None),
    "carla": (Role.OPERATOR, "practice-01"),
}


@dataclass(frozen=True, slots=True)
class Office:
    """A dashboard with a sign-in: `ours` and `theirs` are failed jobs of practice-01 and practice-02."""

    url: str
    ours: int
    theirs: int


@pytest.fixture(scope="module")
def office(
    server: TestServer, postgresql_noproc: NoopExecutor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    with new_database(server, postgresql_noproc.template_dbname) as dsn:
        app = App(Settings(database_url=dsn, data_dir=tmp_path_factory.mktemp("office")))
        app.publish()
        hashed = hash_password(PASSWORD, "")
        for name, (role, organization) in PEOPLE.items():
            assert Accounts(app).sync.add_person(name, hashed, role, organization, by="the tests") is not None
        with closing(Desk(dsn, [QUEUE])) as desk:
            desk.names = (JOB,)
            jobs = [
                desk.enqueue(name=JOB, queue=QUEUE, args=payload(whose), organization_id=whose)[0]
                for whose in ("practice-01", "practice-02")
            ]
            desk.settle(*desk.claim(QUEUE), status="failed", final=True, error_code="network", run_ms=5)
        with served(app) as url:
            yield Office(url, *jobs)
        app.close()


Enters = Callable[[str], AbstractContextManager[Tab]]


@pytest.fixture
def enters(browser: Browser, office: Office) -> Enters:
    """A tab in which somebody has signed in: `with enters("vera") as tab`."""

    @contextmanager
    def enter(name: str) -> Iterator[Tab]:
        with opened(browser, office.url) as tab:
            tab.go("/")
            sign_in(tab, name, PASSWORD)
            expect(tab.page.locator("header")).to_contain_text(name)
            yield tab

    return enter


def sign_in(tab: Tab, name: str, password: str) -> None:
    tab.page.get_by_label("Name or e-mail").fill(name)
    tab.page.get_by_label("Password").fill(password)
    tab.page.get_by_role("button", name="Sign in").click()


def test_a_stranger_signs_in_and_gets_where_they_wanted_to_and_out_again(browser: Browser, office: Office) -> None:
    with opened(browser, office.url) as tab:
        page = tab.go(f"/jobs/{office.ours}").page
        expect(page.locator("h1")).to_have_text("Sign in")
        sign_in(tab, "vera", "a wrong password")
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Name or e-mail")).to_have_value("vera")
        tab.complaints.clear()  # the browser tells of each answer that is no success
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{office.url}/jobs/{office.ours}")
        expect(page.locator("header")).to_contain_text("vera")
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator("h1")).to_have_text("Sign in")
        tab.go("/jobs")
        expect(page.locator("h1")).to_have_text("Sign in")
        assert tab.take_complaints() == []


def test_a_page_that_is_open_leads_to_the_sign_in_once_the_session_has_ended(enters: Enters) -> None:
    with enters("vera") as tab:
        page = tab.go("/jobs#found").page
        page.context.clear_cookies()
        with page.expect_request(lambda asked: "x-unattended" in asked.headers):
            page.evaluate("refreshAll()")
        page.wait_for_url("**/sign-in**")


def test_a_viewer_sees_no_action_and_may_do_none_while_an_operator_does(enters: Enters, office: Office) -> None:
    with enters("vera") as viewer, enters("otto") as operator:
        for path in (f"/jobs/{office.theirs}", "/jobs?status=failed", f"/queues/{QUEUE}", "/schedules", "/limits"):
            viewer.go(path)
            expect(viewer.page.locator("main form[method=post]")).to_have_count(0)
            expect(viewer.page.locator("main").get_by_role("checkbox")).to_have_count(0)
        viewer.go(f"/jobs/{office.theirs}")
        assert forged(viewer, f"/jobs/{office.theirs}/retry") == 403
        assert forged(viewer, f"/jobs/{office.theirs}/values") == 403
        assert forged(viewer, f"/queues/{QUEUE}/pause") == 403
        viewer.go("/people", status=403)
        page = operator.go(f"/jobs/{office.theirs}").page
        page.get_by_role("button", name="Retry", exact=True).click()
        page.get_by_role("button", name="Retry", exact=True).click()
        expect(page.locator("main > .notice")).to_contain_text(f"Job {office.theirs} waits to run again")
        operator.go(f"/queues/{QUEUE}")
        expect(page.locator("summary", has_text="Clean")).to_have_count(0)
        assert forged(operator, f"/queues/{QUEUE}/clean") == 403
        viewer.go("/audit")
        expect(viewer.page.locator("#entries tr", has_text="retry")).to_contain_text("otto")


def test_an_organizations_person_sees_and_changes_theirs_only(enters: Enters, office: Office) -> None:
    with enters("carla") as tab:
        page = tab.go("/jobs").page
        expect(page.locator("#found")).to_contain_text(str(office.ours))
        expect(page.locator("body")).not_to_contain_text("practice-02")
        expect(page.locator(f"#row-{office.theirs}")).to_have_count(0)
        titles = page.locator("nav[aria-label=Main] a").all_inner_texts()
        assert titles == ["Overview", "Jobs", "Actions", "Failures", "Performance", "Schedules"]
        tab.go(f"/jobs/{office.theirs}", status=404)
        tab.go("/organizations/practice-02", status=404)
        for path in ("/workers", "/limits", "/database", "/audit", "/people", f"/queues/{QUEUE}"):
            tab.go(path, status=403)
        tab.go(f"/jobs/{office.ours}")
        assert forged(tab, f"/jobs/{office.theirs}/cancel", sure="yes") in (303, 404)
        assert forged(tab, f"/jobs/{office.ours}/promote") == 403
        tab.go(f"/jobs/{office.ours}").page.get_by_role("button", name="Retry", exact=True).click()
        page.get_by_role("button", name="Retry", exact=True).click()
        expect(page.locator("main > .notice")).to_contain_text(f"Job {office.ours} waits to run again")


def test_an_admin_adds_somebody_who_signs_in(enters: Enters, browser: Browser, office: Office) -> None:
    with enters("ada") as tab, opened(browser, office.url) as other:
        page = tab.go("/people").page
        page.locator("#name").fill("nora")
        page.locator("#password").fill(PASSWORD)
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("main [role=status]").first).to_contain_text("is added")
        other.go("/jobs")
        sign_in(other, "nora", PASSWORD)
        expect(other.page.locator("h1")).to_have_text("Jobs")
        tab.go("/audit")
        expect(page.locator("#entries tr", has_text="nora").last).to_contain_text("add person")


def test_a_token_is_shown_once_works_and_is_revoked(enters: Enters, office: Office) -> None:
    with enters("ada") as tab:
        page = tab.go("/people").page
        page.locator("#token-name").fill("grafana")
        page.get_by_role("button", name="Make a token").click()
        token = page.locator("code.token").inner_text()
        api = f"{office.url}/api/queues"
        shown = {"Authorization": f"Bearer {token}"}
        assert (token[:4], httpx.get(api, headers=shown).status_code) == ("ajt_", 200)
        tab.go("/people")
        row = page.locator("tr", has_text="grafana")
        expect(row).to_contain_text("by ada")
        expect(page.locator("code.token")).to_have_count(0)
        assert token not in page.content()
        row.get_by_role("button", name="Revoke grafana").click()
        expect(row).to_have_count(0)
        assert httpx.get(api, headers=shown).status_code == 401
        assert tab.take_complaints() == []


def test_pages_of_people_and_of_signing_in_are_readable(
    enters: Enters, browser: Browser, office: Office, axe: str
) -> None:
    with enters("ada") as tab, opened(browser, office.url) as stranger:
        person = tab.go("/people").page.get_by_role("link", name="Change vera").get_attribute("href")
        for one, path in ((tab, "/people"), (tab, str(person)), (tab, "/account"), (stranger, "/jobs")):
            one.go(path)
            assert one.audit(axe) == []
            one.page.emulate_media(color_scheme="dark")
            assert one.audit(axe, rules=["color-contrast"]) == []
            one.page.emulate_media(color_scheme="light")
            one.page.set_viewport_size({"width": 390, "height": 844})
            assert one.too_wide() == 0, path
            one.page.set_viewport_size({"width": 1280, "height": 900})
        assert (tab.take_complaints(), stranger.take_complaints()) == ([], [])


def forged(tab: Tab, path: str, **fields: str) -> int:
    """The status of the answer to a form that no page offers, sent by a script of the page, with its token."""
    send = """async ([path, fields]) => {
        const token = document.querySelector("input[name=csrf]").value;
        const body = new URLSearchParams({csrf: token, ...fields});
        const answer = await fetch(path, {method: "POST", body, redirect: "manual"});
        return answer.type === "opaqueredirect" ? 303 : answer.status;
    }"""
    status: int = tab.page.evaluate(send, [path, fields])
    return status
