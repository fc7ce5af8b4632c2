"""What a job function is handed: who it runs for, what it was given, and the few things that it may ask of the engine."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from advisorjobs.payloads import Payload

__all__ = ["JobRun", "RunPorts"]

P = TypeVar("P", bound=Payload)


class RunPorts(Protocol):
    """What stands behind a JobRun: awaitable for coroutine functions, plain for functions in a child process."""

    def progress(self, run: JobRun[Any], done: float, total: float | None, note: str | None) -> Any: ...
    def connection(self, run: JobRun[Any]) -> Any: ...
    def transaction(self, run: JobRun[Any]) -> Any: ...
    def should_abort(self, run: JobRun[Any]) -> bool: ...
    def deadline(self, run: JobRun[Any]) -> datetime: ...


@dataclass(slots=True, kw_only=True)
class JobRun(Generic[P]):
    """One run of a job.

    In a coroutine function, `progress()` is awaited and `connection()` and `transaction()` are used with `async with`;
    in a blocking function the same without await. `attempt` counts from 1 and leaves out snoozed and released runs;
    `run` counts every run. `token` is the fence: it names this run in every later write.
    """

    id: int
    name: str
    queue: str
    organization_id: str | None
    run: int
    attempt: int
    payload: P
    tags: tuple[str, ...]
    token: str = field(repr=False)
    ports: RunPorts = field(repr=False)
    result: Any = None

    @property
    def deadline(self) -> datetime:
        """When the time limit ends the work: this machine's clock, in UTC, for display."""
        return self.ports.deadline(self)

    @property
    def log(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger whose every line carries job, queue, organization and attempt."""
        who = {
            "job_id": self.id,
            "job": self.name,
            "queue": self.queue,
            "organization_id": self.organization_id,
            "attempt": self.attempt,
        }
        return logging.LoggerAdapter(logging.getLogger("advisorjobs.job"), who)

    def progress(self, done: float, total: float | None = None, note: str | None = None) -> Any:
        """Says how far the work is: *done* of *total* steps, with a short *note* for the dashboard (no client data)."""
        return self.ports.progress(self, done, total, note)

    def connection(self) -> Any:
        """A database connection in a transaction of its own that sees this organization's rows only; commits at exit."""
        return self.ports.connection(self)

    def transaction(self) -> Any:
        """A transaction whose commit also completes this job with `job.result`: both happen, or neither.

        After it the function may only return. Raises LeaseLost, having rolled back, if the run is no longer this
        process's own.
        """
        return self.ports.transaction(self)

    def should_abort(self) -> bool:
        """Whether somebody cancelled the job or the worker is stopping: give up soon."""
        return self.ports.should_abort(self)
