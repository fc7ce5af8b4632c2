"""A whole worker in this process: what jobs say, how queues flow, and how it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from advisorjobs.application import App
from advisorjobs.catalogue import Catalogue
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.job_run import JobRun
from advisorjobs.manager import QueueManager
from advisorjobs.outcomes import Cancel, Fail, Retry, Snooze
from advisorjobs.payloads import Payload
from advisorjobs.task import JobType, task

QUEUE = "critical"


class SayPayload(Payload):
    word: str


async def do_say(job: JobRun[SayPayload]) -> Any:
    match job.payload.word:
        case "retry" if job.run == 1:
            return Retry(0, "once more")
        case "snooze" if job.run == 1:
            raise Snooze(0)
        case "fail":
            return Fail("not_found", "gone")
        case "cancel":
            raise Cancel("obsolete")
        case "validation":
            raise JobError(ErrorCode.VALIDATION, "bad paper")
        case "nothing":
            return None
    return {"said": job.payload.word, "attempt": job.attempt, "run": job.run}


say: JobType[SayPayload] = task("test:say", payload=SayPayload, queue=QUEUE)(do_say)


@pytest.fixture
def saying(app: App) -> App:
    """An app that knows test:say."""
    app.catalogue = Catalogue([say])
    return app


async def work(app: App, **options: Any) -> None:
    async with asyncio.timeout(60):
        await app.run_worker_async(**{"queues": [QUEUE], "wait": False, "install_signal_handlers": False, **options})


Said = tuple[list[tuple[str, str | None]], Any]


@pytest.fixture
def said(saying: App, connection: psycopg.Connection[Any]) -> Callable[[str], Awaitable[Said]]:
    """Runs one job that is told a word: (status, error code) of each run, and the last result."""

    async def run(word: str) -> Said:
        await QueueManager(saying).add_job(QUEUE, "test:say", {"organization_id": "o", "word": word})
        await work(saying)
        rows = connection.execute(
            "SELECT status, error_code, result FROM job_executions ORDER BY run_number"
        ).fetchall()
        return [(status, code) for status, code, _ in rows], rows[-1][2]

    return run


async def test_a_result_is_kept(said: Callable[[str], Awaitable[Said]]) -> None:
    assert await said("hello") == ([("completed", None)], {"said": "hello", "attempt": 1, "run": 1})


async def test_no_result_is_kept_as_null(said: Callable[[str], Awaitable[Said]]) -> None:
    assert await said("nothing") == ([("completed", None)], None)


async def test_a_retry_costs_an_attempt(said: Callable[[str], Awaitable[Said]]) -> None:
    statuses, result = await said("retry")

    assert statuses == [("retrying", None), ("completed", None)]
    assert result == {"said": "retry", "attempt": 2, "run": 2}


async def test_a_snooze_costs_none(said: Callable[[str], Awaitable[Said]]) -> None:
    statuses, result = await said("snooze")

    assert statuses == [("snoozed", None), ("completed", None)]
    assert result == {"said": "snooze", "attempt": 1, "run": 2}


async def test_fail_cancel_and_a_permanent_error_end_the_job(said: Callable[[str], Awaitable[Said]]) -> None:
    statuses = [(await said(word))[0][-1] for word in ("fail", "cancel", "validation")]

    assert statuses == [("failed", "not_found"), ("cancelled", "cancelled"), ("failed", "validation")]


async def test_a_payload_that_only_python_can_judge_fails_without_retry(
    saying: App, connection: psycopg.Connection[Any]
) -> None:
    connection.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES (%s, 'test:say', '{\"word\": 3}')", [QUEUE]
    )
    await work(saying)

    rows = connection.execute("SELECT status, error_code, error_message FROM job_executions").fetchall()
    assert [row[:2] for row in rows] == [("failed", "validation")]
    assert "organization_id" in rows[0][2]
    assert "word" in rows[0][2]


async def test_one_busy_queue_flows_in_a_worker_that_serves_many(app: App) -> None:
    """With nothing in the others, its claims must not be spaced out as an idle worker's are."""
    done = 0

    @app.task(name="test:brief", queue=QUEUE)
    async def brief() -> None:
        nonlocal done
        done += 1

    await brief.batch_defer_async(*[{}] * 3000)
    async with asyncio.timeout(30):
        await app.run_worker_async(wait=False, install_signal_handlers=False, concurrency=3)

    assert done == 3000
