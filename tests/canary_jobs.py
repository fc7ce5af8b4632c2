"""Jobs that let a client's data slip wherever a line may be said: their own words are clean, those of what they use are not."""

from __future__ import annotations

import asyncio
import logging
import threading

from advisorjobs.payloads import Payload
from advisorjobs.task import JobRun, task

log = logging.getLogger(__name__)
library = logging.getLogger("some.library")


class Account(Payload):
    """`iban` is a client's."""

    iban: str


def slip(iban: str) -> None:
    """All that happens inside a library."""
    library.warning("no account %s", iban)
    library.warning(f"no account {iban}")
    library.warning("%d accounts", iban)  # wrong: an error of the library's own
    try:
        raise LookupError(iban)
    except LookupError:
        library.exception("no account")
        log.exception("could not find the account")
    thread = threading.Thread(target=raising, args=(iban,))
    thread.start()
    thread.join()
    Unheard(iban)


def raising(iban: str) -> None:
    raise KeyError(iban)


class Unheard:
    """Whose end is an error."""

    def __init__(self, iban: str) -> None:
        self.iban = iban

    def __del__(self) -> None:
        raise ValueError(self.iban)


@task("canary:slip_awaited", payload=Account, queue="critical", retries=0)
async def awaited(job: JobRun[Account]) -> None:
    slip(job.payload.iban)
    forgotten = asyncio.ensure_future(asyncio.to_thread(raising, job.payload.iban))
    await asyncio.wait([forgotten])
    del forgotten
    raise ValueError(job.payload.iban)


@task("canary:slip_blocking", payload=Account, queue="critical", retries=0)
def blocking(job: JobRun[Account]) -> None:
    slip(job.payload.iban)
    raise ValueError(job.payload.iban)
