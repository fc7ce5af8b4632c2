"""A worker's metrics, made from the reports of its processes. The names are a promise: dashboards and alerts use them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from advisorjobs.losses import REASONS
from advisorjobs.monitoring.exposition import histogram_buckets
from advisorjobs.monitoring.meter import BATCH_SIZES, SECONDS
from advisorjobs.monitoring.probes import is_ready
from advisorjobs.monitoring.report import OUTCOMES, Counts, QueueReport, Report, added

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

__all__ = ["worker_metrics"]

HISTOGRAMS: Mapping[str, tuple[str, Sequence[float]]] = {
    "claim_jobs": ("Jobs that a claim brought.", BATCH_SIZES),
    "claim_duration_seconds": ("How long a claim took.", SECONDS),
    "completion_runs": ("Runs whose end was written as one batch.", BATCH_SIZES),
    "completion_duration_seconds": ("How long writing a batch of ends took, with all tries.", SECONDS),
}


def worker_metrics(
    reports: Sequence[Report | None], past: Report, now: float, *, version: str, starts: int, stopping: bool
) -> Iterator[Metric]:
    """*reports* of the processes that there should be; *past*: what those counted that have ended. *starts*: of processes."""
    there = [report for report in reports if report is not None]
    total = added(there, past)
    build = GaugeMetricFamily("advisorjobs_build_info", "The version that runs.", labels=["version"])
    build.add_metric([version], 1)
    yield build
    yield gauge(
        "ready",
        "1 where the worker can take work now, as /readyz says.",
        is_ready(reports, now, stopping=stopping).good,
    )
    yield gauge("database_up", "1 where no process has lost the database.", not any(r.database_away for r in there))
    yield gauge("processes", "Processes that are at work.", sum(report.started for report in there))
    yield gauge("processes_wanted", "Processes that should be at work.", len(reports))
    yield counter("process_starts", "Processes that were started, those that replaced others among them.", starts)
    if there:
        lag = (
            max(total.lag, *(now - report.turned for report in there))
            if len(there) > 1
            else max(total.lag, now - there[0].turned)
        )
        yield gauge("loop_lag_seconds", "How late an event loop's turn came at worst, lately.", max(0.0, lag))
    if total.renewed_at:
        yield gauge(
            "heartbeat_age_seconds", "Since a process last renewed its lease, the longest.", now - total.renewed_at
        )
    yield gauge("child_processes", "Child processes for blocking functions.", total.children)
    yield gauge("unwritten_runs", "Runs that ended and whose end isn't written yet.", total.unwritten)
    yield counter(
        "reconnections", "Connections to the database that were opened in place of lost ones.", total.reconnections
    )
    yield counter("leases_lost", "Leases that were lost, with all that was held under them.", total.leases_lost)
    lost = CounterMetricFamily(
        "advisorjobs_worker_telemetry_losses", "What logs and traces of runs lost.", labels=["reason"]
    )
    for reason in REASONS:
        lost.add_metric([reason], total.losses.get(reason, 0))
    yield lost
    yield from histograms(total.histograms)
    yield from queues(total.queues)


def histograms(counts: Mapping[str, Counts]) -> Iterator[Metric]:
    for name, (text, bounds) in HISTOGRAMS.items():
        family = HistogramMetricFamily(f"advisorjobs_worker_{name}", text)
        found, total = counts.get(name, ([0] * (len(bounds) + 1), 0.0))
        family.add_metric([], histogram_buckets(bounds, found), sum_value=total)
        yield family


def queues(reports: Mapping[str, QueueReport]) -> Iterator[Metric]:
    rows = sorted(reports.items())
    yield by_queue("slots", "Jobs that may run at once.", ((name, each.slots) for name, each in rows))
    yield by_queue("slots_busy", "Jobs that run.", ((name, each.busy) for name, each in rows))
    yield by_queue(
        "jobs_held", "Jobs that were claimed ahead and have not started.", ((name, each.held) for name, each in rows)
    )
    started = CounterMetricFamily("advisorjobs_worker_runs_started", "Runs that were started.", labels=["queue"])
    finished = CounterMetricFamily("advisorjobs_worker_runs_finished", "Runs that ended.", labels=["queue", "outcome"])
    for name, each in rows:
        started.add_metric([name], each.started)
        for outcome in OUTCOMES:
            finished.add_metric([name, outcome], each.finished.get(outcome, 0))
    yield started
    yield finished


def gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"advisorjobs_worker_{name}", text, value=float(value))


def counter(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"advisorjobs_worker_{name}", text, value=float(value))


def by_queue(name: str, text: str, values: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"advisorjobs_worker_{name}", text, labels=["queue"])
    for queue, value in values:
        family.add_metric([queue], value)
    return family
