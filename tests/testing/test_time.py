"""Time in a test: it passes when the test says so, for everything that waits for a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import pytest

from advisorjobs import get_queue_manager
from advisorjobs.database.statement import statement
from advisorjobs.testing import JobKit
from tests.testing.conftest import Connection, add

NEW_YORK = ZoneInfo("America/New_York")
UNTOUCHED = {
    "advisorjobs_schedules": "the scheduler is asked with the test's time",
    "advisorjobs_schedule_ticks": "moments of the test's time already",
    "advisorjobs_actions": "who changed what, when",
    "advisorjobs_audit.at": "who changed what, when",
    "advisorjobs_breakers": "services are there now",
    "advisorjobs_default_schedules.put_at": "who changed what, when",
    "advisorjobs_ended": "statistics stay where they were counted",
    "advisorjobs_error_tallies": "statistics stay where they were counted",
    "advisorjobs_tallies": "statistics stay where they were counted",
    "advisorjobs_tally_state": "statistics stay where they were counted",
    "advisorjobs_worker_tallies": "statistics stay where they were counted",
    "advisorjobs_recounts": "the engine's own housekeeping",
    "advisorjobs_functions.applied_at": "when it was migrated",
    "advisorjobs_minutes": "statistics stay where they were counted",
    "advisorjobs_shares": "statistics stay where they were counted",
    "advisorjobs_log_lines.at": "who said what, when",
    "advisorjobs_keys.changed_at": "who changed what, when",
    "advisorjobs_organization_rules.changed_at": "who changed what, when",
    "advisorjobs_people": "who may sign in, when",
    "advisorjobs_sessions": "people who look on stay signed in",
    "advisorjobs_sign_in_attempts": "nobody may guess faster because a test lets time pass",
    "advisorjobs_tokens": "programs stay what they are",
    "advisorjobs_past_eras.ended_at": "the engine's own housekeeping",
    "advisorjobs_queues.changed_at": "who changed what, when",
    "advisorjobs_workers.beat_at": "workers work on",
    "advisorjobs_workers.expires_at": "workers work on",
    "advisorjobs_workers.started_at": "workers work on",
    "advisorjobs_workers.stopped_at": "workers work on",
    "procrastinate_events.at": "stock procrastinate's history",
    "procrastinate_workers.last_heartbeat": "stock procrastinate's workers",
}


async def test_a_delayed_job_is_due_once_its_time_has_passed(job_kit: JobKit, entries: Connection) -> None:
    await add("books:enter", number=1, schedule_in=timedelta(days=3))
    await job_kit.travel(timedelta(days=2, hours=23))
    assert await job_kit.run_due() == []
    await job_kit.travel(timedelta(hours=1))

    assert len(await job_kit.run_due()) == 1


async def test_travelling_to_a_moment_stops_at_it(job_kit: JobKit, entries: Connection) -> None:
    quarter_end = datetime.now(UTC) + timedelta(days=40)
    await add("books:enter", number=1, schedule_at=quarter_end)
    await job_kit.travel_to(quarter_end - timedelta(minutes=1))
    assert await job_kit.run_due() == []
    await job_kit.travel_to(quarter_end)

    assert len(await job_kit.run_due()) == 1
    assert abs(await job_kit.now() - quarter_end) < timedelta(minutes=1)


async def test_a_retry_waits_for_its_time(job_kit: JobKit, entries: Connection) -> None:
    await add("books:call_bank", "integrations")
    (first,) = await job_kit.run_due(raising=False)
    assert first.next_run_at is not None
    await job_kit.travel_to(first.next_run_at)
    (second,) = await job_kit.run_due(raising=False)

    assert (second.run, second.attempt) == (2, 2)


async def test_a_key_is_free_again_when_its_time_has_passed(job_kit: JobKit, entries: Connection) -> None:
    options = {"unique_key": "invoice-7", "unique_for": timedelta(hours=1)}
    first = await add("books:enter", number=1, **options)
    await job_kit.run_due()
    assert await add("books:enter", number=1, **options) == first
    await job_kit.travel(3600)

    assert await add("books:enter", number=1, **options) != first


async def test_a_pause_ends_when_its_time_has_passed(job_kit: JobKit, entries: Connection) -> None:
    await get_queue_manager().pause_queue("critical", until=datetime.now(UTC) + timedelta(hours=2))
    await add("books:enter", number=1)
    assert await job_kit.run_due() == []
    await job_kit.travel(timedelta(hours=2))

    assert len(await job_kit.run_due()) == 1


async def test_frozen_time_stands_until_the_test_travels(job_kit: JobKit, entries: Connection) -> None:
    await job_kit.freeze()
    here = await job_kit.now()
    await add("books:enter", number=1, schedule_in=0.2)
    entries.execute("SELECT pg_sleep(0.3)")
    assert await job_kit.run_due() == []
    assert await job_kit.now() == here
    await job_kit.travel(0.5)

    assert await job_kit.now() == here + timedelta(seconds=0.5)
    assert len(await job_kit.run_due()) == 1


async def test_what_was_enqueued_is_shown_in_the_test_s_time(job_kit: JobKit, entries: Connection) -> None:
    await job_kit.travel(timedelta(days=10))
    await add("books:enter", number=1, schedule_in=timedelta(hours=1))
    here = await job_kit.now()

    await job_kit.assert_enqueued("books:enter", scheduled_in=3600, scheduled_at=here + timedelta(hours=1))


async def test_time_does_not_go_back(job_kit: JobKit) -> None:
    with pytest.raises(ValueError, match="time only goes on: travel by 0 s or more, got -60 s"):
        await job_kit.travel(-60)


def test_every_moment_that_the_engine_keeps_is_moved_or_has_a_reason(connection: psycopg.Connection[object]) -> None:
    """Whoever gives a table a time says here, or in sql/shift_times.sql, what becomes of it when a test lets time pass."""
    kept = connection.execute(
        "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.atttypid = 'timestamptz'::regtype"
        " AND c.relname ~ '^(advisorjobs|procrastinate)_'"
    ).fetchall()
    text = statement("shift_times")
    open_ = [
        name
        for (name,) in kept  # type: ignore[misc]
        if not (name.split(".")[0] in text and f"{name.split('.')[1]} -" in text)  # type: ignore[has-type]
        and name not in UNTOUCHED  # type: ignore[has-type]
        and name.split(".")[0] not in UNTOUCHED  # type: ignore[has-type]
    ]

    assert open_ == []


async def test_a_schedule_s_ticks_come_when_time_passes_them(job_kit: JobKit, entries: Connection) -> None:
    payload = {"organization_id": "org-1", "number": 1}
    await get_queue_manager().add_repeatable_job(
        "critical", "books:enter", payload, "0 9 * * *", timezone="America/New_York"
    )
    assert await job_kit.run_due() == []
    ran = await job_kit.drain(until=timedelta(days=3))

    assert [each.name for each in ran] == ["books:enter"] * 3
    jobs = await job_kit.enqueued("books:enter")
    assert {(job.queued_at.astimezone(NEW_YORK).hour, job.queued_at.minute) for job in jobs} == {(9, 0)}


async def test_a_schedule_put_on_a_later_day_counts_from_there(job_kit: JobKit, entries: Connection) -> None:
    payload = {"organization_id": "org-1", "number": 1}
    await job_kit.travel(timedelta(days=10))
    await get_queue_manager().add_repeatable_job("critical", "books:enter", payload, every=timedelta(hours=1))
    assert await job_kit.run_due() == []
    await job_kit.travel(timedelta(minutes=61))

    assert len(await job_kit.run_due()) == 1


async def test_daylight_saving_can_be_lived_through(job_kit: JobKit, entries: Connection) -> None:
    """In New York the clocks go from 2 to 3 in the night to the second Sunday of March."""
    payload = {"organization_id": "org-1", "number": 1}
    await job_kit.travel_to(datetime(2030, 3, 8, 12, tzinfo=NEW_YORK))
    await get_queue_manager().add_repeatable_job(
        "critical", "books:enter", payload, "30 2 * * *", timezone="America/New_York"
    )
    await job_kit.drain(until=datetime(2030, 3, 11, 12, tzinfo=NEW_YORK))
    jobs = await job_kit.enqueued("books:enter")

    assert [job.queued_at.astimezone(NEW_YORK).strftime("%d %H:%M") for job in jobs] == [
        "09 02:30",
        "10 03:00",
        "11 02:30",
    ]
