"""The queue manager: create, see, cancel, retry, count and clean jobs; limit and pause queues; schedules."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Unpack

from advisorjobs.bulk_calls import BulkCalls
from advisorjobs.calls import Awaiting, Blocking, call
from advisorjobs.database.operation import Operation, done, operation
from advisorjobs.database.statement import statement
from advisorjobs.enqueue import CommonOptions, Enqueued, JobOptions, NewJob, refuse_unknown_option
from advisorjobs.job import Job, read_job, read_jobs
from advisorjobs.limit_calls import LimitCalls
from advisorjobs.pause_calls import PauseCalls
from advisorjobs.payloads import Payload
from advisorjobs.schedule_calls import ScheduleCalls

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["BlockingQueueManager", "QueueManager", "get_queue_manager"]


class QueueCalls(BulkCalls, LimitCalls, PauseCalls, ScheduleCalls):
    """The calls of both managers. Every one takes `connection=`: then it happens in that connection's transaction.

    An unknown queue or job raises UnknownJob ("did you mean"), a wrong payload PayloadError, both before anything
    is sent.
    """

    app: App

    @call
    def add_job(
        self, queue: str, name: str, payload: Mapping[str, Any] | Payload, **options: Unpack[JobOptions]
    ) -> Operation[int]:
        """Creates a job and returns its id; with a `unique_key` that is taken, the id of the job that has it."""
        return self._add("add_job", queue, name, payload, options)

    @call
    def add_jobs(
        self, jobs: Iterable[NewJob | Mapping[str, Any]], *, connection: Any = None
    ) -> Operation[list[Enqueued]]:
        """Creates many jobs, all or none: NewJob values, or mappings with their fields. Returns (id, created) for each.

        Made for tens of thousands in one call. `created` is False where a unique_key was taken already.
        """
        return self.app.enqueuer.add_many("add_jobs", jobs, connection)

    @call
    def add_scheduled_job(
        self,
        queue: str,
        name: str,
        payload: Mapping[str, Any] | Payload,
        schedule_at: datetime,
        **options: Unpack[CommonOptions],
    ) -> Operation[int]:
        """Creates a job that starts at *schedule_at* (with its time zone) or later, and returns its id."""
        timed: JobOptions = {**options, "schedule_at": schedule_at, "schedule_in": None}
        return self._add("add_scheduled_job", queue, name, payload, timed)

    @call
    def get_job(self, job_id: int, *, connection: Any = None) -> Operation[Job | None]:
        """The job, whether it lives or has ended; None when there is none or it was cleaned away."""
        return operation("get_job", statement("get_job"), {"job_id": job_id}, read_job, connection)

    @call
    def cancel_job(self, job_id: int, *, connection: Any = None) -> Operation[bool]:
        """Cancels a job: a waiting one ends at once, a running one is asked to stop. False: nothing to cancel."""
        return operation("cancel_job", statement("cancel_job"), {"job_id": job_id}, done, connection)

    @call
    def retry_job(self, queue: str, job_id: int, *, connection: Any = None) -> Operation[bool]:
        """Runs a failed job of *queue* again, under the id that it has, with all its attempts.

        False: there is no such failed job, or its unique_key has gone to another.
        """
        values = {"queue": self.app.known_queue(queue), "job_id": job_id}
        return operation("retry_job", statement("retry_job"), values, done, connection)

    @call
    def get_failed_jobs(self, queue: str, limit: int = 100, *, connection: Any = None) -> Operation[list[Job]]:
        """The failed jobs of *queue* that were neither retried nor cleaned, latest first, at most *limit*."""
        values = {"queue": self.app.known_queue(queue), "most": limit}
        return operation("get_failed_jobs", statement("get_failed_jobs"), values, read_jobs, connection)

    def _add(
        self, asked_by: str, queue: str, name: str, payload: Mapping[str, Any] | Payload, options: JobOptions
    ) -> Operation[int]:
        for option in options:
            refuse_unknown_option(f"{asked_by}()", option, JobOptions.__annotations__)
        rest: dict[str, Any] = dict(options)
        connection = rest.pop("connection", None)
        return self.app.enqueuer.add(asked_by, NewJob(queue=queue, name=name, payload=payload, **rest), connection)


class BlockingQueueManager(Blocking, QueueCalls):
    """The manager's calls for blocking code, in any thread."""


class QueueManager(Awaiting, QueueCalls):
    """The manager's calls, awaited; `.sync` has the same ones for blocking code."""

    @functools.cached_property
    def sync(self) -> BlockingQueueManager:
        """The same calls, blocking."""
        return BlockingQueueManager(self.app)


@functools.cache
def get_queue_manager() -> QueueManager:
    """The process's manager. Opens nothing until it is used."""
    from advisorjobs.application import the_app

    return QueueManager(the_app())
