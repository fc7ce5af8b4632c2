"""What happens after a run: pure decisions from what the function said, or what became of it, to what is written."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from advisorjobs.engine.fingerprint import fingerprint_of
from advisorjobs.errors import ErrorCode, JobError, PayloadError
from advisorjobs.outcomes import Cancel, Fail, Outcome, Retry, Snooze

if TYPE_CHECKING:
    from advisorjobs.engine.claimed import Claimed
    from advisorjobs.engine.handler import Handler, Policy, RetryChoice

__all__ = [
    "CRASHES",
    "RELEASED",
    "UNSTARTED",
    "Ending",
    "Failure",
    "after_error",
    "after_outcome",
    "cancelled",
    "crashed",
    "failure_of",
    "judged",
    "timed_out",
]

CRASHES = 3
"""A job whose child process died this many times is poisonous: it fails."""

LONGEST_TEXT = 20_000

LONGEST_PATIENCE = 86_400.0
"""A service that asks for more than a day is asked again after a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run ended, in the words of advisorjobs_settle; `delay` and `close_for` in seconds.

    `start_back`: its function was never called, so that a rate limit need not count its start.
    """

    status: str
    final: bool = False
    delay: float = 0.0
    attempt_back: bool = False
    start_back: bool = False
    error_code: ErrorCode | None = None
    error_message: str | None = None
    stack_trace: str | None = None
    fingerprint: str | None = None
    queue: str | None = None
    priority: int | None = None
    lock: str | None = None
    crashes: int | None = None
    parked: str | None = None
    close_for: float | None = None

    @property
    def outcome(self) -> str:
        """One of monitoring's OUTCOMES."""
        if self.status in ("cancelled", "snoozed", "released"):
            return self.status
        return "failed" if self.final else "retried"


RELEASED = Ending(status="released", attempt_back=True)
"""Given back by a worker that stops: as if the run had not been."""

UNSTARTED = replace(RELEASED, start_back=True)
"""The same, before its function was called."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as it crosses from a child process: its type's name, message, trace, code, and whether a retry makes sense.

    `choice` is the verdict of the job's own retry strategy, which saw the exception where it was raised; `aborted`: the
    function stopped because it was asked to (procrastinate's JobAborted); `fingerprint`: which errors are alike, None
    where there was no exception.
    """

    code: ErrorCode
    message: str
    trace: str
    permanent: bool = False
    retry_after: float | None = None
    choice: RetryChoice | bool | None = True
    aborted: bool = False
    fingerprint: str | None = None


def failure_of(error: BaseException, choice: RetryChoice | bool | None = True) -> Failure:
    """*error* as a value: what job_executions keeps of it."""
    message = str(error) or type(error).__name__
    if not isinstance(error, JobError | PayloadError):
        message = f"{type(error).__name__}: {message}" if str(error) else message
    trace = "".join(traceback.format_exception(error))
    return Failure(
        code=code_of(error),
        message=message[:LONGEST_TEXT],
        trace=trace[-LONGEST_TEXT:],
        permanent=isinstance(error, PayloadError) or (isinstance(error, JobError) and error.permanent),
        retry_after=error.retry_after if isinstance(error, JobError) else None,
        choice=choice,
        aborted=any(kind.__name__ == "JobAborted" for kind in type(error).__mro__),
        fingerprint=fingerprint_of(error),
    )


def judged(error: BaseException, job: Claimed, handler: Handler | None) -> Failure:
    """*error* with the verdict of the job's own retry strategy; a strategy that fails itself is the end of the job."""
    if handler is None:
        return failure_of(error)
    try:
        choice = handler.retry_choice(error, job)
    except Exception as broken:
        broken.__context__ = error
        return failure_of(broken, None)
    return failure_of(error, choice)


_CODES_BY_MODULE: Mapping[str, ErrorCode] = {
    "psycopg": ErrorCode.DATABASE,
    "asyncpg": ErrorCode.DATABASE,
    "sqlalchemy": ErrorCode.DATABASE,
    "httpx": ErrorCode.NETWORK,
    "httpcore": ErrorCode.NETWORK,
    "aiohttp": ErrorCode.NETWORK,
    "requests": ErrorCode.NETWORK,
    "pydantic_core": ErrorCode.VALIDATION,
}


def code_of(error: BaseException) -> ErrorCode:
    """The code of the fixed set that fits *error* best: its own, by its type, by the library it comes from, or internal."""
    if isinstance(error, JobError):
        return error.code
    if isinstance(error, PayloadError):
        return ErrorCode.VALIDATION
    if isinstance(error, TimeoutError):
        return ErrorCode.TIMEOUT
    if isinstance(error, ConnectionError):
        return ErrorCode.NETWORK
    if isinstance(error, FileNotFoundError):
        return ErrorCode.NOT_FOUND
    return _CODES_BY_MODULE.get(type(error).__module__.partition(".")[0], ErrorCode.INTERNAL)


def after_outcome(said: Outcome, job: Claimed, policy: Policy) -> Ending:
    """What a function said with Retry, Snooze, Fail or Cancel."""
    match said:
        case Snooze():
            return Ending(status="snoozed", delay=said.delay, attempt_back=True)
        case Cancel():
            return Ending(
                status="cancelled", final=True, error_code=ErrorCode.CANCELLED, error_message=said.reason or None
            )
        case Fail():
            return Ending(status="failed", final=True, error_code=said.code, error_message=said.reason or None)
        case Retry() if job.attempt <= policy.retries:
            return Ending(status="retrying", delay=said.delay, error_message=said.reason or None)
    reason = f"no attempts left after {job.attempt}: {getattr(said, 'reason', '')}".rstrip(": ")
    return Ending(status="failed", final=True, error_code=ErrorCode.INTERNAL, error_message=reason)


def after_error(failure: Failure, job: Claimed, policy: Policy, random: Callable[[], float]) -> Ending:
    """An error that the function raised: another run by its own strategy or the queue's back-off, or the end."""
    return _again_or_end(("retrying", "failed"), failure, job, policy, random)


def timed_out(job: Claimed, policy: Policy, choice: RetryChoice | bool | None, random: Callable[[], float]) -> Ending:
    """The time limit ended the work."""
    message = f"the time limit of {policy.timeout:g} s passed"
    failure = Failure(ErrorCode.TIMEOUT, message, "", choice=choice)
    return _again_or_end(("timed_out", "timed_out"), failure, job, policy, random)


def crashed(job: Claimed, reason: str, policy: Policy, random: Callable[[], float]) -> Ending:
    """The child process that ran this job alone died by itself: charged to the job; the third ends it."""
    crashes = job.crashes
    final = crashes + 1 >= CRASHES
    return Ending(
        status="crashed",
        final=final,
        delay=0.0 if final else policy.backoff.delay(crashes + 1, random=random()).total_seconds(),
        attempt_back=not final,
        error_code=ErrorCode.CRASHED,
        error_message=f"{reason} (death {crashes + 1} of {CRASHES})",
        crashes=crashes + 1,
    )


def cancelled(reason: str | None = None) -> Ending:
    """Somebody asked for it while it ran, or the function found out and stopped."""
    return Ending(status="cancelled", final=True, error_code=ErrorCode.CANCELLED, error_message=reason)


def _again_or_end(
    statuses: tuple[str, str], failure: Failure, job: Claimed, policy: Policy, random: Callable[[], float]
) -> Ending:
    """*statuses*: the run's when another follows, and when this was the last.

    What a service asked to be done later is done then, by nobody sooner, and no attempt is charged for it.
    """
    choice = failure.choice
    again = Ending(
        status=statuses[0],
        error_code=failure.code,
        error_message=failure.message,
        stack_trace=failure.trace or None,
        fingerprint=failure.fingerprint,
    )
    if failure.retry_after and not failure.permanent:
        patience = min(failure.retry_after, LONGEST_PATIENCE)
        return replace(again, status="snoozed", delay=patience, attempt_back=True, close_for=patience)
    if failure.permanent or choice is None or choice is False or (choice is True and job.attempt > policy.retries):
        return replace(again, status=statuses[1], final=True)
    if choice is True:
        return replace(again, delay=policy.backoff.delay(job.attempt, random=random()).total_seconds())
    return replace(again, delay=max(0.0, choice.delay), queue=choice.queue, priority=choice.priority, lock=choice.lock)
