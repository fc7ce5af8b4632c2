"""Repeatable jobs by the queue manager, awaited and blocking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from advisorjobs.errors import PayloadError, SettingsError, UnknownJob
from advisorjobs.flow.ticks import Missed, Overlap
from advisorjobs.manager import QueueManager
from advisorjobs.schedules import Schedule, ScheduleState

Connection = psycopg.Connection[Any]
OCR = {"organization_id": "org-7", "document_id": "doc-1"}
QUEUE, NAME, CRON = "document-processing", "document:ocr", "0 9 * * MON-FRI"


def found(manager: QueueManager, key: str, **options: Any) -> Schedule:
    schedule = manager.sync.get_repeatable_job(key, **options)
    assert schedule is not None
    return schedule


async def test_a_repeatable_job_is_kept_with_all_that_was_said(manager: QueueManager) -> None:
    start = datetime(2096, 1, 1, tzinfo=UTC)
    key = await manager.add_repeatable_job(
        QUEUE,
        NAME,
        OCR,
        CRON,
        timezone="America/New_York",
        key="nightly",
        start=start,
        end=start + timedelta(days=365),
        limit=10,
        jitter=timedelta(minutes=5),
        overlap="skip",
        missed="all",
        missed_cap=7,
        give_up_after=3600,
        priority=2,
        tags=["a", "b"],
        changed_by="ada",
    )
    schedule = await manager.get_repeatable_job(key)

    assert schedule == found(manager, "nightly")
    assert await manager.list_repeatable_jobs() == [schedule]
    assert (schedule.organization_id, schedule.name, schedule.queue, schedule.payload) == ("org-7", NAME, QUEUE, OCR)
    assert (schedule.cron, schedule.every, schedule.timezone) == (CRON, None, "America/New_York")
    assert (schedule.start_at, schedule.end_at) == (start, start + timedelta(days=365))
    assert (schedule.max_runs, schedule.jitter, schedule.priority) == (10, timedelta(minutes=5), 2)
    assert (schedule.overlap, schedule.missed, schedule.missed_cap) == (Overlap.SKIP, Missed.ALL, 7)
    assert (schedule.give_up_after, schedule.tags) == (timedelta(hours=1), ("a", "b"))
    assert (schedule.state, schedule.runs, schedule.created_by, schedule.changed_by) == (
        ScheduleState.ACTIVE, 0, "ada", "ada",
    )  # fmt: skip
    assert schedule.next_run_at == datetime(2096, 1, 2, 14, tzinfo=UTC)


def test_the_same_call_at_each_deploy_changes_nothing_and_another_changes_what_differs(
    manager: QueueManager, connection: Connection
) -> None:
    def state() -> tuple[Any, ...] | None:
        columns = "id, version, next_at, look_at, planned_from, changed_at, job_name, args, runs"
        return connection.execute(f"SELECT {columns} FROM advisorjobs_schedules").fetchone()

    def put(cron: str, document: str) -> None:
        manager.sync.add_repeatable_job(QUEUE, NAME, {**OCR, "document_id": document}, cron, key="k")

    put(CRON, "doc-1")
    connection.execute("UPDATE advisorjobs_schedules SET next_at = '2096-01-01', look_at = '2096-01-01', runs = 7")
    before = state()
    assert before is not None
    put(CRON, "doc-1")
    assert state() == before
    put(CRON, "doc-2")
    after = state()
    assert after is not None
    assert after[0] == before[0]
    assert after[2:5] == before[2:5]
    assert after[7]["document_id"] == "doc-2"
    put("0 10 * * *", "doc-2")
    moved = state()
    assert moved is not None
    assert (moved[0], moved[2], moved[8]) == (before[0], None, 7)


def test_a_key_belongs_to_an_organization(manager: QueueManager) -> None:
    for organization in ("org-7", "org-8"):
        manager.sync.add_repeatable_job(QUEUE, NAME, {**OCR, "organization_id": organization}, CRON, key="k")

    assert [each.organization_id for each in manager.sync.list_repeatable_jobs()] == ["org-7", "org-8"]
    assert len(manager.sync.list_repeatable_jobs(organization_id="org-8", queue=QUEUE)) == 1
    assert found(manager, "k", organization_id="org-8").organization_id == "org-8"
    with pytest.raises(SettingsError, match="2 organizations have a schedule with this key: name one"):
        manager.sync.get_repeatable_job("k")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="2 organizations have a schedule 'k'"):
        manager.sync.remove_repeatable_job("k")
    assert manager.sync.remove_repeatable_job("k", organization_id="org-8")
    assert manager.sync.remove_repeatable_job("k")
    assert not manager.sync.remove_repeatable_job("k")


def test_without_a_key_the_name_and_the_payload_are_it(manager: QueueManager) -> None:
    first = manager.sync.add_repeatable_job(QUEUE, NAME, OCR, CRON)
    assert first == manager.sync.add_repeatable_job(QUEUE, NAME, dict(reversed(OCR.items())), "0 7 * * *")
    assert first != manager.sync.add_repeatable_job(QUEUE, NAME, {**OCR, "document_id": "doc-2"}, CRON)
    assert first.startswith("document:ocr:")
    assert len(manager.sync.list_repeatable_jobs()) == 2


async def test_it_is_paused_and_resumed_with_who_and_why(manager: QueueManager) -> None:
    await manager.add_repeatable_job(QUEUE, NAME, OCR, CRON, key="k")
    assert await manager.pause_repeatable_job("k", reason="the office is closed", paused_by="ada")
    schedule = found(manager, "k")
    assert (schedule.state, schedule.paused_why, schedule.paused_by) == (
        ScheduleState.PAUSED, "the office is closed", "ada",
    )  # fmt: skip
    assert schedule.next_run_at is None
    assert not await manager.pause_repeatable_job("k")
    await manager.add_repeatable_job(QUEUE, NAME, OCR, "0 10 * * *", key="k")
    assert found(manager, "k").state is ScheduleState.PAUSED
    assert await manager.resume_repeatable_job("k")
    assert not await manager.resume_repeatable_job("k")
    assert found(manager, "k").state is ScheduleState.ACTIVE
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="no schedule 'kk': did you mean 'k'"):
        await manager.pause_repeatable_job("kk")


async def test_it_runs_now_beside_its_times(manager: QueueManager) -> None:
    await manager.add_repeatable_job(QUEUE, NAME, OCR, CRON, key="k", overlap="skip", priority=1, tags=["nightly"])
    job_id = await manager.run_repeatable_job("k")
    assert job_id is not None
    job = await manager.get_job(job_id)
    assert job is not None
    assert (job.name, job.queue, job.payload, job.priority, job.tags) == (NAME, QUEUE, OCR, 1, ("nightly",))
    schedule = found(manager, "k")
    assert (schedule.last_job_id, schedule.last_outcome, schedule.runs) == (job_id, "waiting", 0)
    assert await manager.run_repeatable_job("k") is None
    await manager.cancel_job(job_id)
    assert found(manager, "k").last_outcome == "cancelled"
    assert await manager.run_repeatable_job("k") is not None


async def test_the_next_runs_are_shown_in_local_time(manager: QueueManager) -> None:
    start = datetime(2026, 3, 7, tzinfo=UTC)
    await manager.add_repeatable_job(QUEUE, NAME, OCR, "30 2 * * *", timezone="America/New_York", key="k")
    shown = await manager.preview_repeatable_job("k", 3)
    assert len(shown) == 3
    assert {(moment.hour, moment.minute) for moment in shown} <= {(2, 30), (3, 0)}
    assert str(shown[0].tzinfo) == "America/New_York"
    await manager.add_repeatable_job(QUEUE, NAME, OCR, every=60, key="few", start=start.replace(year=2096), limit=2)
    assert await manager.preview_repeatable_job("few") == [
        start.replace(year=2096), start.replace(year=2096, minute=1),
    ]  # fmt: skip
    with pytest.raises(UnknownJob, match="there is no schedule 'no'"):
        await manager.preview_repeatable_job("no")


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"cron": "61 9 * * *"}, "the minute field '61' can't be read"),
        ({"cron": "0 0 30 2 *"}, "never comes"),
        ({"cron": None}, "give either a cron expression or `every`"),
        ({"timezone": "America/New_Yrok"}, "did you mean America/New_York"),
        ({"jitter": timedelta(days=1)}, "jitter='1 day, 0:00:00' can't be used: must be shorter than the time between"),
        ({"jitter": -1}, "jitter=-1 can't be used"),
        ({"every": 0, "cron": None}, "every=0 can't be used"),
        ({"start": datetime(2096, 1, 2, tzinfo=UTC), "end": datetime(2096, 1, 1, tzinfo=UTC)}, "lies before start"),
        ({"limit": 0}, "limit=0 can't be used: must be a whole number, 1 to"),
        ({"missed_cap": 1001}, "missed_cap=1001 can't be used"),
        ({"overlap": "skp"}, "overlap='skp' can't be used: is none of its values: did you mean skip"),
        ({"missed": "never"}, "missed='never' can't be used: is none of its values"),
        ({"key": ""}, "key='' can't be used"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_sent(
    manager: QueueManager, options: dict[str, Any], rule: str
) -> None:
    given = {"cron": CRON, **options}
    with pytest.raises(SettingsError, match=rule):
        manager.sync.add_repeatable_job(QUEUE, NAME, OCR, given.pop("cron"), **given)
    assert manager.sync.list_repeatable_jobs() == []


def test_the_job_is_checked_as_every_other(manager: QueueManager) -> None:
    with pytest.raises(PayloadError, match="document_id"):
        manager.sync.add_repeatable_job(QUEUE, NAME, {"organization_id": "o"}, CRON)
    with pytest.raises(UnknownJob, match="document:ocr"):
        manager.sync.add_repeatable_job(QUEUE, "document:orc", OCR, CRON)
    with pytest.raises(PayloadError, match="priority"):
        manager.sync.add_repeatable_job(QUEUE, NAME, OCR, CRON, priority=10)
    with pytest.raises(TypeError, match="no option 'timezon': did you mean 'timezone'"):
        manager.sync.add_repeatable_job(QUEUE, NAME, OCR, CRON, timezon="UTC")  # type: ignore[call-arg]
