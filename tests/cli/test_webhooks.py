"""`advisorjobs webhooks secret`: an account is connected by it, and its webhooks are taken then."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.fixtures.webhooks import Desk, stripe_body


@pytest.fixture
def secret(web: Desk, database: str, settings: Any) -> Any:
    def run(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "advisorjobs", "webhooks", "secret", *arguments],
            env={"DATABASE_URL": database, "ADVISORJOBS_DATA_DIR": str(settings.data_dir)},
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_secret_that_was_made_verifies_at_the_path_that_is_printed(web: Desk, secret: Any) -> None:
    ran = secret("org-1", "custom", "timesheet", "--client", web.practice.client)
    assert ran.returncode == 0, ran.stderr
    path, made = ran.stdout.splitlines()

    assert path == "/webhooks/timesheet"
    assert web.sender.custom("timesheet", "{}", made).status_code == 200
    newer = secret("org-1", "custom", "timesheet", "--only").stdout.splitlines()[1]
    assert web.sender.custom("timesheet", "{}", newer, "msg_2").status_code == 200
    assert web.sender.custom("timesheet", "{}", made, "msg_3").status_code == 401
    assert made not in str(web.practice.rows("SELECT secrets FROM practice_connections"))


def test_a_services_secret_is_read_and_not_shown(web: Desk, secret: Any) -> None:
    theirs = "whsec_" + "7" * 32
    ran = secret("org-1", "stripe", "acct_New", "--stdin", given=f"{theirs}\n")

    assert (ran.returncode, ran.stdout) == (0, "/webhooks/stripe/acct_New\n"), ran.stderr
    assert web.sender.stripe(stripe_body(), theirs, path="/webhooks/stripe/acct_New").status_code == 200


def test_what_cant_be_connected_is_refused_in_a_line(secret: Any) -> None:
    for arguments, given in (
        (("org-1", "paypal", "x"), ""),
        (("org-1", "stripe", "acct_1"), ""),
        (("org-1", "custom", "stripe"), ""),
        (("org-1", "stripe", "acct_1", "--stdin"), "short"),
        (("org-1", "custom", "crm", "--stdin"), "no base64 that anybody knows"),
    ):
        ran = secret(*arguments, given=given)
        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1), ran.stderr
        assert "short" not in ran.stderr
