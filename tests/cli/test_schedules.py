"""`advisorjobs schedules`: seen and changed by people at a terminal, and by machines."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.cli.schedule_finding import schedules as doctor
from advisorjobs.cli.schedule_options import moment, span
from advisorjobs.cli.schedule_texts import local_time
from advisorjobs.errors import SettingsError
from tests.fixtures.apps import Program, last_json
from tests.fixtures.terminals import Terminal, plain

Connection = psycopg.Connection[Any]
Schedules = Callable[..., subprocess.CompletedProcess[str]]
PAYLOAD = '{"organizationId": "org-7", "documentId": "doc-1"}'
NIGHTLY = (
    "add",
    "document:ocr",
    "30 2 * * *",
    "--timezone",
    "America/New_York",
    "--payload",
    PAYLOAD,
    "--key",
    "nightly",
)


@pytest.fixture
def schedules(app: App, run_python: Program) -> Schedules:
    """`advisorjobs schedules` on a database that knows the job types."""
    return lambda *arguments, **environment: run_python(
        "-m", "advisorjobs", "schedules", *arguments, **{"TZ": "UTC", **environment}
    )


def test_a_schedule_is_added_listed_shown_and_removed(schedules: Schedules) -> None:
    done = schedules(*NIGHTLY, "--by", "ada", "--jitter", "5min", "--overlap", "skip")
    assert done.stdout.startswith("schedule nightly: next run 20"), done.stderr
    assert done.stdout.rstrip()[-6:] in ("-05:00", "-04:00")
    (line,) = (line for line in schedules("list").stdout.splitlines() if line.startswith("nightly "))
    assert "30 2 * * *" in line
    assert "America/New_York" in line
    shown = schedules("show", "nightly", "--runs", "3").stdout
    assert "payload       document_id, organization_id" in shown
    assert "doc-1" not in shown
    assert shown.count("\nnext   ") == 3
    assert "by ada" in shown
    assert schedules("remove", "nightly").stdout == "schedule nightly is removed\n"
    assert schedules("list").stdout == "no schedules\n"


def test_machines_get_the_same(schedules: Schedules) -> None:
    schedules(*NIGHTLY)
    listed = last_json(schedules("list", "--json"))
    shown = last_json(schedules("show", "nightly", "--json"))
    assert isinstance(listed, dict)
    assert isinstance(shown, dict)
    assert (listed["key"], listed["organization_id"], listed["cron"]) == ("nightly", "org-7", "30 2 * * *")
    assert listed["payload_fields"] == ["document_id", "organization_id"]
    assert len(shown["upcoming"]) == 5
    assert shown["past"] == []


def test_it_is_paused_resumed_and_run(schedules: Schedules, connection: Connection) -> None:
    schedules(*NIGHTLY, "--overlap", "skip")
    assert schedules("pause", "nightly", "--reason", "closed", "--by", "ada").stdout.endswith("until it is resumed\n")
    listed = schedules("list").stdout
    assert "nightly: paused by ada 2" in listed
    assert ": closed" in listed
    assert schedules("resume", "nightly").stdout == "schedule nightly goes on\n"
    assert schedules("resume", "nightly").stdout == "schedule nightly was not paused\n"
    assert schedules("run", "nightly").stdout.endswith("waits to run\n")
    again = schedules("run", "nightly")
    assert again.returncode == 2
    assert "still waits or runs, and its overlap policy is skip" in again.stderr
    assert "queued, asked for job" in schedules("show", "nightly").stdout
    assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)


def test_a_broken_one_says_why(schedules: Schedules, connection: Connection) -> None:
    schedules(*NIGHTLY)
    connection.execute("UPDATE advisorjobs_schedules SET broken = 'the hour field is odd', look_at = NULL")
    listed = schedules("list").stdout
    assert "nightly: broken: the hour field is odd; put it right with `advisorjobs schedules add`" in listed


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_list_fits_the_terminal_and_keeps_key_and_next_run(
    app: App, terminal: Terminal, schedules: Schedules, columns: int
) -> None:
    schedules(*NIGHTLY)
    heading, line = plain(terminal("schedules", "list", columns=columns)).splitlines()

    assert heading.split()[0] == "key"
    assert line.startswith("nightly ")
    assert ":00 -0" in line or ":30 -0" in line
    assert max(len(heading), len(line)) <= columns


def test_doctor_says_which_do_not_go_on(schedules: Schedules, connection: Connection) -> None:
    assert [(each.state, each.what) for each in doctor(connection)] == [("ok", "all schedules go on")]
    schedules(*NIGHTLY)
    schedules(*NIGHTLY[:-1], "late")
    connection.execute("UPDATE advisorjobs_schedules SET broken = 'odd', look_at = NULL WHERE key = 'nightly'")
    connection.execute("UPDATE advisorjobs_schedules SET look_at = now() - interval '1 hour' WHERE key = 'late'")
    assert [(each.state, each.what, each.value) for each in doctor(connection)] == [
        ("wrong", "no worker can make anything of schedule nightly", ["nightly"]),
        ("wrong", "nobody looks at what is due: schedule late", ["late"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "document:ocr", "61 * * * *", "--payload", PAYLOAD), "the minute field '61' can't be read"),
        (
            ("add", "document:ocr", "@daily", "--payload", PAYLOAD, "--timezone", "Berlin"),
            "did you mean Europe/Berlin?",
        ),
        (("add", "document:ocr", "@daily", "--payload", "{}"), "document_id"),
        (("add", "document:ocr", "@daily", "--payload", "nonsense"), "--payload='nonsense' can't be used: is no JSON"),
        (("add", "document:ocr", "@daily", "--payload", "[]"), "must be a JSON object"),
        (("add", "document:ocr", "--every", "5 fortnights", "--payload", PAYLOAD), "must be a number with its unit"),
        (("add", "document:orc", "@daily", "--payload", PAYLOAD), "did you mean"),
        (("show", "nightyl"), "there is no schedule 'nightyl': there are none"),
        (("pause", "nightyl"), "there is no schedule 'nightyl'"),
    ],
)
def test_a_mistake_is_one_line_and_wrong_use(schedules: Schedules, arguments: tuple[str, ...], said: str) -> None:
    done = schedules(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_dry_run_shows_the_next_runs_and_changes_nothing(schedules: Schedules) -> None:
    done = schedules(
        "add", "document:ocr", "*/15 * * * *", "--dry-run", "--timezone", "Australia/Lord_Howe", "--payload", PAYLOAD
    )
    assert len(done.stdout.splitlines()) == 10
    assert schedules("list").stdout == "no schedules\n"


@pytest.mark.parametrize(
    ("job", "said"), [("document:orc", "did you mean 'document:ocr'?"), ("document:ocr", "document_id: Field required")]
)
def test_a_dry_run_refuses_what_could_not_be_put(schedules: Schedules, job: str, said: str) -> None:
    done = schedules("add", job, "0 9 * * *", "--dry-run")
    assert done.returncode == 2
    assert said in done.stderr


def test_the_examples_of_add_are_right(schedules: Schedules) -> None:
    shown = schedules("add", "--help").stdout.partition("Examples:\n")[2].partition("\n\n")[0]
    examples = " ".join(shown.split()).split("advisorjobs schedules ")[1:]
    assert len(examples) == 2

    for example in examples:
        assert schedules(*shlex.split(example), "--dry-run").returncode == 0


def test_spans_and_moments_are_read() -> None:
    assert (span("x", "90s"), span("x", "1.5 h"), span("x", None)) == (
        timedelta(seconds=90),
        timedelta(minutes=90),
        None,
    )
    at = moment("x", "2026-07-01 08:00", "Europe/Berlin")
    assert at is not None
    assert at.astimezone(UTC) == datetime(2026, 7, 1, 6, tzinfo=UTC)
    assert local_time(at) == "2026-07-01 08:00 +02:00"
    with pytest.raises(SettingsError, match="must be a date and time"):
        moment("--start", "tomorrow", "UTC")


def test_json_has_one_object_a_line(schedules: Schedules) -> None:
    schedules(*NIGHTLY)
    schedules(*NIGHTLY[:-1], "other")
    assert [json.loads(line)["key"] for line in schedules("list", "--json").stdout.splitlines()] == ["nightly", "other"]
