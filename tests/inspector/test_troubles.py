"""What is wrong now, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.inspector.overview import Oldest
from advisorjobs.inspector.pace import Pace
from advisorjobs.inspector.processes import ProcessState, WorkerProcess
from advisorjobs.inspector.troubles import Kind, troubles
from advisorjobs.manager import QueueManager
from advisorjobs.queue_stats import QueueStats
from tests.fixtures.desk import Desk

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
LONG = NOW - timedelta(minutes=20)
WAITS = QueueStats(queue="emails", waiting=40, oldest_waiting_at=LONG, workers=1)
PACE = Pace(
    queue="emails",
    seconds=300,
    completed=50,
    failed=0,
    cancelled=0,
    waiting_before=60,
    completed_by_minute=(0,) * 59 + (50,),
    failed_by_minute=(0,) * 60,
)
WORKER = WorkerProcess(
    id=1,
    name="w-1",
    state=ProcessState.ALIVE,
    host=None,
    pid=None,
    version=None,
    slots={"emails": 1},
    started_at=LONG,
    beat_at=NOW,
    beat_age=0,
    stopped_at=None,
    memory=None,
    cpu=None,
    running=2,
    jobs=(),
)


@pytest.mark.parametrize(
    ("stats", "pace", "bad", "text"),
    [
        (WAITS, PACE, False, "emails: 40 jobs waiting, the oldest for 20 min"),
        (
            WAITS,
            replace(PACE, waiting_before=1),
            True,
            "emails: 40 jobs waiting, the oldest for 20 min, and more come than end",
        ),
        (WAITS, None, True, "emails: 40 jobs waiting, the oldest for 20 min, and nothing ends"),
        (replace(WAITS, workers=0), PACE, True, "emails: 40 jobs wait and no worker serves it"),
        (replace(WAITS, workers=0, waiting=1), PACE, True, "emails: 1 job waits and no worker serves it"),
        (replace(WAITS, is_paused=True), PACE, False, "emails is paused while 40 jobs wait"),
        (QueueStats(queue="emails", is_paused=True), PACE, False, "emails is paused"),
        (
            replace(WAITS, closed_until=NOW + timedelta(minutes=5)),
            PACE,
            False,
            "emails is closed for 5 min: its service asked for patience",
        ),
        (
            QueueStats(queue="emails"),
            replace(PACE, failed_by_minute=(0,) * 59 + (12,)),
            True,
            "emails: 12 jobs failed within the last hour, 19 % of those that ended",
        ),
        (
            QueueStats(queue="emails"),
            replace(PACE, completed_by_minute=(97,) + (0,) * 59, failed_by_minute=(0,) * 59 + (3,)),
            False,
            "emails: 3 jobs failed within the last hour, 3.0 % of those that ended",
        ),
    ],
)
def test_a_queue_s_trouble(stats: QueueStats, pace: Pace | None, text: str, *, bad: bool) -> None:
    (found,) = troubles([stats], {} if pace is None else {"emails": pace}, [WORKER], [], NOW)
    assert (found.text, found.bad, found.queue) == (text, bad, "emails")


@pytest.mark.parametrize(
    ("stats", "failed"),
    [
        (replace(WAITS, oldest_waiting_at=NOW - timedelta(minutes=4)), 0),
        (QueueStats(queue="emails"), 2),
        (replace(WAITS, waiting=0, oldest_waiting_at=None, workers=0), 0),
    ],
)
def test_what_is_no_trouble(stats: QueueStats, failed: int) -> None:
    pace = replace(PACE, failed_by_minute=(0,) * 59 + (failed,))
    assert troubles([stats], {"emails": pace}, [WORKER], [], NOW) == ()


def test_workers_and_schedules_are_named() -> None:
    silent = replace(WORKER, state=ProcessState.SILENT)
    found = troubles([], {}, [silent], ["nightly", "hourly", "weekly"], NOW)
    assert [(each.kind, each.text) for each in found] == [
        (Kind.WORKERS, "w-1 fell silent without a word; 2 jobs of its will be taken back"),
        (Kind.WORKERS, "No worker is alive: start one with `advisorjobs worker`"),
        (Kind.SCHEDULES, "3 schedules don't go on: nightly, hourly and 1 more"),
    ]


def test_the_overview_is_of_what_is_there(desk: Desk, inspector: BlockingInspector, manager: QueueManager) -> None:
    manager.sync.pause_queue("emails", reason="moving", paused_by="anna")
    desk.enqueue(3, queue="emails")
    desk.enqueue(2, queue="reports")
    desk.enqueue(4)
    jobs = desk.claim(free=3)
    desk.complete(jobs[0])
    seen = inspector.read_overview()
    by_name = {each.stats.queue: each for each in seen.queues}
    assert (by_name["critical"].stats.active, by_name["critical"].per_minute > 0) == (2, True)
    assert by_name["critical"].failure_rate == 0.0
    assert by_name["document-processing"].limit is not None
    oldest = by_name["critical"].stats.oldest_waiting_at
    assert oldest == manager.sync.get_queue_stats("critical").oldest_waiting_at is not None
    assert by_name["scheduled"].stats.oldest_waiting_at is None
    assert (seen.workers.alive, seen.workers.slots, seen.workers.running) == (1, 20, 2)
    assert [each.text for each in seen.troubles] == [
        "reports: 2 jobs wait and no worker serves it",
        "emails is paused while 3 jobs wait",
    ]


def test_who_waits_longest_may_have_been_read_before(desk: Desk, inspector: BlockingInspector) -> None:
    def since(queue: str, known: Oldest | None = None) -> datetime | None:
        seen = inspector.read_overview(known)
        return next(each.stats.oldest_waiting_at for each in seen.queues if each.stats.queue == queue)

    desk.enqueue(queue="emails")
    before = inspector.read_oldest_waiting()
    assert set(before) == {"emails"}
    assert since("emails", {"emails": NOW}) == NOW  # what is told is believed
    desk.enqueue(queue="reports")
    assert since("reports", before) is not None  # it lacked a queue
    assert since("emails", {"reports": NOW}) == before["emails"]
    desk.complete(*desk.claim("emails"))
    assert since("emails", before) is None  # nothing waits any more
