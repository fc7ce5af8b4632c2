"""What one worker process says of itself, ten times a second: how it is, and what it has done so far."""

from __future__ import annotations

import marshal
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

__all__ = ["OUTCOMES", "Counts", "QueueReport", "Report", "added", "without_state"]

OUTCOMES = ("completed", "failed", "retried", "cancelled", "snoozed", "released", "lost")
"""How a run ends: `failed` ends its job too, after `retried` another run follows its error, `released` was given back, and of
`lost` nothing was written, as the lease was gone."""

Counts = tuple[list[int], float]
"""A histogram: how many values in each bucket, and the sum of all."""


class QueueReport(NamedTuple):
    """`slots` of a queue and how many are `busy`; `held`: claimed and not started. `finished`: by the names of OUTCOMES."""

    slots: int = 0
    busy: int = 0
    held: int = 0
    started: int = 0
    finished: dict[str, int] = {}  # noqa: RUF012 - never changed; a named tuple has no factories


class Report(NamedTuple):
    """Moments are on the system's monotonic clock, which all processes of a machine share; 0: never.

    `turned`: when the event loop turned last; `lag`: the most seconds by which a turn came late lately. `lease_until`: when
    the right to work ends, unless it is renewed; `renewed_at`: when it was. `answered_at`, `lost_at`: when the database last
    answered on any connection, and when a connection was lost. `started`: it has had a lease. `losses`: of logs and traces, by
    the reasons of losses.py. Counters grow for as long as the process lives.
    """

    pid: int
    turned: float
    started: bool = False
    stopping: bool = False
    lag: float = 0.0
    lease_until: float = 0.0
    renewed_at: float = 0.0
    answered_at: float = 0.0
    lost_at: float = 0.0
    unwritten: int = 0
    children: int = 0
    reconnections: int = 0
    leases_lost: int = 0
    losses: dict[str, int] = {}  # noqa: RUF012 - never changed
    histograms: dict[str, Counts] = {}  # noqa: RUF012 - as above
    queues: dict[str, QueueReport] = {}  # noqa: RUF012

    @property
    def database_away(self) -> bool:
        """The last that was heard of the database was a connection's end."""
        return self.lost_at > self.answered_at

    def pack(self) -> bytes:
        """For another process of this very program."""
        plain = (*self[:-1], {name: tuple(queue) for name, queue in self.queues.items()})
        return marshal.dumps(plain)

    @classmethod
    def unpack(cls, data: bytes) -> Report:
        """What `pack` made."""
        plain: tuple[Any, ...] = marshal.loads(data)
        queues = {name: QueueReport(*queue) for name, queue in plain[-1].items()}
        return cls(*(*plain[:-1], queues))


def added(reports: Iterable[Report], base: Report) -> Report:
    """Counters of *base* and of all *reports* together, with their slots, and the worst of what is no sum."""
    total = base
    for each in reports:
        total = total._replace(
            lag=max(total.lag, each.lag),
            renewed_at=min(total.renewed_at or each.renewed_at, each.renewed_at),
            unwritten=total.unwritten + each.unwritten,
            children=total.children + each.children,
            reconnections=total.reconnections + each.reconnections,
            leases_lost=total.leases_lost + each.leases_lost,
            losses=_each(total.losses, each.losses, operator.add),
            histograms=_each(total.histograms, each.histograms, _added_counts),
            queues=_each(total.queues, each.queues, _added_queues),
        )
    return total


def without_state(report: Report) -> Report:
    """The counters alone: what is left of a process that has ended, so that a sum over processes never falls."""
    queues = {name: queue._replace(slots=0, busy=0, held=0) for name, queue in report.queues.items()}
    return report._replace(lag=0.0, renewed_at=0.0, unwritten=0, children=0, queues=queues)


def _each(first: Mapping[str, T], second: Mapping[str, T], together: Callable[[T, T], T]) -> dict[str, T]:
    both = {name: together(first[name], second[name]) for name in first if name in second}
    return {**first, **second, **both}


def _added_counts(first: Counts, second: Counts) -> Counts:
    return [a + b for a, b in zip(first[0], second[0], strict=True)], first[1] + second[1]


def _added_queues(first: QueueReport, second: QueueReport) -> QueueReport:
    finished = first.finished
    return QueueReport(
        first.slots + second.slots,
        first.busy + second.busy,
        first.held + second.held,
        first.started + second.started,
        {name: finished.get(name, 0) + second.finished.get(name, 0) for name in {**finished, **second.finished}},
    )
