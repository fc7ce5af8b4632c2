"""How the engine runs plain procrastinate tasks: context, middleware, retry strategy and abort as procrastinate has them."""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from procrastinate import App, job_context, jobs, middleware, tasks, utils

from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.handler import Policy, RetryChoice
from advisorjobs.engine.job_handler import is_portable
from advisorjobs.engine.run import Fate, Run
from advisorjobs.queues import Queue

__all__ = ["PlainHandler", "PlainOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainOptions:
    """What procrastinate's worker options say to its tasks. `worker` is what middleware gets as the worker."""

    app: App
    worker: Any
    name: str
    queues: Sequence[str]
    additional_context: Mapping[str, Any] = field(default_factory=dict)
    task_middleware: Sequence[Any] = ()
    worker_middleware: Sequence[Any] = ()


class PlainHandler:
    """A procrastinate task under its own retry strategy and the time limit of its queue's row."""

    def __init__(self, name: str, task: tasks.Task[Any, Any, Any], row: Queue, options: PlainOptions) -> None:
        self.name = name
        self.module = task.func.__module__
        self.task = task
        self.options = options
        coroutine = inspect.iscoroutinefunction(task.func)
        self.blocking = not coroutine
        self.policy = Policy(retries=0, backoff=row.backoff, timeout=row.timeout.total_seconds())
        wide = [each for each in options.task_middleware if middleware.is_async_middleware(each) == coroutine]
        self._middleware = [*wide, *task.task_middleware]
        self.portable = (
            is_portable(task.func)
            and all(is_portable(each) for each in wide)
            and (not task.pass_context or is_json(options.additional_context))
        )
        self._direct = not (self._middleware or options.worker_middleware or task.pass_context)
        self._function = task.func

    def call(self, run: Run) -> Awaitable[Any]:
        if self._direct:
            awaitable: Awaitable[Any] = self._function(**run.job.args)
            return awaitable
        context = self._context(run)
        inner = middleware.compose(self._middleware, self._call_with(run, context), context, self.options.worker)
        return self._around(inner, context)

    def call_blocking(self, run: Run) -> Any:
        context = self._context(run)
        inner = middleware.compose(self._middleware, self._call_with(run, context), context, self.options.worker)
        return inner()

    def wrap(self, run: Run, inner: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
        """*inner* (the call in a child process) inside the worker middlewares, which always run on the event loop."""
        if not self.options.worker_middleware:
            return inner()
        return self._around(inner, self._context(run))

    def _around(self, inner: Callable[[], Awaitable[Any]], context: job_context.JobContext) -> Awaitable[Any]:
        outer: Callable[[], Awaitable[Any]] = middleware.compose(
            list(self.options.worker_middleware), inner, context, self.options.worker
        )
        return outer()

    def retry_choice(self, error: BaseException, job: Claimed) -> RetryChoice | bool | None:
        said = self.task.get_retry_exception(exception=error, job=stock_job(job))
        if said is None:
            return None
        decision = said.retry_decision
        delay = (decision.retry_at - utils.utcnow()).total_seconds() if decision.retry_at else 0.0
        return RetryChoice(max(0.0, delay), decision.queue, decision.priority, decision.lock)

    def _call_with(self, run: Run, context: job_context.JobContext) -> Callable[[], Any]:
        positional = [context] if self.task.pass_context else []
        return lambda: self._function(*positional, **run.job.args)

    def _context(self, run: Run) -> job_context.JobContext:
        return job_context.JobContext(
            app=self.options.app,
            worker_name=self.options.name,
            worker_queues=self.options.queues,
            additional_context=dict(self.options.additional_context),
            job=stock_job(run.job),
            abort_reason=lambda: _reason(run),
            start_timestamp=time.time(),
        )


def is_json(value: Any) -> bool:
    """Whether *value* reaches another process as it is."""
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


def stock_job(job: Claimed) -> jobs.Job:
    """The job as procrastinate describes it: there, `attempts` counts the runs before this one."""
    return jobs.Job(
        id=job.id,
        status="doing",
        queue=job.queue,
        priority=job.priority,
        lock=job.lock,
        queueing_lock=job.queueing_lock,
        task_name=job.name,
        task_kwargs=job.args,
        scheduled_at=job.planned_at,
        attempts=job.attempt - 1,
    )


def _reason(run: Run) -> job_context.AbortReason | None:
    if run.fate is Fate.STOPPING:
        return job_context.AbortReason.SHUTDOWN
    if run.fate is Fate.ABORTED:
        return job_context.AbortReason.USER_REQUEST
    return None
