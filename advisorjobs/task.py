"""@task: a function becomes a job type – a value that says what the job is called, what it takes and how it is run."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from advisorjobs.backoff import Backoff
from advisorjobs.payloads import Payload

__all__ = ["JobType", "task"]

P = TypeVar("P", bound=Payload)


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
    function: Callable[[Any], Awaitable[Any] | Any]
    queue: str | None = None
    retries: int | None = None
    backoff: Backoff | None = None
    timeout: timedelta | None = None
    memory: int | None = None
    blocking: bool = False
    cost: int = 1
    limit_key: str | None = None

    def __call__(self, job: Any) -> Awaitable[Any] | Any:
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
) -> Callable[[Callable[[Any], Any]], JobType[P]]:
    """Makes the decorated function the job *name* ("area:action"; stable: waiting jobs refer to it).

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

    def decorate(function: Callable[[Any], Any]) -> JobType[P]:
        coroutine = inspect.iscoroutinefunction(function)
        return JobType(
            name=name,
            payload=payload,
            function=function,
            queue=queue,
            retries=retries,
            backoff=backoff,
            timeout=timeout,
            memory=memory,
            blocking=not coroutine if blocking is None else blocking,
            cost=cost,
            limit_key=limit_key,
        )

    return decorate


def fields_of(template: str) -> list[str]:
    """The names in braces."""
    return re.findall(r"\{(\w+)\}", template)
