"""procrastinate's job manager: defers by our enqueueing, cleans in batches; the rest is its own, on our functions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from procrastinate import exceptions, jobs, manager, sync_psycopg_connector

from advisorjobs.bulk_calls import cleaned_queues, cleaning_steps
from advisorjobs.database.callers.verdict import verdict_of
from advisorjobs.database.operation import Operation
from advisorjobs.enqueue import checked_fields, enqueue_rows, ids_of, limits_of, row_text

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["JobManager"]


class JobManager(manager.JobManager):
    """As procrastinate's. With a connector of the application's own choice (`app.replace_connector`, for tests against
    procrastinate's in-memory one) it is procrastinate's altogether.
    """

    def __init__(self, app: App) -> None:
        super().__init__(app.connector)
        self.app = app

    @property
    def is_ours(self) -> bool:
        """Whether jobs go to our database, and not where a replaced connector takes them."""
        return self.connector is self.app.own_connector

    async def batch_defer_jobs_async(self, jobs: list[jobs.Job], connection: Any | None = None) -> list[jobs.Job]:
        """Creates *jobs* together. Raises AlreadyEnqueued; PayloadError where a job's model refuses its arguments."""
        if not self.is_ours:
            return await super().batch_defer_jobs_async(jobs, connection)
        rows = [self.row(job, job.task_kwargs) for job in jobs]
        return _numbered(jobs, await self.defer_rows_async(rows, connection))

    def batch_defer_jobs(self, jobs: list[jobs.Job], connection: Any | None = None) -> list[jobs.Job]:
        """As `batch_defer_jobs_async`."""
        if not self.is_ours:
            return super().batch_defer_jobs(jobs, connection)
        rows = [self.row(job, job.task_kwargs) for job in jobs]
        return _numbered(jobs, self.defer_rows(rows, connection))

    async def defer_rows_async(self, rows: Sequence[str], connection: Any | None = None) -> list[int]:
        """Creates the jobs of *rows* (see `row`) and returns their ids."""
        try:
            with sync_psycopg_connector.wrap_exceptions():
                return await self.app.run_async(self._deferral("defer_async", rows, connection))
        except Exception as error:
            refused = _already_enqueued(error)
            if refused is None:
                raise
        raise refused

    def defer_rows(self, rows: Sequence[str], connection: Any | None = None) -> list[int]:
        """As `defer_rows_async`."""
        try:
            with sync_psycopg_connector.wrap_exceptions():
                return self.app.run(self._deferral("defer", rows, connection))
        except Exception as error:
            refused = _already_enqueued(error)
            if refused is None:
                raise
        raise refused

    def _deferral(self, asked_by: str, rows: Sequence[str], connection: Any | None) -> Operation[list[int]]:
        return enqueue_rows(asked_by, rows, ids_of, connection, tracer=self.app.tracer)

    def row(self, job: jobs.Job, task_kwargs: Mapping[str, Any]) -> str:
        """*job* with *task_kwargs* as advisorjobs_enqueue takes it. Priority 0 means the queue's own."""
        job_type = self.app.catalogue.find(job.task_name)
        fields = task_kwargs if job_type is None else checked_fields(job_type, task_kwargs)
        options = {
            "priority": job.priority or None,
            "lock": job.lock,
            "queueing_lock": job.queueing_lock,
            "scheduled_at": job.scheduled_at.isoformat() if job.scheduled_at else None,
        }
        if job_type is not None:
            options |= limits_of(job_type, fields)
        return row_text(job.task_name, job.queue, fields, options)

    async def delete_old_jobs(
        self,
        nb_hours: int,
        queue: str | None = None,
        include_failed: bool | None = False,
        include_cancelled: bool | None = False,
        include_aborted: bool | None = False,
    ) -> None:
        """Takes jobs that ended over *nb_hours* ago out of all lists, failed ones in batches. The history stays."""
        if not self.is_ours:
            await super().delete_old_jobs(nb_hours, queue, include_failed, include_cancelled, include_aborted)
            return
        wanted = {
            "completed": True,
            "failed": include_failed,
            "cancelled": include_cancelled,
            "aborted": include_aborted,
        }
        states = [status for status, included in wanted.items() if included]
        for name in [queue] if queue is not None else await self.app.run_async(cleaned_queues("delete_old_jobs")):
            steps = cleaning_steps("delete_old_jobs", name, states, float(nb_hours) * 3600, None, None)
            await self.app.run_steps_async(steps)


def _already_enqueued(error: Exception) -> exceptions.AlreadyEnqueued | None:
    """procrastinate's own words for a queueing lock that is taken; None: *error* is something else.

    Its connector reads them from psycopg's errors; those of other drivers come with callers' connections.
    """
    verdict = verdict_of(error)
    if isinstance(error, exceptions.UniqueViolation):
        constraint, lock = error.constraint_name, error.queueing_lock
    elif verdict is not None:
        found = re.search(r"\(queueing_lock\)=\((.*)\)", verdict.detail or "")
        constraint, lock = verdict.constraint, found[1] if found else None
    else:
        return None
    if constraint != manager.QUEUEING_LOCK_CONSTRAINT:
        return None
    return exceptions.AlreadyEnqueued(
        f"Job cannot be enqueued: there is already a job in the queue with the queueing lock {lock}"
    )


def _numbered(deferred: Sequence[jobs.Job], ids: Sequence[int]) -> list[jobs.Job]:
    todo = jobs.Status.TODO.value
    return [job.evolve(id=number, status=todo) for job, number in zip(deferred, ids, strict=True)]
