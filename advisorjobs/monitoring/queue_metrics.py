"""The queues' metrics, made from what the database says. The names are a promise: dashboards and alerts use them.

No label has an organization, a job's id or anything that comes with a payload: how many series there are depends on how
many queues and jobs the program knows, not on what is done with them. Names that were made up are folded: folded_names.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from advisorjobs.monitoring.exposition import histogram_buckets
from advisorjobs.monitoring.measurements import ErrorTotal, Measurements, QueueState, RunTotals, TableState
from advisorjobs.monitoring.sketch import classic_counts

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

__all__ = ["away_metrics", "build_metrics", "queue_metrics", "webhook_metrics"]

DURATIONS = (
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
    120.0,
    300.0,
    600.0,
    1800.0,
    3600.0,
)
"""Seconds, up to the longest time limit of the queue table and beyond it."""

QUEUES: Mapping[str, tuple[str, Callable[[QueueState], float | None]]] = {
    "oldest_waiting_seconds": (
        "How long the job has waited that waits longest of those next in line.",
        lambda q: q.oldest,
    ),
    "slots": ("Jobs that all living workers together may run at once.", lambda q: q.slots),
    "slots_busy": ("Jobs that run.", lambda q: q.active),
    "queue_workers": ("Living worker processes that serve the queue.", lambda q: q.workers),
    "queue_paused": ("1 while the queue is paused by people.", lambda q: q.paused),
    "queue_closed": ("1 while the queue waits because an external service asked for patience.", lambda q: q.closed),
    "rate_limit_starts": ("Starts that the queue's rate limit allows in any window.", lambda q: q.rate),
    "rate_limit_window_seconds": ("The window of the queue's rate limit.", lambda q: q.rate_window),
    "rate_limit_remaining_starts": ("Starts that the queue's rate limit allows now.", lambda q: q.rate_left),
    "running_limit": ("Jobs of the queue that may run at once over all workers.", lambda q: q.running_limit),
}
STATES: Mapping[str, Callable[[QueueState], int]] = {
    "waiting": lambda q: q.waiting,
    "delayed": lambda q: q.delayed,
    "active": lambda q: q.active,
    "failed": lambda q: q.failed,
}
TABLES: Mapping[str, tuple[str, Callable[[TableState], float]]] = {
    "table_live_rows": ("Rows, as the server's statistics count them.", lambda t: t.living),
    "table_dead_rows": ("Dead row versions that a vacuum has yet to clean away.", lambda t: t.dead),
    "table_size_bytes": ("Size with indexes.", lambda t: t.bytes),
}


def build_metrics(version: str) -> Iterator[Metric]:
    yield info("build_info", "The version that runs.", "version", version)


def away_metrics() -> Iterator[Metric]:
    """While the database is away nothing else is known."""
    yield plain("database_up", "1 where the database answers.", 0)


def queue_metrics(found: Measurements, seconds: float) -> Iterator[Metric]:
    """*seconds*: how long it took to find."""
    yield plain("database_up", "1 where the database answers.", 1)
    yield info("database_info", "The server that answers.", "server_version", found.server_version)
    yield plain("measurement_duration_seconds", "How long the database took for all of these.", seconds)
    yield from queues(found.queues)
    yield from runs(found.totals)
    yield errors(found.errors)
    yield plain("unfolded_runs", "Runs that ended and aren't in the totals yet.", found.unfolded)
    workers = gauge("workers", "Worker processes: alive, or fallen silent without a word.", "state")
    workers.add_metric(["alive"], found.workers_alive)
    workers.add_metric(["silent"], found.workers_silent)
    yield workers
    if found.heartbeat_age is not None:
        text = "Since the last heartbeat of the living worker that was heard longest ago."
        yield plain("workers_heartbeat_age_seconds", text, found.heartbeat_age)
    yield plain("schedules_broken", "Schedules that no worker can make anything of.", found.schedules_broken)
    yield plain("schedules_late", "Schedules whose time was over a minute ago, up to 1000.", found.schedules_late)
    yield plain("schedules_lateness_seconds", "By how much the latest of them is late.", found.schedule_lateness)
    for name, (text, value) in TABLES.items():
        family = gauge(name, text, "table")
        for table in found.tables:
            family.add_metric([table.name], value(table))
        yield family
    yield plain("cleaning_held_back_seconds", "Age of the oldest transaction that keeps dead rows.", found.held_back)
    text = "Transactions that were begun since the oldest one that keeps dead rows."
    yield plain("cleaning_held_back_transactions", text, found.held_back_transactions)


def queues(found: Sequence[QueueState]) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("advisorjobs_jobs", "Jobs by how they stand.", labels=["queue", "state"])
    for queue in found:
        for state, count in STATES.items():
            jobs.add_metric([queue.queue, state], count(queue))
    yield jobs
    for name, (text, value) in QUEUES.items():
        family = gauge(name, text, "queue")
        for queue in found:
            number = value(queue)
            if number is not None:
                family.add_metric([queue.queue], float(number))
        yield family


def runs(found: Sequence[RunTotals]) -> Iterator[Metric]:
    labels = ["queue", "job_name"]
    ended = CounterMetricFamily("advisorjobs_runs_finished", "Runs that ended, by how.", labels=[*labels, "outcome"])
    waits = HistogramMetricFamily(
        "advisorjobs_job_wait_seconds", "How long runs waited from when they were due.", labels=labels
    )
    times = HistogramMetricFamily("advisorjobs_job_run_seconds", "How long runs took.", labels=labels)
    for each in found:
        where = [each.queue, each.job_name]
        for outcome, count in each.outcomes.items():
            ended.add_metric([*where, outcome], count)
        waits.add_metric(where, histogram_buckets(DURATIONS, classic_counts(each.waits, DURATIONS)), each.wait_sum)
        times.add_metric(where, histogram_buckets(DURATIONS, classic_counts(each.times, DURATIONS)), each.time_sum)
    yield from (ended, waits, times)


def errors(found: Sequence[ErrorTotal]) -> Metric:
    labels = ["queue", "job_name", "error_code"]
    family = CounterMetricFamily("advisorjobs_run_errors", "Runs that ended in an error, by its code.", labels=labels)
    for each in found:
        family.add_metric([each.queue, each.job_name, each.error_code], each.failures)
    return family


def webhook_metrics(counts: Mapping[tuple[str, str], int]) -> Iterator[Metric]:
    """*counts*: by service and outcome, as this process has received them."""
    labels = ["service", "outcome"]
    family = CounterMetricFamily("advisorjobs_webhooks_received", "Webhooks by what became of them.", labels=labels)
    for (service, outcome), count in sorted(counts.items()):
        family.add_metric([service, outcome.replace(" ", "_")], count)
    yield family


def gauge(name: str, text: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"advisorjobs_{name}", text, labels=[label])


def plain(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"advisorjobs_{name}", text, value=float(value))


def info(name: str, text: str, label: str, value: str) -> GaugeMetricFamily:
    family = gauge(name, text, label)
    family.add_metric([value], 1)
    return family
