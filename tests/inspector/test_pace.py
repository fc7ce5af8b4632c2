"""How fast queues are worked off: minutes are kept by the fold, read with what isn't folded yet, and judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from advisorjobs.database.statement import statement
from advisorjobs.inspector.inspector import BlockingInspector
from advisorjobs.inspector.pace import Drain, Outlook, Pace, drain
from tests.fixtures.desk import Desk

PACE = Pace(
    queue="critical",
    seconds=300.0,
    completed=90,
    failed=10,
    cancelled=0,
    waiting_before=None,
    completed_by_minute=(0,) * 59 + (90,),
    failed_by_minute=(0,) * 59 + (10,),
)


@pytest.mark.parametrize(
    ("waiting", "pace", "found"),
    [
        (0, PACE, Drain(outlook=Outlook.EMPTY)),
        (100, PACE, Drain(outlook=Outlook.FALLS, seconds=300.0)),
        (100, None, Drain(outlook=Outlook.STANDS)),
        (100, replace(PACE, completed=0, failed=0), Drain(outlook=Outlook.STANDS)),
        (100, replace(PACE, waiting_before=80), Drain(outlook=Outlook.GROWS)),
        (100, replace(PACE, waiting_before=96), Drain(outlook=Outlook.FALLS, seconds=300.0)),
        (10_100, replace(PACE, waiting_before=10_000), Drain(outlook=Outlook.FALLS, seconds=30_300.0)),
        (10_300, replace(PACE, waiting_before=10_000), Drain(outlook=Outlook.GROWS)),
    ],
)
def test_the_outlook_of_waiting_jobs(waiting: int, pace: Pace | None, found: Drain) -> None:
    assert drain(waiting, pace) == found


def test_figures_of_a_pace() -> None:
    assert (PACE.per_minute, PACE.failed_in_hour, PACE.failure_rate) == (20.0, 10, 0.1)
    idle = replace(PACE, completed_by_minute=(0,) * 60, failed_by_minute=(0,) * 60)
    assert idle.failure_rate is None


def work_off(desk: Desk) -> None:
    """Three complete, one fails, one is cancelled, one waits."""
    ids = desk.enqueue(6)
    jobs = desk.claim(free=4)
    desk.complete(*jobs[:3])
    desk.settle(jobs[3], status="failed", final=True, error_code="network", error_message="away")
    desk.one("SELECT cancel_job(%s::bigint)", ids[-1])


@pytest.mark.parametrize("folded", [False, True])
def test_what_ended_counts_folded_or_not(desk: Desk, inspector: BlockingInspector, *, folded: bool) -> None:
    work_off(desk)
    if folded:
        desk.run("fold_counts")
    pace = inspector.read_paces()["critical"]
    assert (pace.completed, pace.failed, pace.cancelled) == (3, 1, 1)
    assert (len(pace.completed_by_minute), sum(pace.completed_by_minute), sum(pace.failed_by_minute)) == (60, 3, 1)
    assert 0 < pace.seconds <= 360
    assert inspector.read_paces("emails").keys() <= {"emails"}


def test_folds_of_one_minute_add_up_and_keep_how_many_wait(desk: Desk, connection: psycopg.Connection[Any]) -> None:
    for _ in range(2):
        work_off(desk)
        desk.run("fold_counts")
    rows = desk.rows(
        "SELECT sum(completed) AS done, sum(failed) AS failed, sum(cancelled) AS cancelled FROM advisorjobs_minutes"
    )
    assert rows == [{"done": 6, "failed": 2, "cancelled": 2}]
    levels = desk.rows(
        "SELECT waiting FROM advisorjobs_minutes WHERE queue_name = 'critical' ORDER BY minute DESC LIMIT 1"
    )
    assert levels == [{"waiting": 2}]


def test_what_came_back_or_was_cleaned_is_no_work(desk: Desk, inspector: BlockingInspector) -> None:
    work_off(desk)
    desk.run("fold_counts")
    failed = desk.one("SELECT id FROM procrastinate_jobs WHERE status = 'failed'")
    desk.one("SELECT advisorjobs_retry(ARRAY[%s::bigint], now(), true, NULL, NULL, NULL)", failed)
    desk.connection.execute("SELECT clean_queue('critical', 0, 'completed')")
    desk.run("fold_counts")
    pace = inspector.read_paces()["critical"]
    assert (pace.completed, pace.failed) == (3, 1)


def test_an_earlier_level_tells_whether_a_queue_grows(desk: Desk, inspector: BlockingInspector) -> None:
    desk.enqueue(50)
    desk.run("fold_counts")
    assert inspector.read_paces()["critical"].waiting_before is None
    desk.connection.execute("UPDATE advisorjobs_minutes SET minute = minute - interval '7 minutes'")
    pace = inspector.read_paces()["critical"]
    assert pace.waiting_before == 50
    assert drain(80, pace).outlook is Outlook.GROWS


def test_minutes_that_nobody_reads_any_more_are_dropped(desk: Desk) -> None:
    work_off(desk)
    desk.run("fold_counts")
    desk.connection.execute(
        "INSERT INTO advisorjobs_minutes SELECT queue_name, minute - interval '26 hours', 1, 0, 0, 1 FROM advisorjobs_minutes"
    )
    desk.connection.execute(statement("drop_old_minutes"))
    assert desk.one("SELECT count(*) FROM advisorjobs_minutes WHERE minute < now() - interval '25 hours'") == 0
    assert desk.one("SELECT sum(completed) FROM advisorjobs_minutes") == 3


def test_the_day_by_hours_says_the_same_as_the_minutes(desk: Desk, inspector: BlockingInspector) -> None:
    work_off(desk)
    unfolded = inspector.read_day()["critical"]
    desk.run("fold_tallies")
    desk.connection.execute("SELECT advisorjobs_fold_tallies(0)")
    for day in (unfolded, inspector.read_day()["critical"]):
        assert (len(day.completed), sum(day.completed), sum(day.failed)) == (25, 3, 1)
