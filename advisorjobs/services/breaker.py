"""A circuit breaker per service, shared by all workers through the database.

After THRESHOLD failures in a row a service is left alone. Jobs that need it are snoozed until then, which costs them no
attempt; then one run tries, alone. If it succeeds all is as before, else the wait doubles up to a cap. Failures are what
says that the service is down (`network`, `timeout`, `external_service`); a refusal shows that it lives.

Jobs are snoozed one by one, rather than closing their queue as a Retry-After does: the queue serves other services too,
and a limit key names one account of many, while what is down is the service for everybody.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.job_run import JobRun
from advisorjobs.outcomes import Outcome, Snooze

__all__ = ["CLOSED", "Breaker", "after_failure", "after_success", "guard", "guard_blocking", "is_failure", "probing"]

THRESHOLD = 5
FIRST_WAIT = 15.0
LONGEST_WAIT = 600.0
PROBE = 150.0
"""Seconds that a trial may take, a little more than the time limit of the queue: one that died is followed by another."""

DOWN = frozenset({ErrorCode.NETWORK, ErrorCode.TIMEOUT, ErrorCode.EXTERNAL_SERVICE})


@dataclass(frozen=True, slots=True)
class Breaker:
    """What the row says. `wait`: seconds until a run may try, when it is open; 0 or less: now.

    `trial`: the run that asked is the one that tries.
    """

    failures: int = 0
    open: bool = False
    wait: float = 0.0
    trial: bool = False


CLOSED = Breaker()


def probing(state: Breaker) -> Breaker:
    """The state after a run has asked to try: it does so alone for a while, or it waits for others."""
    if state.open and state.wait <= 0:
        return Breaker(state.failures, open=True, wait=PROBE, trial=True)
    return state


def after_failure(state: Breaker, *, probe: bool) -> Breaker:
    """The state after a failure. While it is open, only the trial's counts: the others began before."""
    if state.open and not probe:
        return state
    failures = state.failures + 1
    if failures < THRESHOLD:
        return Breaker(failures)
    return Breaker(failures, open=True, wait=min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - THRESHOLD, 16)))


def after_success(_state: Breaker) -> Breaker:
    """The state after any success, whoever's."""
    return CLOSED


def is_failure(error: BaseException | None) -> bool | None:
    """Whether *error* says that the service is down; None where it says nothing of the service."""
    if error is None or isinstance(error, Outcome):
        return False
    if not isinstance(error, JobError) or error.code in (ErrorCode.INTERNAL, ErrorCode.DATABASE, ErrorCode.CANCELLED):
        return None
    return error.code in DOWN


@asynccontextmanager
async def guard(job: JobRun[Any], service: str) -> AsyncIterator[None]:
    """Around all that a job asks of *service*. Raises Snooze while it is left alone, and when a trial has failed."""
    async with job.connection() as connection:
        cursor = await connection.execute(statement("read_breaker"), {"service": service})
        state = _state(await cursor.fetchone())
    if state.open:
        state = await _changed(job, service, probing)
        _admit(job, service, state)
    probe = state.open
    try:
        yield
    except Exception as error:
        failed = is_failure(error)
        if failed is not None and (failed or state != CLOSED):
            state = await _changed(job, service, partial(_after, failed=failed, probe=probe))
        if failed and probe:
            raise _snoozed(job, service, state) from error
        raise
    if state != CLOSED:
        await _changed(job, service, after_success)


@contextmanager
def guard_blocking(job: JobRun[Any], service: str) -> Iterator[None]:
    """`guard` for blocking job functions."""
    with job.connection() as connection:
        state = _state(connection.execute(statement("read_breaker"), {"service": service}).fetchone())
    if state.open:
        state = _changed_blocking(job, service, probing)
        _admit(job, service, state)
    probe = state.open
    try:
        yield
    except Exception as error:
        failed = is_failure(error)
        if failed is not None and (failed or state != CLOSED):
            state = _changed_blocking(job, service, partial(_after, failed=failed, probe=probe))
        if failed and probe:
            raise _snoozed(job, service, state) from error
        raise
    if state != CLOSED:
        _changed_blocking(job, service, after_success)


def _after(state: Breaker, *, failed: bool, probe: bool) -> Breaker:
    return after_failure(state, probe=probe) if failed else after_success(state)


async def _changed(job: JobRun[Any], service: str, decide: Callable[[Breaker], Breaker]) -> Breaker:
    """The row as *decide* wants it; locked between reading and writing."""
    async with job.connection() as connection:
        cursor = await connection.execute(statement("lock_breaker"), {"service": service})
        state = _state(await cursor.fetchone())
        if (wanted := decide(state)) != state:
            await connection.execute(statement("write_breaker"), _row(service, wanted))
    return wanted


def _changed_blocking(job: JobRun[Any], service: str, decide: Callable[[Breaker], Breaker]) -> Breaker:
    with job.connection() as connection:
        state = _state(connection.execute(statement("lock_breaker"), {"service": service}).fetchone())
        if (wanted := decide(state)) != state:
            connection.execute(statement("write_breaker"), _row(service, wanted))
    return wanted


def _admit(job: JobRun[Any], service: str, state: Breaker) -> None:
    if state.open and not state.trial:
        raise _snoozed(job, service, state)


def _snoozed(job: JobRun[Any], service: str, state: Breaker) -> Snooze:
    """Until a run may try; spread by a tenth, so that not all come at once."""
    wait = max(1.0, state.wait) * random.uniform(1.0, 1.1)
    job.log.warning("%s fails, and is left alone: the job waits %.0f s, no attempt is charged", service, wait)
    return Snooze(wait)


def _state(row: Any) -> Breaker:
    return Breaker(row[0], open=row[1], wait=row[2] or 0.0) if row else CLOSED


def _row(service: str, state: Breaker) -> dict[str, Any]:
    return {"service": service, "failures": state.failures, "open": state.open, "wait": state.wait}
