"""Jobs of an imagined practice, for tests of the testing kit: they write to the table `entries`, and enqueue others."""

from __future__ import annotations

import asyncio
import threading
from datetime import date, timedelta
from typing import Any

from advisorjobs.backoff import fixed
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.job_run import JobRun
from advisorjobs.outcomes import Snooze
from advisorjobs.payloads import Payload
from advisorjobs.task import task

__all__ = ["CALLS"]

CALLS: list[str] = []
"""What functions did that no database undoes."""


class EntryPayload(Payload):
    number: int
    day: date | None = None
    note: str = "none"


class CountPayload(Payload):
    seconds: float = 0


def record(job: JobRun[Any], connection: Any) -> Any:
    values = {"number": job.payload.number, "organization_id": job.organization_id}
    return connection.execute("INSERT INTO entries VALUES (%(number)s, %(organization_id)s)", values)


@task("books:enter", payload=EntryPayload, queue="critical", retries=3, backoff=fixed(60))
async def enter(job: JobRun[EntryPayload]) -> dict[str, int]:
    CALLS.append("enter")
    async with job.transaction() as connection:
        await record(job, connection)
        job.result = {"entered": job.payload.number}
    return {"entered": job.payload.number}


@task("books:enter_blocking", payload=EntryPayload, queue="critical", retries=3, backoff=fixed(60))
def enter_blocking(job: JobRun[EntryPayload]) -> str:
    CALLS.append(threading.current_thread().name)
    with job.transaction() as connection:
        record(job, connection)
        job.result = "entered"
    return "entered"


@task("books:careless", payload=EntryPayload, queue="critical", retries=3, backoff=fixed(60))
async def careless(job: JobRun[EntryPayload]) -> None:
    """Writes beside its completion: twice, if its process dies between."""
    async with job.connection() as connection:
        await record(job, connection)


@task("books:call_bank", payload=CountPayload, queue="integrations", retries=2, backoff=fixed(60))
async def call_bank(job: JobRun[CountPayload]) -> str:
    CALLS.append(f"call {job.attempt}")
    if job.attempt < 3:
        raise JobError(ErrorCode.NETWORK, "the bank's line is busy")
    return "called"


@task("books:never", payload=CountPayload, queue="integrations", retries=2, backoff=fixed(60))
async def never(job: JobRun[CountPayload]) -> None:
    raise ZeroDivisionError("as the test wants it")


@task("books:wait", payload=CountPayload, queue="integrations")
async def wait(job: JobRun[CountPayload]) -> str:
    if job.run < 3:
        raise Snooze(3600)
    return "waited"


@task("books:for_ever", payload=CountPayload, queue="integrations")
async def for_ever(job: JobRun[CountPayload]) -> None:
    raise Snooze(0)


@task("books:slow", payload=CountPayload, queue="integrations", retries=0, timeout=timedelta(seconds=0.2))
async def slow(job: JobRun[CountPayload]) -> None:
    CALLS.append("slow")
    await asyncio.Event().wait()


@task("books:slower", payload=CountPayload, queue="integrations", retries=0)
async def slower(job: JobRun[CountPayload]) -> None:
    CALLS.append("slower")
    await asyncio.Event().wait()
