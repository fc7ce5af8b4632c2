"""`advisorjobs stats`, and commands that change many jobs, at a terminal and for machines."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from advisorjobs.application import App
from advisorjobs.cli.stats_table import age, stats_table
from advisorjobs.manager import QueueManager
from advisorjobs.pauses import Pause
from advisorjobs.queue_stats import QueueStats
from advisorjobs.queues import RateLimit
from tests.fixtures.apps import Program, last_json
from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for

FAILED = {"status": "failed", "final": True, "error_code": "network"}
Command = Callable[..., subprocess.CompletedProcess[str]]
PAUSE = Pause(
    queue="emails",
    organization_id=None,
    since=datetime(2026, 1, 1, tzinfo=UTC),
    until=None,
    reason="moving",
    paused_by=None,
)
FULL = QueueStats(
    queue="document-processing",
    waiting=1_234_567,
    active=8,
    completed=10_000_000,
    failed=3,
    delayed=200_000,
    paused=1_234_567,
    is_paused=True,
    pause=PAUSE,
    rate=RateLimit(20, timedelta(seconds=1)),
    oldest_waiting_at=datetime(2026, 1, 1, tzinfo=UTC),
)


@pytest.fixture
def advisorjobs(app: App, run_python: Program) -> Command:
    """The command line on a database that knows the queue table."""
    return lambda *arguments: run_python("-m", "advisorjobs", *arguments)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_the_table_fits_every_width(width: int) -> None:
    console = Console(width=width, no_color=True)
    with console.capture() as captured:
        console.print(stats_table([FULL, QueueStats(queue="emails")], width))
    lines = captured.get().splitlines()
    assert len(lines) == 3
    assert "1,234,567" in lines[1]
    assert ("paused" in lines[1]) is (width > 40)
    assert max(map(len, lines)) <= width


def test_where_not_all_queues_have_room_those_with_work_are_shown() -> None:
    quiet = [QueueStats(queue=f"quiet-{n}") for n in range(20)]
    shown = stats_table([*quiet, FULL], 100, 6)
    assert shown.row_count == 5
    assert [str(cell) for cell in shown.columns[0].cells][-1] == "document-processing"


@pytest.mark.parametrize(
    ("seconds", "text"), [(3, "3 s"), (119, "119 s"), (180, "3 min"), (8000, "2 h"), (200_000, "2 d")]
)
def test_ages_are_short(seconds: int, text: str) -> None:
    assert age(datetime.now(UTC) - timedelta(seconds=seconds)) == text
    assert age(None) == "–"


def test_machines_get_an_object_for_each_queue(advisorjobs: Command, desk: Desk) -> None:
    desk.enqueue(2)
    lines = [json.loads(line) for line in advisorjobs("stats", "--json").stdout.splitlines()]
    critical = next(line for line in lines if line["queue"] == "critical")
    assert (critical["waiting"], critical["is_paused"], critical["pause"]) == (2, False, None)
    assert next(line for line in lines if line["queue"] == "emails")["rate"] == "100/min"


def test_a_watched_table_changes_in_place_until_ctrl_c(app: App, database: str, desk: Desk) -> None:
    master, terminal = pty.openpty()
    environment = {**os.environ, "DATABASE_URL": database, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "advisorjobs", "stats", "--watch", "--every", "0.1"]
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    said = bytearray()

    def shows(text: bytes) -> bool:
        said.extend(os.read(master, 65536))
        return text in said

    try:
        wait_for(lambda: shows(b"critical"), "the first table")
        desk.enqueue(4321)
        wait_for(lambda: shows(b"4,321"), "the new figure")
        process.send_signal(signal.SIGINT)
        wait_for(lambda: process.poll() is not None, "its end")
        assert process.returncode == 130
    finally:
        process.kill()
        process.wait()
        os.close(master)


def test_a_queue_is_cleaned_when_somebody_says_yes(advisorjobs: Command, desk: Desk) -> None:
    desk.enqueue(3)
    desk.complete(*desk.claim())
    refused = advisorjobs("queues", "clean", "critical")
    assert refused.returncode == 2
    assert "queue critical has 3 completed jobs: take away those older than 0s? Say so with --yes" in refused.stderr
    assert last_json(advisorjobs("queues", "clean", "critical", "--older-than", "2h", "--yes", "--json")) == {
        "queue": "critical",
        "status": "completed",
        "cleaned": 0,
    }
    assert advisorjobs("queues", "clean", "critical", "--yes").stdout == "3 completed jobs cleaned\n"


def test_what_can_not_be_cleaned_is_refused(advisorjobs: Command) -> None:
    done = advisorjobs("queues", "clean", "critical", "--status", "complet", "--yes")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean completed" in done.stderr


def test_all_failed_jobs_of_a_queue_are_retried(advisorjobs: Command, desk: Desk) -> None:
    desk.enqueue(3)
    desk.settle(*desk.claim(), **FAILED)
    assert last_json(advisorjobs("jobs", "retry", "--queue", "critical", "--all", "--yes", "--json")) == {
        "queue": "critical",
        "retried": 3,
    }
    assert len(desk.claim()) == 3


def test_all_jobs_that_fit_are_cancelled(advisorjobs: Command, desk: Desk) -> None:
    desk.enqueue(3, tags=["a"])
    desk.enqueue(1)
    done = advisorjobs("jobs", "cancel", "--all", "--tag", "a", "--yes")
    assert done.stdout == "3 jobs are cancelled, or told to stop\n"
    assert len(desk.claim()) == 1


def test_jobs_are_retried_and_cancelled_by_any_condition(advisorjobs: Command, desk: Desk) -> None:
    """No worker is needed; what was looked for is not noted."""
    first, _ = desk.enqueue(2, args={"client": "Anna"})
    desk.settle(*desk.claim(), **{**FAILED, "error_message": "Anna is away", "fingerprint": "f1"})
    (other,) = desk.enqueue(args={"client": "Bert"}, delay=60)
    looked = advisorjobs("jobs", "retry", "--all", "--error-text", "anna")
    assert looked.returncode == 2
    assert "2 jobs fit: run them again? Say so with --yes" in looked.stderr
    assert "1 job fits: cancel" in advisorjobs("jobs", "cancel", "--all", "--payload", "client=Bert").stderr
    assert {row["state"] for row in desk.rows("SELECT state FROM advisorjobs_actions")} == {"cancelled"}
    done = advisorjobs("jobs", "retry", "--all", "--error-text", "anna", "--fingerprint", "f1", "--yes")
    assert done.stdout == "2 jobs wait to run again\n"
    assert sorted(job.id for job in desk.claim(free=1)) == [first]
    assert (
        advisorjobs("jobs", "retry", "--all", "--payload", "client=Anna", "--yes").stdout
        == "0 jobs wait to run again\n"
    )
    cancelled = advisorjobs(
        "jobs", "cancel", "--all", "--payload", "client=Anna", "--status", "waiting", "--yes", "--json"
    )
    assert last_json(cancelled) == {"payload": "client=Anna", "status": "waiting", "cancelled": 1}
    left = desk.rows("SELECT id FROM procrastinate_jobs WHERE queue_name = 'critical' ORDER BY id")
    assert [row["id"] for row in left] == [first, other]
    noted = desk.rows("SELECT via, action, after, job_ids FROM advisorjobs_audit ORDER BY id")
    assert {row["via"] for row in noted} == {"command"}
    assert [row["action"] for row in noted] == ["retry", "retry", "cancel", "cancel"]
    assert "Anna" not in str(noted)


@pytest.mark.parametrize(
    "arguments", [(), ("--all",), ("17", "--all", "--queue", "emails"), ("17", "--queue", "emails")]
)
def test_jobs_are_named_by_number_or_by_what_they_have(advisorjobs: Command, arguments: tuple[Any, ...]) -> None:
    done = advisorjobs("jobs", "retry", *arguments)
    assert done.returncode == 2
    assert "name jobs by their numbers, or say --all with --queue" in done.stderr


def test_sql_python_and_the_command_line_say_the_same(advisorjobs: Command, app: App, desk: Desk) -> None:
    desk.enqueue(4, queue="reports")
    desk.complete(*desk.claim("reports", free=2))
    desk.enqueue(2, queue="emails", delay=60)
    names = ("waiting", "active", "completed", "failed", "delayed", "paused", "cancelled")
    by_sql = {row["queue"]: [row[name] for name in names] for row in desk.rows("SELECT * FROM queue_stats")}
    by_python = {
        found.queue: [getattr(found, name) for name in names] for found in QueueManager(app).sync.get_all_queue_stats()
    }
    said = [json.loads(line) for line in advisorjobs("stats", "--json").stdout.splitlines()]
    assert by_sql == by_python == {row["queue"]: [row[name] for name in names] for row in said}
    assert by_sql["reports"] == [2, 0, 2, 0, 0, 0, 0]
