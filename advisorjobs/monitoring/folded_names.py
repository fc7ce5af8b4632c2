"""Metrics of queues and jobs that nobody knows by name: told together, once there are many, so that series stay few.

Names come from the database, where anybody may have made some up: a queue for each organization, a job for each day. No I/O.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TypeVar

from advisorjobs.monitoring.measurements import ErrorTotal, Measurements, QueueState, RunTotals

__all__ = ["MOST_JOBS", "MOST_QUEUES", "OTHER", "folded"]

T = TypeVar("T")
N = TypeVar("N", RunTotals, ErrorTotal)

OTHER = "other"
MOST_QUEUES = 100
"""Queues that the table doesn't have; when there are more, all of them are OTHER."""

MOST_JOBS = 500
"""Names of jobs; when there are more, all are OTHER. All rather than some: no counter falls, or rises, by a new name."""


def folded(found: Measurements, table: Collection[str]) -> Measurements:
    """*found* with no more names than that. *table*: the queues that keep theirs."""
    counted: list[RunTotals | ErrorTotal] = [*found.totals, *found.errors]
    strange = {each.queue for each in counted} | {each.queue for each in found.queues}
    strange -= set(table)
    jobs = {each.job_name for each in counted}
    queue_names = dict.fromkeys(strange, OTHER) if len(strange) > MOST_QUEUES else {}
    job_names = dict.fromkeys(jobs, OTHER) if len(jobs) > MOST_JOBS else {}
    if not queue_names and not job_names:
        return found
    runs = [_renamed(each, queue_names, job_names) for each in found.totals]
    errors = [_renamed(each, queue_names, job_names) for each in found.errors]
    states = [replace(each, queue=queue_names.get(each.queue, each.queue)) for each in found.queues]
    return replace(
        found,
        queues=_together(((each.queue, each) for each in states), _both_states),
        totals=_together((((each.queue, each.job_name), each) for each in runs), _both_totals),
        errors=_together((((each.queue, each.job_name, each.error_code), each) for each in errors), _both_errors),
    )


def _renamed(each: N, queues: dict[str, str], jobs: dict[str, str]) -> N:
    return replace(each, queue=queues.get(each.queue, each.queue), job_name=jobs.get(each.job_name, each.job_name))


def _together(rows: Iterable[tuple[Hashable, T]], both: Callable[[T, T], T]) -> Sequence[T]:
    groups: defaultdict[Hashable, list[T]] = defaultdict(list)
    for key, row in rows:
        groups[key].append(row)
    return tuple(reduce(both, group) for group in groups.values())


def _both_states(first: QueueState, second: QueueState) -> QueueState:
    """Sums, and the worst of what is none; limits of single queues are not told."""
    return QueueState(
        queue=first.queue,
        waiting=first.waiting + second.waiting,
        active=first.active + second.active,
        delayed=first.delayed + second.delayed,
        failed=first.failed + second.failed,
        oldest=max(first.oldest, second.oldest),
        paused=first.paused and second.paused,
        closed=first.closed and second.closed,
        rate=None,
        rate_window=None,
        rate_left=None,
        running_limit=None,
        workers=max(first.workers, second.workers),
        slots=first.slots + second.slots,
    )


def _both_totals(first: RunTotals, second: RunTotals) -> RunTotals:
    return replace(
        first,
        outcomes={name: count + second.outcomes[name] for name, count in first.outcomes.items()},
        waits=str(int(first.waits) + int(second.waits)),  # ten digits a bucket: see sketch.py
        wait_sum=first.wait_sum + second.wait_sum,
        times=str(int(first.times) + int(second.times)),
        time_sum=first.time_sum + second.time_sum,
    )


def _both_errors(first: ErrorTotal, second: ErrorTotal) -> ErrorTotal:
    return replace(first, failures=first.failures + second.failures)
