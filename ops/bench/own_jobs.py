"""The jobs of the measures about AdvisorJobs alone: each writes down when it began, and when it was made to stop.

A line of the journal (the file that OWN_JOURNAL names) is a word, the job's number, and nanoseconds of the machine's clock,
which is the database's too: CLOCK_REALTIME.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta

from advisorjobs.job_run import JobRun
from advisorjobs.outcomes import Retry
from advisorjobs.payloads import Payload
from advisorjobs.task import task

__all__ = ["RETRY_AFTER", "TIME_LIMIT"]

LONG = 60.0
RETRY_AFTER = 0.5
TIME_LIMIT = 1.0


class Numbered(Payload):
    number: int


def note(word: str, job: JobRun[Numbered]) -> None:
    """Appends a line in one write: processes share the file."""
    line = f"{word} {job.payload.number} {time.time_ns()}\n"
    file = os.open(os.environ["OWN_JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, line.encode())
    os.close(file)


@task("own:mark", payload=Numbered, queue="critical")
async def mark(job: JobRun[Numbered]) -> None:
    note("begun", job)


@task("own:retry", payload=Numbered, queue="critical")
async def retry(job: JobRun[Numbered]) -> None:
    if job.attempt == 1:
        raise Retry(RETRY_AFTER)
    note("begun", job)


@task("own:coroutine", payload=Numbered, queue="critical")
async def coroutine(job: JobRun[Numbered]) -> None:
    await until_stopped(job)


@task("own:limited-coroutine", payload=Numbered, queue="critical", timeout=timedelta(seconds=TIME_LIMIT), retries=0)
async def limited_coroutine(job: JobRun[Numbered]) -> None:
    await until_stopped(job)


async def until_stopped(job: JobRun[Numbered]) -> None:
    note("begun", job)
    try:
        await asyncio.sleep(LONG)
    finally:
        note("stopped", job)


@task("own:blocking", payload=Numbered, queue="critical")
def blocking(job: JobRun[Numbered]) -> None:
    note("begun", job)
    while not job.should_abort():
        time.sleep(0.002)
    note("stopped", job)


@task("own:limited-blocking", payload=Numbered, queue="critical", timeout=timedelta(seconds=TIME_LIMIT), retries=0)
def limited_blocking(job: JobRun[Numbered]) -> None:
    """Heeds nothing: its last line says how long it lived."""
    note("begun", job)
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        note("stopped", job)
        time.sleep(0.005)
