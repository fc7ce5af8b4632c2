"""`advisorjobs people` and `tokens`: who may come, from a terminal; and where the dashboard may listen without anybody."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.cli.main import run
from advisorjobs.proxy_settings import PublicUrl
from advisorjobs.web.access.accounts import Accounts
from advisorjobs.web.access.door import OpenDoor, check_door
from advisorjobs.web.access.person import Role
from advisorjobs.web.access.secrets import digest
from tests.fixtures.apps import Program
from tests.fixtures.visitors import PASSWORD, Added, Comes


@dataclass
class Ran:
    status: int
    said: str
    error: str


Command = Callable[..., Ran]


@pytest.fixture
def command(the_process: App, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Runs a command in this process, with *given* on its standard input."""

    def run_it(*arguments: str, given: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        capsys.readouterr()
        status = run(arguments)
        shown = capsys.readouterr()
        return Ran(status, shown.out, shown.err)

    return run_it


async def test_a_person_who_is_added_signs_in_and_is_changed(
    command: Command, comes: Comes, connection: psycopg.Connection[Any]
) -> None:
    added = command("people", "add", "Ada", "--role", "admin", "--stdin", "--by", "root", given=f"{PASSWORD}\n")
    assert (added.status, added.said) == (0, "Ada may sign in as admin\n"), added.error
    assert PASSWORD not in str(connection.execute("SELECT p::text FROM advisorjobs_people p").fetchall())
    browser = comes()
    assert (await browser.sign_in("ada")).status_code == 303
    assert (await browser.get("/people")).status_code == 200

    (listed,) = map(json.loads, command("people", "list", "--json").said.splitlines())
    assert {
        "name": "Ada",
        "role": "admin",
        "organization_id": None,
        "is_active": True,
        "created_by": "root",
    }.items() <= listed.items()
    assert "password" not in listed
    assert command("people", "role", "ADA", "viewer", "--organization", "org-7").status == 0
    assert (await browser.get("/people")).status_code == 403
    assert command("people", "password", "ada", "--stdin", given="another good password\n").status == 0
    assert (await browser.get("/account")).status_code == 303
    assert (await comes().sign_in("ada", "another good password")).status_code == 303
    assert command("people", "deactivate", "ada").status == 0
    assert (await comes().sign_in("ada", "another good password")).status_code == 422
    assert "deactivated" in command("people", "list").said
    assert command("people", "activate", "ada").status == 0
    assert command("people", "remove", "ada").said == "ada is removed\n"
    assert command("people", "list").said == "nobody: everybody at this machine is admin\n"


def test_what_cant_be_is_refused_in_a_line(command: Command) -> None:
    for arguments, given, status, said in (
        (("people", "add", "ada", "--stdin"), "short\n", 2, "12 characters"),
        (("people", "add", "ada-lovelace", "--stdin"), "my ada-lovelace password\n", 2, "must not contain the name"),
        (("people", "add", "ada", "--role", "chief", "--stdin"), f"{PASSWORD}\n", 2, "is no role"),
        (
            ("people", "add", "ada", "--role", "admin", "--organization", "o", "--stdin"),
            f"{PASSWORD}\n",
            2,
            "everybody's",
        ),
        (("people", "add", " ", "--stdin"), f"{PASSWORD}\n", 2, "must be a name"),
        (("people", "password", "nobody", "--stdin"), f"{PASSWORD}\n", 1, "there is no person"),
        (("tokens", "revoke", "none"), "", 1, "there is no token"),
        (("tokens", "add", "x", "--until", "soon"), "", 2, "--until"),
    ):
        ran = command(*arguments, given=given)
        assert (ran.status, ran.said, ran.error.count("\n")) == (status, "", 1), ran.error
        assert said in ran.error
        assert given.strip() == "" or given.strip() not in ran.error


async def test_a_name_is_taken_whatever_its_capitals_and_an_other_person_is_not(
    command: Command, add_person: Added, accounts: Accounts
) -> None:
    await add_person("Ada")
    ran = command("people", "add", "ADA", "--stdin", given=f"{PASSWORD}\n")
    assert (ran.status, "is taken" in ran.error) == (2, True)
    other = await accounts.put_provider_person("ada", "https://login.example", "sub-1", Role.VIEWER, None)
    assert other is not None
    password = command("people", "password", "ada", "--stdin", given="another good password\n")
    assert password.status == 0
    assert command("people", "deactivate", "ada").status == 0
    assert [each.is_active for each in await accounts.list_people()] == [False, False]


async def test_a_token_is_shown_once_used_and_revoked(
    command: Command, comes: Comes, connection: psycopg.Connection[Any]
) -> None:
    token = command("tokens", "add", "grafana", "--until", "30d").said.strip()
    assert token.startswith("ajt_")
    assert connection.execute("SELECT token_hash FROM advisorjobs_tokens").fetchone() == (digest(token),)
    assert (await comes(address="203.0.113.9", token=token).get("/api/queues")).status_code == 200
    (listed,) = map(json.loads, command("tokens", "list", "--json").said.splitlines())
    assert {"name": "grafana", "role": "viewer", "is_expired": False}.items() <= listed.items()
    assert token not in str(listed)
    assert command("tokens", "add", "grafana").status == 2
    assert command("tokens", "revoke", "grafana").status == 0
    assert (await comes(address="203.0.113.9", token=token).get("/api/queues")).status_code == 401


def test_the_dashboard_listens_elsewhere_only_with_a_sign_in(run_python: Program) -> None:
    ran = run_python("-m", "advisorjobs", "dashboard", "--host", "0.0.0.0", "--port", "1")

    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1), ran.stderr
    assert "advisorjobs people add NAME --role admin" in ran.stderr


def test_where_it_may_listen() -> None:
    for host in ("127.0.0.1", "::1", "localhost"):
        check_door(host, can_sign_in=False, production=False)
        with pytest.raises(OpenDoor, match="production"):
            check_door(host, can_sign_in=False, production=True)
    for host in ("0.0.0.0", "::", "10.0.0.1", "jobs.example"):
        check_door(host, can_sign_in=True, production=True)
        with pytest.raises(OpenDoor, match="advisorjobs webhooks"):
            check_door(host, can_sign_in=False, production=False)
    public, here = PublicUrl("https", "jobs.example"), PublicUrl("http", "localhost:8080")
    check_door("127.0.0.1", can_sign_in=False, production=False, public=here)
    check_door("127.0.0.1", can_sign_in=True, production=False, public=public)
    with pytest.raises(OpenDoor, match=r"https://jobs\.example/ is for others"):
        check_door("127.0.0.1", can_sign_in=False, production=False, public=public)
