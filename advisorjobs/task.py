"""@task: a job type is a value that says what the job is called, what it takes and how it is run.

Without a function it is a declaration: such jobs can be queued, and wait until a worker comes that has the function.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Generic, TypeVar

from advisorjobs.backoff import Backoff
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload

__all__ = ["JobDeclaration", "JobFunction", "JobType", "task"]

P = TypeVar("P", bound=Payload)
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobType(Generic[P]):
    """A kind of job. What is None comes from the row of its queue.

    `timeout` is for one run; `memory` (bytes, resident) holds for blocking functions only, which run in a process of
    their own; `blocking` is whether the function blocks or burns processor time (None: unless it is a coroutine).
    `cost`: how many starts of a rate limit one run uses up. `limit_key`: the service or account whose limits hold for it
    beside the queue's, with fields of the payload in braces: "quickbooks:{realm_id}".
    """

    name: str
    payload: type[P]
    queue: str | None = None
    retries: int | None = None
    backoff: Backoff | None = None
    timeout: timedelta | None = None
    memory: int | None = None
    blocking: bool | None = None
    cost: int = 1
    limit_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDeclaration(JobType[P]):
    """A job that is known by name and payload. Workers leave it to those that have its function.

    Applied to a function (`@task(…)`, or `declaration(function)`) it becomes a job that runs.
    """

    def __call__(self, function: Callable[[JobRun[P]], R]) -> JobFunction[P, R]:
        """The job *function*, with all that is declared here."""
        declared = {each.name: getattr(self, each.name) for each in fields(JobType)}
        if self.blocking is None:
            declared["blocking"] = not inspect.iscoroutinefunction(function)
        return JobFunction(function=function, **declared)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFunction(JobType[P], Generic[P, R]):
    """A job that runs: `function` does its work, and returns its result or an awaitable of it."""

    function: Callable[[JobRun[P]], R]

    def __call__(self, job: JobRun[P]) -> R:
        """Calls the function itself, for tests of what it does."""
        return self.function(job)


def task(
    name: str,
    *,
    payload: type[P],
    queue: str | None = None,
    retries: int | None = None,
    backoff: Backoff | None = None,
    timeout: timedelta | None = None,
    memory: int | None = None,
    blocking: bool | None = None,
    cost: int = 1,
    limit_key: str | None = None,
) -> JobDeclaration[P]:
    """Declares the job *name* ("area:action"; stable: waiting jobs refer to it); as a decorator, makes a function run it.

    *queue* is the one whose module this is (see queues.py); outside `tasks/` it must be given. Wrong values raise
    ValueError, a wrong *payload* TypeError, when the module is imported.
    """
    if ":" not in name or len(name) > 128:
        raise ValueError(f"a job's name is 'area:action' with at most 128 characters, got {name!r}")
    if not issubclass(payload, Payload):
        raise TypeError(f"{name}: payload must be a subclass of advisorjobs.Payload, got {payload!r}")
    if not 1 <= cost <= 32_767:
        raise ValueError(f"{name}: cost must be 1 to 32767, got {cost!r}")
    for field in fields_of(limit_key or ""):
        if field not in payload.model_fields:
            raise ValueError(f"{name}: limit_key names {field!r}, which is no field of {payload.__name__}")
    return JobDeclaration(
        name=name,
        payload=payload,
        queue=queue,
        retries=retries,
        backoff=backoff,
        timeout=timeout,
        memory=memory,
        blocking=blocking,
        cost=cost,
        limit_key=limit_key,
    )


def fields_of(template: str) -> list[str]:
    """The names in braces."""
    return re.findall(r"\{(\w+)\}", template)
