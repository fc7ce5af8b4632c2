"""However many names somebody makes up, there are few series, and sums stay what they were."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from advisorjobs.monitoring.exposition import exposed
from advisorjobs.monitoring.folded_names import MOST_JOBS, MOST_QUEUES, OTHER, folded
from advisorjobs.monitoring.measurements import ErrorTotal, Measurements, QueueState, RunTotals
from advisorjobs.monitoring.queue_metrics import queue_metrics
from advisorjobs.monitoring.sketch import entries

OUTCOMES = dict.fromkeys(("completed", "failed", "retried", "cancelled", "snoozed", "released"), 1)


def state(queue: str) -> QueueState:
    return QueueState(
        queue=queue, waiting=1, active=2, delayed=3, failed=4, oldest=float(len(queue)), paused=queue == "emails",
        closed=False, rate=5, rate_window=1.0, rate_left=5, running_limit=2, workers=1, slots=6,
    )  # fmt: skip


def measured(queues: Sequence[str], jobs: Sequence[str]) -> Measurements:
    """Each job in the first queue, the first job in each queue; of each a run of each outcome and an error."""
    pairs = [(queues[0], job) for job in jobs] + [(queue, jobs[0]) for queue in queues[1:]]
    totals = [
        RunTotals(
            queue=queue,
            job_name=job,
            outcomes=OUTCOMES,
            waits="1" + "0" * 9 + "2",
            wait_sum=0.5,
            times="3",
            time_sum=0.25,
        )
        for queue, job in pairs
    ]
    return Measurements(
        queues=[state(queue) for queue in queues],
        totals=totals,
        errors=[ErrorTotal(queue=queue, job_name=job, error_code="internal", failures=7) for queue, job in pairs],
        workers_alive=1, workers_silent=0, heartbeat_age=None, schedules_broken=0, schedules_late=0, schedule_lateness=0.0,
        tables=(), held_back=0.0, held_back_transactions=0, unfolded=0, server_version="18",
    )  # fmt: skip


def names(prefix: str, count: int) -> list[str]:
    return [f"{prefix}-{number}" for number in range(count)]


def test_what_is_few_is_told_by_name() -> None:
    found = measured(["emails", *names("org", MOST_QUEUES)], names("job", MOST_JOBS))
    assert folded(found, ["emails"]) is found


def test_made_up_queues_are_one_and_those_of_the_table_keep_their_names() -> None:
    found = folded(measured(["emails", *names("org", 5000)], ["a", "b"]), ["emails"])

    emails, other = found.queues
    assert emails == state("emails")
    assert (other.queue, other.waiting, other.active, other.delayed, other.failed) == (
        OTHER,
        5000,
        10_000,
        15_000,
        20_000,
    )
    assert (other.oldest, other.paused, other.rate, other.running_limit, other.workers) == (8.0, False, None, None, 1)
    assert [(each.queue, each.job_name) for each in found.totals] == [("emails", "a"), ("emails", "b"), (OTHER, "a")]
    total = found.totals[2]
    assert total.outcomes == dict.fromkeys(OUTCOMES, 5000)
    assert list(entries(total.waits)) == [(0, 10_000), (1, 5000)]
    assert list(entries(total.times)) == [(0, 15_000)]
    assert (total.wait_sum, total.time_sum) == (2500.0, 1250.0)
    assert [(each.queue, each.failures) for each in found.errors] == [("emails", 7), ("emails", 7), (OTHER, 35_000)]


def test_made_up_jobs_are_one() -> None:
    found = folded(measured(["emails"], names("job", MOST_JOBS + 1)), ["emails"])

    assert [(each.queue, each.job_name, each.outcomes["failed"]) for each in found.totals] == [("emails", OTHER, 501)]
    assert [each.failures for each in found.errors] == [7 * 501]
    assert found.queues == (state("emails"),)


@pytest.mark.parametrize(("queues", "jobs"), [(5000, 2), (2, 5000), (5000, 5000)])
def test_series_stay_few(queues: int, jobs: int) -> None:
    found = folded(measured(["emails", *names("org", queues)], names("job", jobs)), ["emails"])
    text, _ = exposed(queue_metrics(found, 0.1), "")

    assert len(text.splitlines()) < 500
