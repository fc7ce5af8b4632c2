"""`advisorjobs queues`: seen and changed by people at a terminal, and by machines."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.cli.in_force import InForce
from advisorjobs.limits import Change, OrganizationRule
from tests.fixtures.apps import Program, last_json
from tests.fixtures.clusters import free_port

Connection = psycopg.Connection[Any]
Queues = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def queues(app: App, run_python: Program) -> Queues:
    """`advisorjobs queues` on a database that knows the queue table."""
    return lambda *arguments, **environment: run_python(
        "-m", "advisorjobs", "queues", *arguments, **{"TZ": "UTC", **environment}
    )


def test_a_limit_is_set_and_shown_with_who_and_why(queues: Queues) -> None:
    done = queues("limit", "emails", "--rate", "200/min", "--running", "20", "--why", "newsletter", "--by", "ada")
    assert done.returncode == 0, done.stderr
    assert "queue emails: rate limit 200 / min, running 20," in done.stdout

    shown = queues("show")
    emails = [line.split() for line in shown.stdout.splitlines() if line.startswith("emails ")]
    assert emails[0][3:7] == ["200", "/", "min", "*"]
    assert emails[1] == ["emails", "20", "–", "–", "fair", "open"]
    assert "* emails rate limit: changed by ada 2" in shown.stdout
    assert ": newsletter" in shown.stdout
    assert shown.stderr == ""


def test_where_nothing_is_changed_only_the_table_is_shown(queues: Queues) -> None:
    assert len(queues("show").stdout.splitlines()) == 10


def test_a_queue_goes_back_to_the_table(queues: Queues) -> None:
    queues("limit", "emails", "--rate", "none", "--no-fair")
    done = queues("limit", "emails", "--default")

    assert done.stdout.startswith("queue emails: rate limit 100 / min, running –,")
    assert "(as the queue table says)" in done.stdout


def test_an_organization_and_a_key_have_limits_of_their_own(queues: Queues) -> None:
    queues("limit", "emails", "--organization", "org-7", "--weight", "4", "--by", "ada")
    queues("limit", "--organization", "org-8", "--rate", "5/10s")
    queues("limit", "--key", "stripe", "--running", "2")
    lines = queues("show").stdout.splitlines()

    assert any(line.startswith("organization org-7 in queue emails: weight 4 (changed by ada") for line in lines)
    assert any(line.startswith("organization org-8 in every queue: rate limit 5 / 10 s (changed by") for line in lines)
    assert any(line.startswith("key stripe: running 2 (changed by") for line in lines)
    assert queues("limit", "--key", "stripe", "--default").stdout == "key stripe: no limits of its own\n"
    left = queues("limit", "emails", "--organization", "org-7", "--default").stdout
    assert left == "organization org-7, queue emails: no limits of its own\n"


def test_a_queue_and_an_organization_are_paused_and_resumed(queues: Queues) -> None:
    done = queues("pause", "emails", "--until", "2096-12-01T08:00+00:00", "--reason", "moving", "--by", "ada")
    assert done.stdout == "queue emails is paused until 2096-12-01 08:00 UTC\n"
    assert queues("pause", "--organization", "org-7").stdout.endswith("in every queue is paused until it is resumed\n")

    shown = queues("show", "emails").stdout
    assert "queue emails: paused since 2" in shown
    assert " until 2096-12-01 08:00 by ada: moving" in shown
    assert "organization org-7: paused since" in shown
    assert queues("resume", "emails").stdout == "queue emails goes on\n"
    assert queues("resume", "emails").stdout == "queue emails was not paused\n"


def test_machines_get_the_same(queues: Queues) -> None:
    limited = last_json(queues("limit", "emails", "--rate", "none", "--running", "3", "--by", "ada", "--json"))
    assert isinstance(limited, dict)
    assert (limited["rate"], limited["running"]) == (
        {"value": None, "origin": "changed"},
        {"value": 3, "origin": "changed"},
    )
    assert limited["change"]["by"] == "ada"
    paused = last_json(queues("pause", "emails", "--organization", "org-7", "--json"))
    assert isinstance(paused, dict)
    assert (paused["queue"], paused["organization_id"], paused["was_paused"]) == ("emails", "org-7", False)

    first, second = map(json.loads, queues("show", "emails", "--json").stdout.splitlines())
    assert first["queue"] == "emails"
    assert (first["slots"]["value"], first["timeout"]["value"]) == (10, 30.0)
    assert first["rate_limit"]["value"] is None
    assert first["rate_limit"]["origin"].startswith("changed by ada")
    assert first["limits"] == limited
    assert second["pause"]["organization_id"] == "org-7"
    resumed = last_json(queues("resume", "emails", "--organization", "org-7", "--json"))
    assert resumed == {"queue": "emails", "organization_id": "org-7", "was_paused": True}


@pytest.mark.parametrize("arguments", [["show"], ["show", "emails", "--json"]])
def test_without_a_database_the_table_is_shown_and_that_is_said(run_python: Program, arguments: list[str]) -> None:
    nowhere = f"postgresql://127.0.0.1:{free_port()}/firm"
    done = run_python("-m", "advisorjobs", "queues", *arguments, DATABASE_URL=nowhere)

    assert done.returncode == 0
    assert "emails" in done.stdout
    assert "100" in done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("advisorjobs: rate limits are the queue table's, as no database could be asked (")


def test_a_queue_that_only_the_database_knows_is_shown_and_paused(queues: Queues, connection: Connection) -> None:
    connection.execute("INSERT INTO job_types (name, queue, fields) VALUES ('practice:post', 'letters', '{}')")

    assert queues("pause", "letters").returncode == 0
    assert "queue letters: paused since" in queues("show", "letters").stdout
    assert "queue letters: paused since" in queues("show").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pause", "emials"], "there is no queue 'emials': did you mean 'emails'?"),
        (["pause"], "name a queue, or an organization with --organization, or both."),
        (["pause", "emails", "--until", "tomorrow"], "--until='tomorrow' can't be used: must be a date and time"),
        (["pause", "emails", "--until", "2020-01-01"], "until: must lie in the future, got 2020-01-01"),
        (["resume", "emials"], "did you mean 'emails'?"),
        (["limit", "emials", "--running", "1"], "there is no queue 'emials': did you mean 'emails'?"),
        (["limit"], "name a queue, --organization or --key."),
        (["limit", "emails"], "name one, or --default to take all back."),
        (["limit", "emails", "--running", "0"], "running=0 can't be used: must be a whole number, 1 or more, or none"),
        (["limit", "emails", "--rate", "fast"], "rate='fast' can't be used: must be starts per time, such as 20/s"),
        (["limit", "emails", "--weight", "4"], "Invalid value for --weight: it can't be set here"),
        (["limit", "emails", "--default", "--running", "1"], "it takes everything back"),
        (["limit", "emails", "--key", "stripe"], "a key has one limit over all queues and organizations."),
        (["limit", "emails", "--rat", "1/s"], "No such option: --rat"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(queues: Queues, arguments: list[str], words: str) -> None:
    done = queues(*arguments)

    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert words in line
    assert done.returncode == 2


@pytest.mark.parametrize("command", ["pause", "resume", "limit"])
def test_help_has_examples(run_python: Program, command: str) -> None:
    assert (
        f"\n    advisorjobs queues {command} emails"
        in run_python("-m", "advisorjobs", "queues", command, "--help").stdout
    )


def test_of_many_organizations_rules_the_first_are_listed() -> None:
    change = Change(datetime.now().astimezone(), None, None)
    rules = tuple(
        OrganizationRule(organization_id=f"o{n}", queue=None, weight=2, rate=None, running=None, change=change)
        for n in range(25)
    )
    everything = InForce({}, (), rules, ())

    assert [*everything.lines(all_rules=False)][20:] == [
        "… and rules of 5 more organizations: name a queue, or use --json"
    ]
    assert len([*everything.lines(all_rules=True)]) == 25
