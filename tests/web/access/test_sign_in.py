"""Signing in with a password: who gets in, what a session is worth, and how guessing is slowed down."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.attempts import LIMITS
from advisorjobs.web.access.person import Role
from advisorjobs.web.access.way_back import is_way
from tests.fixtures.visitors import PASSWORD, Added, Comes


async def test_whoever_signs_in_gets_where_they_wanted_to(comes: Comes, add_person: Added) -> None:
    await add_person("Ada@Example.com", Role.OPERATOR)
    browser = comes("https://jobs.example", "203.0.113.9")
    sent = await browser.get("/people?after=3")
    there = sent.headers["location"]
    form = await browser.get(there)
    answer = await browser.form(there, "/sign-in", name=" ada@example.COM ", password=PASSWORD, next="/account?x=1")

    assert (sent.status_code, there) == (303, "/sign-in?next=%2Fpeople%3Fafter%3D3")
    assert 'value="/people?after=3"' in form.text
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?x=1")
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("__Host-advisorjobs="))
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; ")[1:])
    assert "Domain" not in cookie
    page = await browser.get("/account")
    assert (page.status_code, "Ada@Example.com" in page.text) == (200, True)


async def test_nobody_is_led_elsewhere(comes: Comes, add_person: Added) -> None:
    await add_person("ada")
    assert (await comes().sign_in("ada", next="https://evil.example/")).headers["location"] == "/"
    elsewhere = (
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/ x",
        "",
        "/%2e/" * 500,
    )
    assert not any(is_way(each, "/") for each in elsewhere)
    assert is_way("/jobs?state=failed&after=%2F3", "/")
    assert is_way("/prefix/jobs", "/prefix/")
    assert not any(is_way(each, "/prefix/") for each in ("/jobs", "/prefix/../jobs", "/prefix.evil.example"))


async def test_a_wrong_password_an_unknown_name_and_a_deactivated_person_are_told_the_same(
    comes: Comes, add_person: Added, accounts: Accounts
) -> None:
    await add_person("ada")
    gone = await add_person("gone")
    await accounts.change_person(gone, is_active=False, by="x")
    told = set()
    for name, password in (
        ("ada", "wrong"),
        ("nobody", PASSWORD),
        ("gone", PASSWORD),
        ("ada", ""),
        ("ada\0x", PASSWORD),
    ):
        browser = comes()
        answer = await browser.sign_in(name, password)
        assert "advisorjobs" not in browser.client.cookies
        told.add((answer.status_code, answer.text.partition('role="alert">')[2].partition("<")[0]))
    assert told == {(422, "Name and password don&#39;t belong together.")}


async def test_an_unknown_name_costs_a_look_at_a_password_too(
    comes: Comes, add_person: Added, monkeypatch: pytest.MonkeyPatch
) -> None:
    from advisorjobs.web.access import passwords

    await add_person("ada")
    looked: list[str] = []
    hasher = passwords._HASHER

    class Watched:
        hash = staticmethod(hasher.hash)

        def verify(self, password_hash: str, password: str) -> bool:
            looked.append(password_hash)
            return hasher.verify(password_hash, password)

    monkeypatch.setattr(passwords, "_HASHER", Watched())
    await comes().sign_in("nobody", "wrong")
    await comes().sign_in("ada", "wrong")

    assert len(looked) == 2
    assert [each.split("$")[1:4] for each in looked] == [looked[0].split("$")[1:4]] * 2  # of the same cost


async def test_a_session_begins_with_a_new_secret_and_ends_the_one_before(
    comes: Comes, add_person: Added, connection: psycopg.Connection[Any]
) -> None:
    await add_person("ada")
    browser, thief = comes(), comes()
    await browser.sign_in("ada")
    first = browser.client.cookies["advisorjobs"]
    thief.client.cookies.set("advisorjobs", first, domain="127.0.0.1")
    assert (await thief.get("/account")).status_code == 200
    token = await browser.csrf("/account")
    await browser.client.post("/sign-in", data={"csrf": token, "name": "ada", "password": PASSWORD})
    second = browser.client.cookies["advisorjobs"]

    assert second != first
    assert (await thief.get("/account")).status_code == 303
    kept = connection.execute("SELECT token_hash, s::text FROM advisorjobs_sessions s").fetchall()
    assert len(kept) == 1
    assert second not in str(kept)


async def test_a_chosen_cookie_is_not_taken_over(comes: Comes, add_person: Added) -> None:
    await add_person("ada")
    browser = comes()
    browser.client.cookies.set("advisorjobs", "chosen-by-the-attacker", domain="127.0.0.1")
    await browser.sign_in("ada")

    assert browser.client.cookies["advisorjobs"] != "chosen-by-the-attacker"


async def test_who_signs_out_is_out(comes: Comes, add_person: Added) -> None:
    await add_person("ada")
    browser, copied = comes(), comes()
    await browser.sign_in("ada")
    copied.client.cookies.set("advisorjobs", browser.client.cookies["advisorjobs"], domain="127.0.0.1")
    out = await browser.form("/account", "/sign-out")

    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert (await browser.get("/account")).status_code == 303
    assert (await copied.get("/account")).status_code == 303


async def test_a_session_ends_when_it_is_idle_and_at_its_limit(
    comes: Comes, add_person: Added, connection: psycopg.Connection[Any]
) -> None:
    await add_person("ada")
    for change in ("seen_at = now() - interval '2 hours 1 second'", "expires_at = now() - interval '1 second'"):
        browser = comes()
        await browser.sign_in("ada")
        assert (await browser.get("/account")).status_code == 200
        connection.execute(f"UPDATE advisorjobs_sessions SET {change}")
        assert (await browser.get("/account")).status_code == 303


async def test_being_seen_keeps_a_session(comes: Comes, add_person: Added, connection: psycopg.Connection[Any]) -> None:
    await add_person("ada")
    browser = comes()
    await browser.sign_in("ada")
    connection.execute("UPDATE advisorjobs_sessions SET seen_at = now() - interval '119 minutes'")
    seen = "SELECT seen_at > now() - interval '1 minute' FROM advisorjobs_sessions"
    for by_itself in ({"X_Unattended": "yes"}, {"Accept": "text/event-stream"}):
        assert (await browser.get("/account", **by_itself)).status_code == 200
        assert connection.execute(seen).fetchone() == (False,)
    await browser.get("/account")

    assert connection.execute(seen).fetchone() == (True,)


async def test_guesses_are_slowed_down_over_all_processes(
    comes: Comes, add_person: Added, connection: psycopg.Connection[Any]
) -> None:
    await add_person("ada")
    for _ in range(LIMITS[0]):
        assert (await comes(address="203.0.113.5").sign_in("ada", "wrong")).status_code == 422
    held = await comes(address="203.0.113.5").sign_in("ADA")

    assert held.status_code == 429
    assert 800 < int(held.headers["retry-after"]) <= 901
    assert (await comes(address="203.0.113.6").sign_in("ada")).status_code == 303  # who is elsewhere isn't kept out
    connection.execute("UPDATE advisorjobs_sign_in_attempts SET since = since - interval '16 minutes'")
    assert (await comes(address="203.0.113.5").sign_in("ada")).status_code == 303


async def test_an_address_that_tries_many_names_is_held_and_so_is_a_name_tried_from_many(accounts: Accounts) -> None:
    for number in range(LIMITS[1]):
        assert await accounts.note_attempt(f"name-{number}", "2001:db8::1") is None
    assert await accounts.note_attempt("another", "2001:db8::ffff") is not None  # one customer's network
    for number in range(LIMITS[2]):
        assert await accounts.note_attempt("ada", f"203.0.113.{number}") is None
    assert await accounts.note_attempt("ada", "198.51.100.1") is not None
    assert await accounts.note_attempt("bob", "198.51.100.1") is None


async def test_what_is_typed_as_a_name_is_not_kept(
    comes: Comes, connection: psycopg.Connection[Any], add_person: Added
) -> None:
    await add_person("ada")
    await comes().sign_in("my password by mistake", "x")
    assert "mistake" not in str(connection.execute("SELECT scope FROM advisorjobs_sign_in_attempts").fetchall())


async def test_a_role_that_is_taken_away_is_gone_at_once(comes: Comes, add_person: Added, accounts: Accounts) -> None:
    number = await add_person("ada", Role.ADMIN)
    browser = comes()
    await browser.sign_in("ada")
    assert (await browser.get("/people")).status_code == 200
    await accounts.change_person(number, role=Role.VIEWER, by="x")
    assert (await browser.get("/people")).status_code == 403
    await accounts.change_person(number, is_active=False, by="x")
    assert (await browser.get("/account")).status_code == 303
