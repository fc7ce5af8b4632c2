"""Dying on purpose: the run is taken back as a dead worker's, fenced, and what its job does twice comes to light."""

from __future__ import annotations

import pytest

from advisorjobs.testing import CrashPoint, JobKit
from tests.testing.bookkeeping import CALLS
from tests.testing.conftest import Connection, add, entered

JOBS = ("books:enter", "books:enter_blocking")


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize(
    ("point", "called", "written"),
    [("before_function", 0, []), ("before_commit", 1, []), ("after_commit", 1, [1]), ("after_function", 1, [1])],
)
async def test_a_crash_leaves_what_was_committed_and_nothing_else(
    job_kit: JobKit, entries: Connection, name: str, point: CrashPoint, called: int, written: list[int]
) -> None:
    await add(name, number=1)
    ran = await job_kit.run_next(crash_at=point)

    assert ran is not None
    assert len(CALLS) == called
    assert entered(entries) == written
    # the commit of job.transaction() is the job's completion: a process that dies after it takes nothing with it
    assert ran.status == ("completed" if written else "crashed")


@pytest.mark.parametrize("name", JOBS)
@pytest.mark.parametrize("point", ["before_function", "before_commit", "after_commit", "after_function"])
async def test_a_job_that_writes_in_its_own_transaction_writes_once_wherever_it_dies(
    job_kit: JobKit, entries: Connection, name: str, point: CrashPoint
) -> None:
    await add(name, number=1)
    ran = await job_kit.drain(crash_at=point)

    assert ran[-1].status == "completed"
    assert entered(entries) == [1]


async def test_a_careless_job_is_found_out(job_kit: JobKit, entries: Connection) -> None:
    await add("books:careless", number=1)
    ran = await job_kit.drain(crash_at="after_function")

    assert [(each.run, each.attempt, each.status) for each in ran] == [(1, 1, "crashed"), (2, 1, "completed")]
    assert entered(entries) == [1, 1]


async def test_each_job_dies_once(job_kit: JobKit, entries: Connection) -> None:
    for number in (1, 2, 3):
        await add("books:enter", number=number)
    ran = await job_kit.run_due(crash_at="before_commit")

    assert [each.status for each in ran].count("crashed") == 3
    assert entered(entries) == [1, 2, 3]


async def test_a_crash_costs_no_attempt_and_is_in_the_history(job_kit: JobKit, entries: Connection) -> None:
    await add("books:careless", number=1)
    await job_kit.run_next(crash_at="before_function")

    assert entries.execute("SELECT status, error_code FROM job_executions").fetchall() == [("crashed", "crashed")]
    assert entries.execute("SELECT attempts, rescues, status FROM procrastinate_jobs").fetchall() == [(0, 1, "todo")]


async def test_a_point_that_no_run_passes_is_an_error_of_the_test(job_kit: JobKit, entries: Connection) -> None:
    await add("books:careless", number=1)
    with pytest.raises(AssertionError, match="no run passed 'before_commit': the last was books:careless, completed"):
        await job_kit.drain(crash_at="before_commit")


async def test_a_point_that_does_not_exist_is_refused(job_kit: JobKit) -> None:
    with pytest.raises(ValueError, match=r"crash_at must be one of before_function, .* got 'midway'"):
        await job_kit.drain(crash_at="midway")  # type: ignore[arg-type]
