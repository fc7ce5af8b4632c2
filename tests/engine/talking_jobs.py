"""Jobs that speak: on the event loop, in child processes, much, and after an error."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta

from advisorjobs import app
from advisorjobs.backoff import fixed
from advisorjobs.payloads import Payload
from advisorjobs.task import JobRun, task

log = logging.getLogger(__name__)


class Words(Payload):
    """`lines`: how many are said."""

    lines: int = 1


@task("talking:awaited", payload=Words, queue="critical")
async def awaited(job: JobRun[Words]) -> None:
    job.log.info("%d to go", job.payload.lines)
    log.warning("by the module's own logger")
    log.debug("too small to be kept")
    logging.getLogger("some.library").warning("said by a library")


@task("talking:blocking", payload=Words, queue="critical", retries=1, backoff=fixed(0))
def blocking(job: JobRun[Words]) -> None:
    for number in range(job.payload.lines):
        job.log.info("line %d", number)
    if job.attempt == 1:
        try:
            raise LookupError("DE02120300000000202051")
        except LookupError:
            log.exception("no such account")
        raise ConnectionError


@task("talking:silent", payload=Words, queue="critical")
async def silent(job: JobRun[Words]) -> None:
    """Says nothing."""


@task("talking:hanging", payload=Words, queue="critical", retries=0, timeout=timedelta(seconds=0.5))
def hanging(job: JobRun[Words]) -> None:
    job.log.error("last words")
    threading.Event().wait()


@app.task(name="talking:thread", queue="critical")
def thread(organization_id: str) -> None:
    """A plain task, part of whose work is done in a thread that doesn't belong to it."""
    log.info("before")
    other = threading.Thread(target=log.info, args=("by a thread of its own",))
    other.start()
    other.join()
