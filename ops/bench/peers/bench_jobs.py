"""The empty jobs of the benchmark as AdvisorJobs has them: a plain task, and a typed one of many organizations."""

from __future__ import annotations

import asyncio

from meter import Tally

from advisorjobs import app
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.task import task

_tally: Tally | None = None


def tally() -> Tally:
    """This process's tally, begun at its first job."""
    global _tally
    if _tally is None:
        _tally = Tally()
    return _tally


@app.task(name="bench:empty", queue="critical")
async def empty(number: int) -> None:
    tally().hit(number)


class TypedPayload(Payload):
    number: int
    note: str


@task("bench:typed", payload=TypedPayload, queue="critical")
async def typed(job: JobRun[TypedPayload]) -> None:
    tally().hit(job.payload.number)


class NapPayload(Payload):
    number: int
    milliseconds: float


@task("bench:nap", payload=NapPayload, queue="critical")
async def nap(job: JobRun[NapPayload]) -> None:
    tally().hit(job.payload.number)
    if job.payload.milliseconds:
        await asyncio.sleep(job.payload.milliseconds / 1000)
