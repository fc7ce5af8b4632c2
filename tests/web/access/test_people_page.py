"""People and access, and one's own account: what admins and people change there, and what the audit log tells of it."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.browsers import browser_words
from advisorjobs.web.access.person import Role
from tests.fixtures.visitors import PASSWORD, Added, Comes, Visitor

NEW = "a new one, long enough"


@pytest.fixture
async def ada(comes: Comes, add_person: Added) -> Visitor:
    """An admin who has signed in."""
    await add_person("ada", Role.ADMIN)
    browser = comes()
    await browser.sign_in("ada")
    return browser


def told(answer: Any) -> str:
    found = re.search(r'role="(?:alert|status)">([^<]*)</p>', answer.text)
    return found[1] if found else ""


async def test_an_admin_adds_changes_and_removes_people(
    ada: Visitor, comes: Comes, accounts: Accounts, connection: psycopg.Connection[Any]
) -> None:
    person = {"name": "ben", "role": "viewer", "organization_id": "org-7", "password": PASSWORD}
    assert (await ada.form("/people", "/people/add", **person)).status_code == 303
    page = await ada.get("/people?done=added")
    assert ("added" in told(page), "org-7" in page.text) == (True, True)
    ben = comes()
    await ben.sign_in("ben")
    assert (await ben.get("/people")).status_code == 403
    number = (await accounts.list_people(name="BEN"))[0].id

    await ada.form("/people", f"/people/{number}/change", role="admin", organization_id="")
    assert (await ben.get("/people")).status_code == 200
    await ada.form("/people", f"/people/{number}/password", password=NEW)
    assert (await ben.get("/account")).status_code == 303
    assert (await ben.sign_in("ben", NEW)).status_code == 303
    await ada.form("/people", f"/people/{number}/change", is_active="no")
    assert (await ben.get("/account")).status_code == 303
    assert "deactivated" in (await ada.get("/people")).text
    await ada.form("/people", f"/people/{number}/remove")
    assert "ben" not in (await ada.get("/people")).text
    log = connection.execute(
        "SELECT by, role, via, action, before, after FROM advisorjobs_audit"
        " WHERE subject = 'ben' AND action <> 'sign in' ORDER BY id"
    ).fetchall()
    assert [(by, role, via, action) for by, role, via, action, *_ in log] == [
        ("ada", "admin", "dashboard", action) for action in ("add", "change", "set password", "change", "remove")
    ]
    assert log[1][4:] == (
        {"role": "viewer", "organization_id": "org-7", "is_active": True},
        {"role": "admin", "organization_id": None, "is_active": True},
    )
    signed_in = connection.execute(
        "SELECT by, role FROM advisorjobs_audit WHERE action = 'sign in' AND subject = 'ben'"
    )
    assert signed_in.fetchall() == [("ben", None)] * 2


async def test_what_cant_be_is_told_on_the_page(ada: Visitor, add_person: Added, accounts: Accounts) -> None:
    for change, status, words in (
        ({"password": "short"}, 422, "12 characters"),
        ({"password": "a" * 12}, 422, "five different"),
        ({"name": "ADA"}, 409, "taken"),
        ({"name": "a\u200bda"}, 422, "must be a name"),
        ({"role": "admin", "organization_id": "org-1"}, 422, "everybody"),
        ({"role": "chief"}, 422, "viewer, operator or admin"),
    ):
        form = {"name": "ben", "role": "viewer", "organization_id": "", "password": PASSWORD, **change}
        answer = await ada.form("/people", "/people/add", **form)
        assert (answer.status_code, words in told(answer)) == (status, True), (change, told(answer))
    assert len(await accounts.list_people()) == 1


async def test_an_admin_can_t_lock_out_themselves_and_one_is_left(ada: Visitor, accounts: Accounts) -> None:
    number = (await accounts.list_people())[0].id
    for action, form in (
        ("change", {"role": "viewer"}),
        ("change", {"is_active": "no"}),
        ("remove", {}),
        ("password", {"password": NEW}),
    ):
        assert (await ada.form("/people", f"/people/{number}/{action}", **form)).status_code == 409, action
    for action in ("change", "remove", "password"):
        answer = await ada.form("/people", f"/people/{2**70}/{action}", password=NEW, is_active="no")
        assert answer.status_code == 404


async def test_a_token_is_made_shown_once_and_revoked(ada: Visitor, comes: Comes) -> None:
    form = {"name": "grafana <b>", "role": "viewer", "organization_id": "", "span": "30"}
    made = await ada.form("/people", "/people/tokens/add", **form)
    token = re.search(r"ajt_[\w-]+", made.text)

    assert (made.status_code, token is not None) == (201, True)
    assert token is not None
    page = await ada.get("/people")
    assert (token[0] in page.text, "grafana &lt;b&gt;" in page.text) == (False, True)
    assert (await comes(address="203.0.113.9", token=token[0]).get("/api/queues")).status_code == 200
    assert (await ada.form("/people", "/people/tokens/add", **form)).status_code == 409
    assert (await ada.form("/people", "/people/tokens/add", **{**form, "span": "7"})).status_code == 400
    assert (await ada.form("/people", "/people/tokens/revoke", name="grafana <b>")).status_code == 303
    assert (await comes(address="203.0.113.9", token=token[0]).get("/api/queues")).status_code == 401
    assert (await ada.form("/people", "/people/tokens/revoke", name="grafana <b>")).status_code == 404


async def test_one_changes_one_s_password_with_the_one_before_and_the_others_end(ada: Visitor, comes: Comes) -> None:
    other = comes()
    await other.sign_in("ada")
    page, path = "/account", "/account/password"
    for before, new, again, words in (
        ("wrong", NEW, NEW, "not your password"),
        (PASSWORD, NEW, "another", "not the same twice"),
        (PASSWORD, "short", "short", "12 characters"),
        (PASSWORD, "this is ada's own one", "this is ada's own one", ""),
    )[:3]:
        answer = await ada.form(page, path, password=before, new=new, again=again)
        assert (answer.status_code, words in told(answer)) == (422, True), told(answer)
    assert (await ada.form(page, path, password=PASSWORD, new=NEW, again=NEW)).status_code == 303

    assert (await ada.get("/account")).status_code == 200
    assert (await other.get("/account")).status_code == 303
    assert (await comes().sign_in("ada", NEW)).status_code == 303


async def test_people_of_an_organization_change_theirs_too(comes: Comes, add_person: Added) -> None:
    await add_person("ben", Role.VIEWER, "org-7")
    ben = comes()
    await ben.sign_in("ben")
    assert (await ben.form("/account", "/account/password", password=PASSWORD, new=NEW, again=NEW)).status_code == 303
    assert (await comes().sign_in("ben", NEW)).status_code == 303


async def test_guessing_one_s_password_in_a_session_is_slowed_down_too(ada: Visitor) -> None:
    for _ in range(5):
        assert "not your password" in told(
            await ada.form("/account", "/account/password", password="x", new=NEW, again=NEW)
        )
    answer = await ada.form("/account", "/account/password", password=PASSWORD, new=NEW, again=NEW)
    assert "Too many attempts" in told(answer)


async def test_one_sees_and_ends_one_s_sessions_and_nobody_else_s(
    ada: Visitor, comes: Comes, add_person: Added, connection: psycopg.Connection[Any]
) -> None:
    await add_person("eve", Role.ADMIN)
    eve, phone = comes(), comes(address="203.0.113.9")
    await eve.sign_in("eve")
    phone.client.headers["User-Agent"] = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"
    )
    await phone.sign_in("ada")
    page = (await ada.get("/account")).text
    assert ("Safari on iPhone" in page, "203.0.113.9" in page, page.count("this one")) == (True, True, 1)
    (number,) = connection.execute("SELECT id FROM advisorjobs_sessions WHERE address = '203.0.113.9'").fetchone() or (
        0,
    )

    assert (await eve.form("/account", f"/account/sessions/{number}/end")).status_code == 404
    assert (await ada.form("/account", f"/account/sessions/{number}/end")).status_code == 303
    assert (await phone.get("/account")).status_code == 303
    await phone.sign_in("ada")
    await ada.form("/account", "/account/sessions/end-others")
    assert [(await each.get("/account")).status_code for each in (phone, ada, eve)] == [303, 200, 200]


async def test_a_program_is_nobody_on_the_page_of_an_account(comes: Comes) -> None:
    page = await comes().get("/account")
    assert ("not at all" in page.text, "Sign out" in page.text) == (True, False)


def test_browsers_are_called_by_their_names() -> None:
    windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"
    assert [browser_words(each) for each in (windows, "curl/8.5", None, "<b>")] == [
        "Edge on Windows", "curl", "unknown browser", "unknown browser",
    ]  # fmt: skip
