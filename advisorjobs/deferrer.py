"""procrastinate's deferrer without its log lines, which copy and print every argument of every job."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

from procrastinate import jobs, tasks, types

from advisorjobs.job_manager import JobManager

__all__ = ["Deferrer", "quieten"]

log = logging.getLogger(__name__)


class Deferrer(jobs.JobDeferrer):
    """Defers one job, or a batch in one piece."""

    job_manager: JobManager

    @classmethod
    def of(cls, other: jobs.JobDeferrer) -> Deferrer:
        return cls(job_manager=other.job_manager, job=other.job, connection=other.connection)

    def _log_before_defer_jobs(self, jobs: list[jobs.Job]) -> None:
        """Says nothing."""

    def _log_after_defer_jobs(self, jobs: list[jobs.Job]) -> None:
        log.debug("deferred %d of %s", len(jobs), self.job.task_name)

    async def batch_defer_async(self, *task_kwargs: types.JSONDict) -> list[int]:
        """As procrastinate's. All of them are created, or none."""
        if not self.job_manager.is_ours:
            return await super().batch_defer_async(*task_kwargs)
        return await self.job_manager.defer_rows_async(self._rows(task_kwargs), self.connection)

    def batch_defer(self, *task_kwargs: types.JSONDict) -> list[int]:
        """As `batch_defer_async`."""
        if not self.job_manager.is_ours:
            return super().batch_defer(*task_kwargs)
        return self.job_manager.defer_rows(self._rows(task_kwargs), self.connection)

    def _rows(self, task_kwargs: tuple[types.JSONDict, ...]) -> list[str]:
        own = self.job.task_kwargs
        return [self.job_manager.row(self.job, {**own, **given}) for given in task_kwargs]


def quieten(task: tasks.Task[Any, Any, Any]) -> None:
    """Has *task*, which any blueprint may have made, defer by our deferrer."""
    configure = cast("Callable[..., jobs.JobDeferrer]", task.configure)
    if not isinstance(configure, _Quiet):
        task.configure = _Quiet(configure)  # type: ignore[method-assign]


class _Quiet:
    def __init__(self, configure: Callable[..., jobs.JobDeferrer]) -> None:
        self._configure = configure

    def __call__(self, **options: Any) -> Deferrer:
        return Deferrer.of(self._configure(**options))
