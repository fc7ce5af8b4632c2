"""What follows from how a run ended: decisions without a database."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from advisorjobs.backoff import exponential, fixed
from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.handler import Policy, RetryChoice
from advisorjobs.engine.outcome import (
    Failure,
    after_error,
    after_outcome,
    code_of,
    crashed,
    failure_of,
    timed_out,
)
from advisorjobs.errors import ErrorCode, JobError, PayloadError
from advisorjobs.outcomes import Cancel, Fail, Retry, Snooze

POLICY = Policy(retries=3, backoff=exponential(2), timeout=30)
JOB = Claimed(1, "emails", "email:send", -3, None, None, {}, None, 1, 1, 0, False, None, None, "f" * 32)
FAILURE = Failure(ErrorCode.NETWORK, "no route", "trace")


def no_jitter() -> float:
    return 0.0


@pytest.mark.parametrize(("attempt", "delay"), [(1, 2.0), (2, 4.0), (3, 8.0)])
def test_an_error_is_retried_with_the_queue_s_back_off(attempt: int, delay: float) -> None:
    ending = after_error(FAILURE, JOB._replace(attempt=attempt), POLICY, no_jitter)

    assert (ending.status, ending.final, ending.delay) == ("retrying", False, delay)
    assert (ending.error_code, ending.error_message, ending.stack_trace) == (ErrorCode.NETWORK, "no route", "trace")


def test_after_the_last_retry_the_job_fails() -> None:
    ending = after_error(FAILURE, JOB._replace(attempt=4), POLICY, no_jitter)

    assert (ending.status, ending.final) == ("failed", True)


def test_a_permanent_error_is_not_retried() -> None:
    ending = after_error(replace(FAILURE, permanent=True), JOB, POLICY, no_jitter)

    assert (ending.status, ending.final) == ("failed", True)


def test_a_service_that_asks_for_patience_gets_it() -> None:
    ending = after_error(replace(FAILURE, retry_after=90), JOB, POLICY, no_jitter)
    assert (ending.status, ending.delay, ending.close_for, ending.attempt_back) == ("snoozed", 90, 90, True)


def test_a_job_s_own_strategy_decides_before_the_queue() -> None:
    choice = RetryChoice(delay=7, queue="reports", priority=-1, lock="l")
    ending = after_error(replace(FAILURE, choice=choice), JOB._replace(attempt=99), POLICY, no_jitter)

    assert (ending.status, ending.delay, ending.queue, ending.priority, ending.lock) == (
        "retrying",
        7,
        "reports",
        -1,
        "l",
    )
    assert after_error(replace(FAILURE, choice=None), JOB, POLICY, no_jitter).final


def test_jitter_adds_up_to_a_tenth_and_never_subtracts() -> None:
    assert after_error(FAILURE, JOB, POLICY, lambda: 1.0).delay == pytest.approx(2.2)


def test_a_time_limit_is_retried_and_in_the_end_stays_timed_out() -> None:
    again = timed_out(JOB, POLICY, True, no_jitter)
    end = timed_out(JOB._replace(attempt=4), POLICY, True, no_jitter)

    assert (again.status, again.final, again.delay, again.error_code) == ("timed_out", False, 2, ErrorCode.TIMEOUT)
    assert (end.status, end.final) == ("timed_out", True)


def test_a_dead_child_is_counted_apart_from_attempts_and_the_third_ends_the_job() -> None:
    first = crashed(JOB, "killed", POLICY, no_jitter)
    third = crashed(JOB._replace(crashes=2), "killed", POLICY, no_jitter)

    assert (first.status, first.final, first.attempt_back, first.crashes) == ("crashed", False, True, 1)
    assert (third.status, third.final, third.crashes, third.error_code) == ("crashed", True, 3, ErrorCode.CRASHED)


def test_a_snooze_gives_the_attempt_back_and_a_retry_does_not() -> None:
    snoozed, retried = after_outcome(Snooze(5), JOB, POLICY), after_outcome(Retry(5, "later"), JOB, POLICY)

    assert (snoozed.status, snoozed.delay, snoozed.attempt_back) == ("snoozed", 5, True)
    assert (retried.status, retried.delay, retried.attempt_back) == ("retrying", 5, False)


def test_a_retry_without_attempts_left_is_a_failure() -> None:
    ending = after_outcome(Retry(5, "later"), JOB._replace(attempt=4), POLICY)

    assert (ending.status, ending.final) == ("failed", True)
    assert "later" in (ending.error_message or "")


def test_fail_and_cancel_end_the_job() -> None:
    failed = after_outcome(Fail("not_found", "gone"), JOB, POLICY)
    cancelled = after_outcome(Cancel("obsolete"), JOB, POLICY)

    assert (failed.status, failed.final, failed.error_code) == ("failed", True, ErrorCode.NOT_FOUND)
    assert (cancelled.status, cancelled.final, cancelled.error_message) == ("cancelled", True, "obsolete")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (JobError(ErrorCode.RATE_LIMITED, "slow down"), ErrorCode.RATE_LIMITED),
        (PayloadError("a:b", {"x": "bad"}), ErrorCode.VALIDATION),
        (TimeoutError(), ErrorCode.TIMEOUT),
        (ConnectionResetError(), ErrorCode.NETWORK),
        (FileNotFoundError(), ErrorCode.NOT_FOUND),
        (KeyError("x"), ErrorCode.INTERNAL),
        (asyncio.CancelledError(), ErrorCode.INTERNAL),
    ],
)
def test_every_error_has_a_code_of_the_fixed_set(error: BaseException, code: ErrorCode) -> None:
    assert code_of(error) is code


def test_a_failure_keeps_type_message_and_trace() -> None:
    try:
        raise ValueError("bad digit")
    except ValueError as error:
        failure = failure_of(error)

    assert failure.message == "ValueError: bad digit"
    assert "test_outcome.py" in failure.trace


def test_a_fixed_back_off_stays_and_an_exponential_one_stops_at_an_hour() -> None:
    assert fixed(30).delay(5).total_seconds() == 30
    assert exponential(2).delay(40).total_seconds() == 3600
