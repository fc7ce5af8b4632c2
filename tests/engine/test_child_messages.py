"""What crosses between a worker and its children arrives as it left."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from advisorjobs.engine.child_messages import (
    HEAD,
    claimed_from,
    claimed_message,
    failure_from,
    failure_message,
    framed,
    length_of,
    outcome_from,
    outcome_message,
)
from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.handler import RetryChoice
from advisorjobs.engine.outcome import Failure
from advisorjobs.errors import ErrorCode
from advisorjobs.outcomes import Cancel, Fail, Outcome, Retry, Snooze


def travelled(message: dict[str, Any]) -> dict[str, Any]:
    there: dict[str, Any] = json.loads(json.dumps(message))
    return there


@pytest.mark.parametrize("planned", [None, datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)])
def test_a_claimed_job_arrives_whole(planned: datetime | None) -> None:
    job = Claimed(
        1, "emails", "email:send", -3, "lock", None, {"a": [1, None, "é"]}, planned, 2, 3, 1, True, "o", ["t"], "f" * 32
    )
    assert claimed_from(travelled(claimed_message(job))) == job


@pytest.mark.parametrize("choice", [True, None, False, RetryChoice(3.5, queue="reports", priority=-1, lock="l")])
def test_a_failure_arrives_with_the_verdict_of_its_strategy(choice: RetryChoice | bool | None) -> None:
    failure = Failure(ErrorCode.NETWORK, "no answer", "trace", True, 12.5, choice, aborted=True)

    arrived = failure_from(travelled(failure_message(failure)))
    assert arrived == failure
    assert arrived.code is ErrorCode.NETWORK


@pytest.mark.parametrize(
    "outcome", [Retry(5, "later"), Snooze(2.5), Fail(ErrorCode.VALIDATION, "no"), Cancel("not wanted")]
)
def test_an_outcome_arrives_as_the_same_kind_with_the_same_values(outcome: Outcome) -> None:
    arrived = outcome_from(travelled(outcome_message(outcome)))

    assert type(arrived) is type(outcome)
    assert vars(arrived) == vars(outcome)


def test_a_message_travels_behind_its_length() -> None:
    data = framed(b"x" * 70_000)

    assert length_of(data[:HEAD]) == len(data) - HEAD == 70_000
