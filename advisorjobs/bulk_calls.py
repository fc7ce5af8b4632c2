"""The queue manager's calls for whole queues: how they stand, and many jobs at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import Steps, call, long_call
from advisorjobs.database.operation import Operation, Row, only, operation
from advisorjobs.database.statement import statement
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import SettingsError
from advisorjobs.queue_stats import QueueStats, read_queue_stats, stats_of

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["CLEANABLE", "BulkCalls", "bulk_steps", "cleaned_queues", "cleaning_steps"]

CLEANABLE = ("completed", "failed", "cancelled", "delayed", "waiting")
OnProgress = Callable[[int], None] | None


class BulkCalls:
    """Calls on many jobs work in steps of a few hundred, each a transaction of its own: nobody waits for longer than one.

    With `connection=` all steps happen in that connection's transaction, and hold what they changed until it ends.
    *on_progress* is called after each step with the number of jobs so far. A call that was broken off has done what it
    said; calling again goes on.
    """

    app: App

    @call
    def get_queue_stats(self, name: str, *, connection: Any = None) -> Operation[QueueStats]:
        """How queue *name* stands, of one moment. Reads kept counts: the same few milliseconds with millions of jobs."""
        queue = self.app.known_queue(name)
        values = {"queue": queue}
        return operation(
            "get_queue_stats", statement("get_queue_stats"), values, lambda rows: stats_of(queue, rows), connection
        )

    @call
    def get_all_queue_stats(self, *, connection: Any = None) -> Operation[list[QueueStats]]:
        """How every queue stands, all of one moment: those of the queue table in its order, then others by name."""
        return operation(
            "get_all_queue_stats", statement("get_queue_stats"), {"queue": None}, read_queue_stats, connection
        )

    @long_call
    def clean_queue(
        self,
        name: str,
        grace_ms: int,
        status: str = "completed",
        *,
        on_progress: OnProgress = None,
        connection: Any = None,
    ) -> Steps[int]:
        """Takes jobs that are *status* for over *grace_ms* milliseconds out of statistics, lists and results.

        Returns how many. *status*: completed, failed, cancelled, delayed or waiting; delayed and waiting jobs are removed
        without having run. The history of runs (job_executions) stays as it is. Completed ones are taken off in one
        step, exactly, however many complete meanwhile. Raises SettingsError for a grace or status that can't be used.
        """
        queue = self.app.known_queue(name)
        if grace_ms < 0:
            raise SettingsError("grace_ms", grace_ms, "must be 0 milliseconds or more")
        if status not in CLEANABLE:
            raise SettingsError("status", status, f"is no status to clean{did_you_mean(status, CLEANABLE)}")
        states = ["cancelled", "aborted"] if status == "cancelled" else [status]
        return cleaning_steps("clean_queue", queue, states, grace_ms / 1000, on_progress, connection)

    @long_call
    def retry_failed_jobs(self, queue: str, *, on_progress: OnProgress = None, connection: Any = None) -> Steps[int]:
        """Runs all failed jobs of *queue* again, under the ids that they have, with all their attempts; returns how many.

        Those whose unique_key has gone to another living job stay failed.
        """
        values = {"queue": self.app.known_queue(queue)}
        return bulk_steps("retry_failed_jobs", "retry_step", values, on_progress, connection)

    @long_call
    def cancel_jobs(
        self,
        *,
        queue: str | None = None,
        name: str | None = None,
        organization_id: str | None = None,
        tag: str | None = None,
        on_progress: OnProgress = None,
        connection: Any = None,
    ) -> Steps[int]:
        """Cancels the jobs of *queue*, called *name*, of *organization_id*, with *tag*: for which all hold that are given.

        Waiting and delayed ones end at once, with a row "cancelled" in the history; running ones are asked to stop.
        Returns how many. Raises SettingsError where nothing is given.
        """
        values = {"queue": queue, "name": name, "organization_id": organization_id, "tag": tag}
        if all(value is None for value in values.values()):
            raise SettingsError("cancel_jobs()", None, "needs a queue, a name, an organization_id or a tag")
        if queue is not None:
            values["queue"] = self.app.known_queue(queue)
        return bulk_steps("cancel_jobs", "cancel_step", values, on_progress, connection)


def cleaned_queues(asked_by: str) -> Operation[list[str]]:
    """The queues of which jobs have ended, or may have."""
    return operation(asked_by, statement("cleaned_queues"), {}, lambda rows: [row["queue"] for row in rows])


def cleaning_steps(
    asked_by: str, queue: str, states: list[str], grace: float, on_progress: OnProgress, connection: Any
) -> Steps[int]:
    """Cleans *queue* of jobs in *states* for over *grace* seconds, by the database's clock at the beginning."""
    before = yield operation(asked_by, statement("grace_ends"), {"grace": grace}, only, connection)
    values = {"queue": queue, "states": states, "before": before}
    return (yield from bulk_steps(asked_by, "clean_step", values, on_progress, connection))


def bulk_steps(
    asked_by: str, step: str, values: Mapping[str, Any], on_progress: OnProgress, connection: Any
) -> Steps[int]:
    """Repeats sql/*step*.sql from where it says that the next begins; the number of jobs of all steps."""
    total = 0
    after: int | None = 0
    while after is not None:
        done, after = yield operation(asked_by, statement(step), {**values, "after": after}, _step, connection)
        total += done
        if on_progress is not None:
            on_progress(total)
    return total


def _step(rows: list[Row]) -> tuple[int, int | None]:
    (row,) = rows
    return row["done"], row["next_after"]
