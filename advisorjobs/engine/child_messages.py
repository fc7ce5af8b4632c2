"""What a worker and its child processes say to each other: JSON with its length before it, never a pickle.

To the child: start, run, abort, stop. From it: ready or broken; then for each run begun, lines of log (and how many more
there were), spans, perhaps written, and at last one of result, outcome, failure, late (not called: a rate limit's
grant was no longer good).
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.handler import RetryChoice
from advisorjobs.engine.outcome import Failure
from advisorjobs.errors import ErrorCode
from advisorjobs.outcomes import Cancel, Fail, Outcome, Retry, Snooze

__all__ = [
    "HEAD",
    "ChildSpec",
    "claimed_from",
    "claimed_message",
    "failure_from",
    "failure_message",
    "framed",
    "length_of",
    "message_from",
    "outcome_from",
    "outcome_message",
]

HEAD = 4
"""Bytes of the length before each message."""

_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """How a child becomes able to run the jobs of its parent.

    `application`: "module:name" of the App, or of what returns it. `imports`: modules with further tasks, the one that
    PROCRASTINATE_APP names among them. `logging`: what sets it up, given the settings. `dsn`: where job
    functions connect to. `worker`, `queues`, `additional_context`: what a JobContext says. `task_middleware`: "module:name" of
    each blocking one. `tracing`: whether functions are called in the trace of their run.
    """

    application: str = "advisorjobs.application:the_app"
    imports: tuple[str, ...] = ()
    dsn: str = field(repr=False)
    prepare: bool = True
    logging: str = "advisorjobs.cli.logs:log_to_terminal"
    worker: str = ""
    queues: tuple[str, ...] = ()
    additional_context: dict[str, Any] = field(default_factory=dict)
    task_middleware: tuple[str, ...] = ()
    tracing: bool = False


def framed(message: bytes) -> bytes:
    """*message* as it travels."""
    return _LENGTH.pack(len(message)) + message


def length_of(head: bytes) -> int:
    """How long the message is that follows *head*."""
    length: int = _LENGTH.unpack(head)[0]
    return length


def message_from(data: bytes) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(data)
    return message


def claimed_message(job: Claimed) -> dict[str, Any]:
    planned = job.planned_at.isoformat() if job.planned_at else None
    return job._replace(planned_at=planned)._asdict()  # type: ignore[arg-type]


def claimed_from(message: dict[str, Any]) -> Claimed:
    planned = message["planned_at"]
    return Claimed(**{**message, "planned_at": datetime.fromisoformat(planned) if planned else None})


def failure_message(failure: Failure) -> dict[str, Any]:
    return asdict(failure)


def failure_from(message: dict[str, Any]) -> Failure:
    choice = message["choice"]
    return Failure(
        **{
            **message,
            "code": ErrorCode(message["code"]),
            "choice": RetryChoice(**choice) if isinstance(choice, dict) else choice,
        }
    )


def outcome_message(outcome: Outcome) -> dict[str, Any]:
    return {"kind": type(outcome).__name__, **vars(outcome)}


def outcome_from(message: dict[str, Any]) -> Outcome:
    kinds = {kind.__name__: kind for kind in (Retry, Snooze, Fail, Cancel)}
    return kinds[message.pop("kind")](**message)
