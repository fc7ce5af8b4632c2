"""The job tracker: what jobs did, how long it took, what failed and why, who did it."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import Awaiting, Blocking, Steps, call, long_call
from advisorjobs.cleanup import Cleanup, cleanup_steps
from advisorjobs.database.operation import Operation, operation
from advisorjobs.database.statement import statement
from advisorjobs.error_group import ErrorGroup, read_error_groups
from advisorjobs.errors import SettingsError
from advisorjobs.job_execution import JobExecution, read_job_executions
from advisorjobs.job_statistics import JobStatistics, read_job_statistics
from advisorjobs.performance import PerformanceMetrics, read_performance
from advisorjobs.worker_statistics import WorkerStatistics, read_worker_statistics

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["BlockingJobTracker", "JobTracker", "get_job_tracker"]


class TrackerCalls:
    """The calls of both trackers. *organization_id* None: all organizations together; "": jobs without one.

    *start* and *end* have their time zones; what ended from *start* on and before *end* counts. Without *start* it is today
    and the 30 days before (UTC), without *end* up to now. Raises SettingsError for a range or number that can't be used.

    Figures are exact at the moment of the call, percentiles but for 4.8 % (see Durations). They come from kept tallies: whole
    weeks, days and hours of UTC are a few rows each, cut hours at the edges of a range are read run by run.
    """

    app: App

    @call
    def get_job_statistics(
        self,
        organization_id: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        connection: Any = None,
    ) -> Operation[JobStatistics]:
        """How many jobs ended and how, how long they waited and ran: in total and for each job name."""
        return operation(
            "get_job_statistics",
            statement("get_job_statistics"),
            {"organization_id": organization_id, **_range(start, end)},
            lambda rows: read_job_statistics(organization_id, rows),
            connection,
        )

    @call
    def get_recent_failures(
        self, organization_id: str | None = None, limit: int = 50, *, connection: Any = None
    ) -> Operation[list[JobExecution]]:
        """The latest runs that ended in an error, at most *limit*; `final` tells those with which the job failed."""
        return operation(
            "get_recent_failures",
            statement("get_recent_failures"),
            {"organization_id": organization_id, "most": _positive("limit", limit)},
            read_job_executions,
            connection,
        )

    @call
    def get_error_analysis(
        self,
        organization_id: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = 100,
        *,
        connection: Any = None,
    ) -> Operation[list[ErrorGroup]]:
        """Runs that ended in an error, grouped by what is alike, the most frequent first: at most *limit* groups."""
        return operation(
            "get_error_analysis",
            statement("get_error_analysis"),
            {"organization_id": organization_id, **_range(start, end), "most": _positive("limit", limit)},
            read_error_groups,
            connection,
        )

    @call
    def get_slow_jobs(
        self, threshold_ms: int = 60_000, organization_id: str | None = None, limit: int = 50, *, connection: Any = None
    ) -> Operation[list[JobExecution]]:
        """The runs that took longest, of those of *threshold_ms* and more: at most *limit*, the longest first.

        Below 1 000 ms only what ended within the last hour is looked through.
        """
        if threshold_ms < 0:
            raise SettingsError("threshold_ms", threshold_ms, "must be 0 milliseconds or more")
        values = {"threshold_ms": threshold_ms, "organization_id": organization_id, "most": _positive("limit", limit)}
        return operation("get_slow_jobs", statement("get_slow_jobs"), values, read_job_executions, connection)

    @call
    def get_worker_statistics(self, *, connection: Any = None) -> Operation[list[WorkerStatistics]]:
        """What each worker process did in each of its queues: those that live, and those that were seen within a day."""
        return operation(
            "get_worker_statistics", statement("get_worker_statistics"), {}, read_worker_statistics, connection
        )

    @call
    def get_performance_metrics(
        self,
        organization_id: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        connection: Any = None,
    ) -> Operation[PerformanceMetrics]:
        """Throughput over time, share of failures, how long jobs waited and ran."""
        return operation(
            "get_performance_metrics",
            statement("get_performance_metrics"),
            {"organization_id": organization_id, **_range(start, end)},
            lambda rows: read_performance(organization_id, rows),
            connection,
        )

    @long_call
    def cleanup_old_executions(self, days: int = 90) -> Steps[Cleanup]:
        """Takes away the history of runs that ended over *days* days ago, and tallies as old.

        Whole months go at once, the rest in steps of a few thousand rows, each a transaction of its own: nobody waits for
        longer than a tenth of a second. A call that was broken off can be made again. Jobs that live are not touched.
        """
        return cleanup_steps(_positive("days", days))


class BlockingJobTracker(Blocking, TrackerCalls):
    """The tracker's calls for blocking code, in any thread."""


class JobTracker(Awaiting, TrackerCalls):
    """The tracker's calls, awaited; `.sync` has the same ones for blocking code."""

    @functools.cached_property
    def sync(self) -> BlockingJobTracker:
        """The same calls, blocking."""
        return BlockingJobTracker(self.app)


@functools.cache
def get_job_tracker() -> JobTracker:
    """The process's tracker. Opens nothing until it is used."""
    from advisorjobs.application import the_app

    return JobTracker(the_app())


def _range(start: datetime | None, end: datetime | None) -> dict[str, datetime | None]:
    for name, moment in (("start", start), ("end", end)):
        if moment is not None and (not isinstance(moment, datetime) or moment.tzinfo is None):
            raise SettingsError(name, str(moment), "must be a datetime with its time zone, as datetime(…, tzinfo=UTC)")
    if start is not None and end is not None and end < start:
        raise SettingsError("end", str(end), f"must not lie before start ({start})")
    return {"start": start, "end": end}


def _positive(name: str, number: int) -> int:
    if number < 1:
        raise SettingsError(name, number, "must be 1 or more")
    return number
