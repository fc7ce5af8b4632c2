"""How the engine runs the jobs that @task makes."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pydantic

from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.handler import Policy, RetryChoice
from advisorjobs.engine.run import Run
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import payload_error
from advisorjobs.queues import Queue
from advisorjobs.task import JobFunction

__all__ = ["JobHandler"]


class JobHandler:
    """A job type under the rules of its queue's row, except where it says otherwise itself."""

    def __init__(self, job_type: JobFunction[Any, Any], row: Queue) -> None:
        self.job_type = job_type
        self.name = job_type.name
        self.module = job_type.function.__module__
        self.blocking = bool(job_type.blocking)
        self.portable = is_portable(job_type.function)
        self.policy = Policy(
            retries=row.retries if job_type.retries is None else job_type.retries,
            backoff=job_type.backoff or row.backoff,
            timeout=(job_type.timeout or row.timeout).total_seconds(),
            memory=job_type.memory,
        )
        self._function = job_type.function
        self._validate = job_type.payload.model_validate

    def call(self, run: Run) -> Awaitable[Any]:
        awaitable: Awaitable[Any] = self._function(self.job_run(run))
        return awaitable

    def call_blocking(self, run: Run) -> Any:
        return self._function(self.job_run(run))

    def wrap(self, run: Run, inner: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        return inner()

    def retry_choice(self, error: BaseException, job: Claimed) -> RetryChoice | bool | None:
        return True

    def job_run(self, run: Run) -> JobRun[Any]:
        """What the function is handed. Raises PayloadError that names the fields of a payload it can't take."""
        job = run.job
        try:
            payload = self._validate(job.args)
        except pydantic.ValidationError as error:
            raise payload_error(self.name, error) from None
        return JobRun(
            id=job.id,
            name=job.name,
            queue=job.queue,
            organization_id=job.organization_id,
            run=job.run_no,
            attempt=job.attempt,
            payload=payload,
            tags=tuple(job.tags or ()),
            token=job.token,
            ports=run.ports.of(run),
        )


def is_portable(function: Any) -> bool:
    """Whether another process can find *function*: at the top level of a module that can be imported by its name."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if module is None or name is None or module == "__main__":
        return False
    return module in sys.modules and "<locals>" not in name
