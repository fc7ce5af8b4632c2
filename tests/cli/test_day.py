"""The demo's day by its rows, and how it is shown: no database."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console

from advisorjobs.cli.day import day_of
from advisorjobs.cli.day_watch import day_table, news, watch_day
from advisorjobs.queues import QUEUES

BEGAN = datetime(2026, 11, 28, 9, tzinfo=UTC)
KNOWN = {"email:send", "ai:insights"}


def row(number: int, queue: str, name: str, status: str, **more: Any) -> dict[str, Any]:
    ended = status in {"completed", "failed"}
    return {
        "id": number,
        "queue": queue,
        "name": name,
        "organization_id": "demo",
        "status": status,
        "run_no": 1 if ended else 0,
        "error_code": "network" if status == "failed" else None,
        "error_message": None,
        "result": None,
        "started_at": BEGAN + timedelta(seconds=number) if ended else None,
        "finished_at": BEGAN + timedelta(seconds=number + 1) if ended else None,
        "run_ms": 1000 if ended else None,
        **more,
    }


ROWS = [
    row(1, "emails", "email:send", "completed"),
    row(2, "emails", "email:send", "failed"),
    row(3, "ai-processing", "ai:insights", "waiting"),
    row(5, "ai-processing", "ai:insights", "completed"),
    row(4, "reports", "report:custom", "waiting"),
]


def test_each_queue_has_its_counts_and_times() -> None:
    queues = {each.queue: each for each in day_of(ROWS, KNOWN).queues}

    assert list(queues) == list(QUEUES)
    assert (queues["emails"].total, queues["emails"].ended, queues["emails"].count("failed")) == (2, 2, 1)
    assert (queues["emails"].run_seconds, queues["emails"].seconds) == (2.0, 2.0)
    assert queues["ai-processing"].held_back
    assert not queues["emails"].held_back


def test_a_queue_that_has_not_begun_is_held_back_by_nothing() -> None:
    (queue,) = [each for each in day_of(ROWS[2:3], KNOWN).queues if each.jobs]

    assert not queue.held_back


def test_a_job_whose_function_is_not_here_is_waited_for_by_nobody() -> None:
    waiting, ended = day_of(ROWS, KNOWN), day_of([*ROWS[:2], *ROWS[3:]], KNOWN)

    assert not waiting.over
    assert ended.over
    assert [each.idle for each in ended.queues if each.queue == "reports"] == [1]


def test_a_job_that_has_ended_is_told_of_once() -> None:
    told: set[int] = set()

    assert list(news(day_of(ROWS[:3], KNOWN), told)) == [
        "emails: email:send done after 1.0 s",
        "emails: email:send failed (network) after 1.0 s",
    ]
    assert list(news(day_of(ROWS[:3], KNOWN), told)) == []


def test_watching_ends_when_the_time_is_up() -> None:
    said = io.StringIO()
    day = watch_day(lambda: day_of(ROWS, KNOWN), Console(file=said, width=100), seconds=0)

    assert not day.over
    assert "email:send done" in said.getvalue()


def test_the_table_shows_limits_and_what_holds_a_queue_up() -> None:
    said = io.StringIO()
    Console(file=said, width=110).print(day_table(day_of(ROWS, KNOWN)))
    lines = {line.split()[0]: line for line in said.getvalue().splitlines()}

    assert "10 / min" in lines["ai-processing"]
    assert "waits for its limit" in lines["ai-processing"]
    assert "1 failed" in lines["emails"]
    assert "2/2" in lines["emails"]
