"""A worker's own account of itself, put together from its parts at each turn of its clock."""

from __future__ import annotations

import math
import os
from collections import deque
from typing import TYPE_CHECKING

from advisorjobs.monitoring.meter import Histogram
from advisorjobs.monitoring.report import Counts, QueueReport, Report

if TYPE_CHECKING:
    from advisorjobs.engine.worker import Worker

__all__ = ["TICK", "Reporter"]

TICK = 0.1
"""Seconds between two turns of a worker's clock."""

LATELY = 150
"""Turns: the worst of them is what a reader who comes every fifteen seconds gets to know."""


class Reporter:
    """Made in the process that works."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._pid = os.getpid()
        self._turned: float | None = None
        self._lags: deque[float] = deque(maxlen=LATELY)

    def report(self, now: float) -> Report:
        """How the worker is at *now* (monotonic), which is when its event loop turned."""
        worker, pulse, lease = self._worker, self._worker.pulse, self._worker.lease
        if self._turned is not None:
            self._lags.append(max(0.0, now - self._turned - TICK))
        self._turned = now
        links = worker.links
        return Report(
            pid=self._pid,
            turned=now,
            started=lease is not None,
            stopping=worker.dispatcher.stopping or pulse.stop_by < math.inf,
            lag=max(self._lags, default=0.0),
            lease_until=0.0 if lease is None else lease.deadline,
            renewed_at=0.0 if lease is None else lease.deadline - lease.seconds,
            answered_at=max(pulse.answered_at, *(link.answered_at for link in links)),
            lost_at=max(pulse.lost_at, *(link.lost_at for link in links)),
            unwritten=len(worker.completer),
            children=worker.dispatcher.executor.children(),
            reconnections=max(0, pulse.opened - 1) + sum(max(0, link.opened - 1) for link in links),
            leases_lost=worker.meter.leases_lost,
            losses=dict(worker.losses.counts),
            histograms=self._histograms(),
            queues={
                queue.name: QueueReport(
                    queue.slots, queue.running, len(queue.waiting), queue.started, dict(queue.finished)
                )
                for queue in worker.slots.queues.values()
            },
        )

    def _histograms(self) -> dict[str, Counts]:
        meter = self._worker.meter
        return {
            "claim_jobs": counts(meter.claims),
            "claim_duration_seconds": counts(meter.claim_seconds),
            "completion_runs": counts(meter.completions),
            "completion_duration_seconds": counts(meter.completion_seconds),
        }


def counts(histogram: Histogram) -> Counts:
    return histogram.counts, histogram.sum
