"""The circuit breaker: its decisions, and what several processes see of one row."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.outcomes import Snooze
from advisorjobs.services.breaker import (
    CLOSED,
    FIRST_WAIT,
    LONGEST_WAIT,
    PROBE,
    THRESHOLD,
    Breaker,
    after_failure,
    guard_blocking,
    is_failure,
    probing,
)
from advisorjobs.tenancy.scope import scope

OPEN = Breaker(THRESHOLD, open=True, wait=FIRST_WAIT)
DOWN = JobError(ErrorCode.EXTERNAL_SERVICE, "down")


@dataclass
class Job:
    """As much of a JobRun as the breaker asks for."""

    dsn: str
    log = logging.getLogger("test")

    @contextmanager
    def connection(self) -> Iterator[Any]:
        with psycopg.connect(self.dsn, autocommit=True) as connection, scope(connection, "org-1"):
            yield connection


def attempt(dsn: str, error: Exception | None = None) -> str:
    """What becomes of one run that asks the service: `done`, `failed` or `snoozed`."""
    job: Any = Job(dsn)
    try:
        with guard_blocking(job, "stripe"):
            if error:
                raise error
    except Snooze:
        return "snoozed"
    except JobError:
        return "failed"
    return "done"


def racer(dsn: str, start: Any, ending: Any, said: Any) -> None:
    """One process that asks; a trial holds the service until everybody has asked."""
    job: Any = Job(dsn)
    start.wait()
    try:
        with guard_blocking(job, "stripe"):
            said.put("tried")
            ending.wait(30)
    except Snooze:
        said.put("snoozed")


@pytest.fixture
def row(connection: psycopg.Connection[Any]) -> Any:
    def read() -> Any:
        return connection.execute(
            "SELECT failures, opened_at IS NOT NULL, extract(epoch FROM retry_at - now())::float8 FROM advisorjobs_breakers"
        ).fetchone()

    return read


def let_wait_pass(connection: psycopg.Connection[Any]) -> None:
    connection.execute("UPDATE advisorjobs_breakers SET retry_at = now() - interval '1 second'")


def test_it_opens_after_failures_in_a_row_and_waits_longer_each_time() -> None:
    state, waits = CLOSED, []
    for _ in range(THRESHOLD + 8):
        state = after_failure(state, probe=state.open)
        waits.append(state.wait if state.open else None)

    assert waits[: THRESHOLD - 1] == [None] * (THRESHOLD - 1)
    assert waits[THRESHOLD - 1 : THRESHOLD + 2] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT


def test_failures_of_runs_that_began_before_it_opened_do_not_lengthen_the_wait() -> None:
    assert after_failure(OPEN, probe=False) == OPEN


def test_one_may_try_when_the_wait_is_over() -> None:
    assert probing(OPEN) == OPEN
    assert probing(Breaker(7, open=True, wait=-1.0)) == Breaker(7, open=True, wait=PROBE, trial=True)
    assert probing(CLOSED) == CLOSED


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (None, False),
        (DOWN, True),
        (JobError(ErrorCode.NETWORK, ""), True),
        (JobError(ErrorCode.TIMEOUT, ""), True),
        (JobError(ErrorCode.VALIDATION, ""), False),
        (JobError(ErrorCode.RATE_LIMITED, ""), False),
        (JobError(ErrorCode.AUTHENTICATION, ""), False),
        (JobError(ErrorCode.INTERNAL, ""), None),
        (KeyError("a bug of ours"), None),
    ],
)
def test_what_speaks_against_a_service(error: Exception | None, failure: bool | None) -> None:
    assert is_failure(error) is failure


def test_a_service_that_is_well_leaves_no_row(database: str, row: Any) -> None:
    assert attempt(database) == "done"
    assert row() is None


def test_a_success_forgets_the_failures_before_it(database: str, row: Any) -> None:
    for _ in range(THRESHOLD - 1):
        assert attempt(database, DOWN) == "failed"
    assert attempt(database) == "done"
    assert row() == (0, False, None)
    for _ in range(THRESHOLD - 1):
        assert attempt(database, DOWN) == "failed"
    assert row()[1] is False


def test_from_open_to_closed(database: str, connection: psycopg.Connection[Any], row: Any) -> None:
    for _ in range(THRESHOLD):
        assert attempt(database, DOWN) == "failed"
    assert [attempt(database) for _ in range(20)] == ["snoozed"] * 20

    let_wait_pass(connection)
    assert attempt(database, DOWN) == "snoozed"  # the trial; it has failed, and is charged no attempt
    assert row()[:2] == (THRESHOLD + 1, True)
    assert FIRST_WAIT * 1.8 < row()[2] <= FIRST_WAIT * 2

    let_wait_pass(connection)
    assert attempt(database) == "done"
    assert row() == (0, False, None)


def test_a_refusal_in_a_trial_shows_that_the_service_lives(
    database: str, connection: psycopg.Connection[Any], row: Any
) -> None:
    for _ in range(THRESHOLD):
        attempt(database, DOWN)
    let_wait_pass(connection)

    assert attempt(database, JobError(ErrorCode.VALIDATION, "no such customer")) == "failed"
    assert row() == (0, False, None)


def test_a_bug_of_ours_in_a_trial_leaves_it_to_the_next_one(
    database: str, connection: psycopg.Connection[Any], row: Any
) -> None:
    for _ in range(THRESHOLD):
        attempt(database, DOWN)
    let_wait_pass(connection)

    with pytest.raises(KeyError):
        attempt(database, KeyError("a bug of ours"))
    assert row()[1] is True
    assert row()[2] > FIRST_WAIT


@pytest.mark.faults
def test_of_several_processes_one_tries(database: str, connection: psycopg.Connection[Any], row: Any) -> None:
    for _ in range(THRESHOLD):
        attempt(database, DOWN)
    let_wait_pass(connection)
    context = multiprocessing.get_context("spawn")
    start, ending, said = context.Event(), context.Event(), context.Queue()
    racers = [context.Process(target=racer, args=(database, start, ending, said)) for _ in range(4)]
    for each in racers:
        each.start()
    start.set()
    seen = sorted(said.get(timeout=60) for _ in racers)
    ending.set()
    for each in racers:
        each.join(60)

    assert seen == ["snoozed", "snoozed", "snoozed", "tried"]
    assert row() == (0, False, None)
