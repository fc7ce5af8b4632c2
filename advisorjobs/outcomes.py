"""What a job function may say, beside returning a result or raising an error: a closed set of values.

Each may be returned or raised (`raise Retry(...)` from deep inside a library's callback): the meaning is the same.
"""

from __future__ import annotations

from datetime import timedelta

from advisorjobs.errors import ErrorCode

__all__ = ["Cancel", "Fail", "Outcome", "Retry", "Snooze"]


class Outcome(Exception):
    """Base of the four. An exception only so that it can be raised; nothing went wrong by itself."""


def _seconds(delay: timedelta | float) -> float:
    seconds = delay.total_seconds() if isinstance(delay, timedelta) else float(delay)
    if not 0 <= seconds <= 366 * 86400:
        raise ValueError(f"delay must be between 0 s and a year, got {seconds} s")
    return seconds


class Retry(Outcome):
    """Run again after *delay* (a timedelta or seconds). Costs an attempt; without any left the job fails."""

    def __init__(self, delay: timedelta | float, reason: str = "") -> None:
        super().__init__(reason)
        self.delay, self.reason = _seconds(delay), str(reason)


class Snooze(Outcome):
    """Run again after *delay* (a timedelta or seconds), as if this run had not been: costs no attempt."""

    def __init__(self, delay: timedelta | float) -> None:
        super().__init__()
        self.delay = _seconds(delay)


class Fail(Outcome):
    """The job has failed for good, with *code* of the fixed set and a *reason* for people. No retry."""

    def __init__(self, code: ErrorCode | str, reason: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason = ErrorCode(code), str(reason)


class Cancel(Outcome):
    """The job is no longer wanted: it ends `cancelled`, without retry and without being counted as a failure."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = str(reason)
