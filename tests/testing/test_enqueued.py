"""Asserting on what was enqueued: any of its sides, how many, and nothing else; the text of a failure names the nearest."""

from __future__ import annotations

from datetime import date, timedelta

import psycopg
import pytest

from advisorjobs.errors import UnknownJob
from advisorjobs.testing import JobKit
from tests.testing.bookkeeping import EntryPayload
from tests.testing.conftest import Connection, add


async def test_a_job_is_found_by_any_of_its_sides(job_kit: JobKit, entries: Connection) -> None:
    job = await add("books:enter", number=7, day="2026-03-31", priority=2, tags=["close"], unique_key="7")
    kit = job_kit
    for expected in (
        {},
        {"queue": "critical"},
        {"organization_id": "org-1"},
        {"payload": {"number": 7}},
        {"payload": {"day": date(2026, 3, 31), "note": "none"}},
        {"payload": EntryPayload(organization_id="org-1", number=7)},
        {"priority": 2, "tags": ["close"], "unique_key": "7"},
        {"scheduled_in": 0},
    ):
        (found,) = await kit.assert_enqueued("books:enter", **expected)  # type: ignore[arg-type]
        assert found.id == job


async def test_a_job_that_has_run_counts_too(job_kit: JobKit, entries: Connection) -> None:
    await add("books:enter", number=1)
    await job_kit.run_due()

    await job_kit.assert_enqueued("books:enter", count=1, payload={"number": 1})


async def test_the_text_of_a_failure_names_the_nearest_first(job_kit: JobKit, entries: Connection) -> None:
    await add("books:careless", number=8)
    near = await add("books:enter", number=9)
    await add("books:enter", number=8, organization="org-2", priority=1)
    with pytest.raises(AssertionError) as caught:
        await job_kit.assert_enqueued("books:enter", organization_id="org-1", payload={"number": 8})

    lines = str(caught.value).splitlines()
    assert lines[0] == "expected at least one of books:enter organization_id='org-1' payload={'number': 8}; 0 enqueued"
    assert lines[1] == "of 3 others the nearest:"
    assert lines[2] == f"  job {near} books:enter: payload.number is 9, not 8"
    assert "organization_id is 'org-2', not 'org-1'" in lines[3]
    assert "name is 'books:careless', not 'books:enter'" in lines[4]


async def test_how_many_and_nothing_else(job_kit: JobKit, entries: Connection) -> None:
    await add("books:enter", number=1)
    await add("books:enter", number=2)
    await job_kit.assert_enqueued("books:enter", count=2, only=True)
    await job_kit.assert_enqueued("books:careless", count=0)
    with pytest.raises(AssertionError, match="expected 1 of books:enter; 2 enqueued"):
        await job_kit.assert_enqueued("books:enter", count=1)
    await add("books:careless", number=1)

    with pytest.raises(AssertionError, match="1 others the nearest"):
        await job_kit.assert_enqueued("books:enter", count=2, only=True)


async def test_an_open_transaction_s_jobs_are_seen_through_its_connection(
    job_kit: JobKit, entries: Connection, database: str
) -> None:
    async with await psycopg.AsyncConnection.connect(database) as own:
        await add("books:enter", number=1, connection=own)
        await job_kit.assert_enqueued("books:enter", count=1, connection=own)
        await job_kit.assert_enqueued("books:enter", count=0)
        await own.rollback()
        await job_kit.assert_enqueued(count=0, connection=own)


async def test_a_time_that_is_wrong_is_said(job_kit: JobKit, entries: Connection) -> None:
    await add("books:enter", number=1, schedule_in=timedelta(hours=1))

    with pytest.raises(AssertionError, match=r"it is due at .*, not "):
        await job_kit.assert_enqueued("books:enter", scheduled_in=timedelta(hours=2))


async def test_what_can_not_be_expected_is_refused(job_kit: JobKit) -> None:
    with pytest.raises(UnknownJob, match="there is no job 'books:entre': did you mean books:enter"):
        await job_kit.assert_enqueued("books:entre", count=0)
    with pytest.raises(TypeError, match="has no option 'organisation_id': did you mean 'organization_id'"):
        await job_kit.assert_enqueued("books:enter", organisation_id="org-1")  # type: ignore[call-arg]
