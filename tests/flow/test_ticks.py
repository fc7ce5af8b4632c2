"""Which ticks become jobs: the policies for missed ones, bounds, jitter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from advisorjobs.flow.ticks import Due, Missed, Step, decide

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTELY = Due(
    id=7,
    version=3,
    identity="org-7 key",
    cron="* * * * *",
    every=None,
    timezone="UTC",
    start=None,
    end=None,
    left=None,
    jitter=timedelta(),
    missed=Missed.ONCE,
    missed_cap=100,
    give_up_after=None,
    next_at=NOON,
    planned_from=NOON - timedelta(days=1),
)


def minutes(step: Step) -> list[int]:
    return [int((tick.at - NOON).total_seconds() // 60) for tick in step.ticks]


def test_a_tick_on_time_runs_and_the_next_one_is_planned() -> None:
    step = decide(MINUTELY, NOON + timedelta(seconds=2))
    assert (step.id, step.version, minutes(step), step.next_at) == (7, 3, [0], NOON + timedelta(minutes=1))


def test_nothing_runs_early() -> None:
    assert decide(MINUTELY, NOON - timedelta(microseconds=1)) == Step(id=7, version=3, next_at=NOON)


@pytest.mark.parametrize(
    ("missed", "cap", "expected"),
    [
        (Missed.SKIP, 100, [15]),
        (Missed.ONCE, 100, [15]),
        (Missed.ALL, 100, list(range(16))),
        (Missed.ALL, 5, [11, 12, 13, 14, 15]),
    ],
)
def test_after_a_quarter_of_an_hour_without_a_worker(missed: Missed, cap: int, expected: list[int]) -> None:
    late = NOON + timedelta(minutes=15, seconds=30)
    step = decide(replace(MINUTELY, missed=missed, missed_cap=cap), late)
    assert minutes(step) == expected
    assert step.next_at == NOON + timedelta(minutes=16)


@pytest.mark.parametrize(("missed", "expected"), [(Missed.SKIP, []), (Missed.ONCE, [0]), (Missed.ALL, [0])])
def test_a_daily_tick_that_found_no_worker_for_an_hour(missed: Missed, expected: list[int]) -> None:
    daily = replace(MINUTELY, cron="0 12 * * *", missed=missed)
    assert minutes(decide(daily, NOON + timedelta(hours=1))) == expected
    assert minutes(decide(daily, NOON + timedelta(seconds=40))) == [0]


def test_what_is_on_time_runs_altogether_whatever_the_policy() -> None:
    secondly = replace(MINUTELY, cron="* * * * * *")
    for missed in Missed:
        assert len(decide(replace(secondly, missed=missed), NOON + timedelta(seconds=20)).ticks) == 21


def test_nothing_runs_that_is_later_than_asked_for() -> None:
    daily = replace(MINUTELY, cron="0 12 * * *", give_up_after=timedelta(minutes=10))
    assert minutes(decide(daily, NOON + timedelta(minutes=10))) == [0]
    assert minutes(decide(daily, NOON + timedelta(minutes=11))) == []


def test_limit_and_end_bound_the_ticks() -> None:
    late = NOON + timedelta(seconds=50)
    secondly = replace(MINUTELY, cron="* * * * * *")
    assert len(decide(replace(secondly, left=3), late).ticks) == 3
    step = decide(replace(secondly, end=NOON + timedelta(seconds=4)), late)
    assert (len(step.ticks), step.next_at) == (5, None)


def test_a_new_schedule_is_planned_from_its_creation_on() -> None:
    new = replace(MINUTELY, next_at=None, planned_from=NOON + timedelta(seconds=1))
    assert decide(new, NOON + timedelta(seconds=2)) == Step(id=7, version=3, next_at=NOON + timedelta(minutes=1))
    assert minutes(decide(new, NOON + timedelta(seconds=61))) == [1]


def test_jitter_depends_on_schedule_and_tick_alone_and_spreads() -> None:
    jittered = replace(MINUTELY, cron="0 12 * * *", jitter=timedelta(seconds=60))

    def delay(identity: str, after: float) -> float:
        (tick,) = decide(replace(jittered, identity=identity), NOON + timedelta(seconds=after)).ticks
        return tick.delay.total_seconds()

    assert delay("a", 0) == delay("a", 0)
    assert delay("a", 0) == pytest.approx(delay("a", 0.001) + 0.001)
    assert delay("a", 59) == max(0, delay("a", 0) - 59)
    delays = sorted(delay(f"schedule {n}", 0) for n in range(500))
    assert 0 <= delays[0] < 2
    assert 58 < delays[-1] <= 60
    assert 25 < delays[250] < 35


def test_what_no_worker_can_read_is_broken_with_the_reason() -> None:
    step = decide(replace(MINUTELY, cron="61 * * * *"), NOON)
    assert step.broken is not None
    assert "minute field '61'" in step.broken
    assert decide(replace(MINUTELY, timezone="Mars/Base"), NOON).broken is not None
    never = decide(replace(MINUTELY, cron="0 0 30 2 *", next_at=None), NOON)
    assert never.broken == "cron='0 0 30 2 *' never comes: no date within 50 years fits"
