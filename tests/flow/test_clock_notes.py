"""Runs near a change of the clocks, as people are told of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from advisorjobs.flow.clock_notes import upcoming_runs
from advisorjobs.flow.recurrence import recurrence


def told(cron: str, timezone: str, now: datetime, count: int = 3) -> list[tuple[str, str | None, bool]]:
    runs = recurrence(cron=cron, every=None, timezone=timezone, start=None, end=None).upcoming(count, now)
    return [
        (f"{run.at:%m-%d %H:%M}", run.clock_change, run.moved)
        for run in upcoming_runs(runs, now, timezone=timezone, cron=cron)
    ]


def test_the_run_after_a_change_says_so_and_no_other() -> None:
    assert told("0 9 * * *", "Europe/Berlin", datetime(2026, 3, 27, 12, tzinfo=UTC)) == [
        ("03-28 09:00", None, False),
        ("03-29 09:00", "clocks are put forward by 1 h before it", False),
        ("03-30 09:00", None, False),
    ]
    assert told("0 9 * * *", "Australia/Lord_Howe", datetime(2026, 4, 4, 0, tzinfo=UTC), 1) == [
        ("04-05 09:00", "clocks are put back by 30 min before it", False)
    ]


def test_a_time_that_does_not_exist_is_marked() -> None:
    assert told("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC), 2) == [
        ("03-29 03:00", "clocks are put forward by 1 h before it", True),
        ("03-30 02:30", None, False),
    ]


def test_an_interval_names_no_time() -> None:
    now = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    runs = recurrence(cron=None, every=timedelta(hours=1), timezone="Europe/Berlin", start=None, end=None).upcoming(
        2, now
    )
    found = upcoming_runs(runs, now, timezone="Europe/Berlin", cron=None)
    assert [(run.at.hour, run.moved) for run in found] == [(3, False), (4, False)]
