"""Slots and prefetch: how much a process asks for."""

from __future__ import annotations

import math
from typing import Any, cast

from advisorjobs.engine.slots import BETWEEN_LOOKS, LARGEST_PREFETCH, QueueSlots, Slots
from advisorjobs.engine.visit import Visit


def waiting(queue: QueueSlots, count: int) -> None:
    queue.waiting.extend(cast(Any, [object()] * count))


def test_an_idle_queue_asks_for_its_slots_and_nothing_more() -> None:
    assert QueueSlots("emails", 10).wanted() == 10


def test_a_full_queue_of_long_jobs_asks_for_nothing() -> None:
    queue = QueueSlots("emails", 10)
    queue.running = 10

    assert queue.wanted() == 0


def test_short_jobs_earn_a_prefetch_of_fifty_milliseconds_of_work() -> None:
    queue = QueueSlots("emails", 10)
    for _ in range(50):
        queue.ended = 100
        queue.measure(0.1)

    assert queue.prefetch in (49, 50)
    queue.running = 10
    assert queue.wanted() == queue.prefetch


def test_jobs_that_outlast_the_prefetch_s_time_earn_none() -> None:
    queue = QueueSlots("emails", 8)
    for _ in range(50):
        queue.ended = 8
        queue.measure(0.1)

    assert queue.prefetch == 0


def test_a_prefetch_is_filled_again_when_half_of_it_is_used_up() -> None:
    queue = QueueSlots("emails", 10)
    queue.running, queue.prefetch = 10, 40
    waiting(queue, 21)
    assert queue.wanted() == 0
    queue.waiting.popleft()
    assert queue.wanted() == 20


def test_a_prefetch_is_bounded_and_long_jobs_lose_it() -> None:
    queue = QueueSlots("emails", 10)
    queue.ended = 1_000_000
    queue.measure(0.1)
    assert queue.prefetch == LARGEST_PREFETCH
    for _ in range(100):
        queue.measure(0.1)
    assert queue.prefetch == 0


def test_a_full_queue_takes_no_other_queue_s_place() -> None:
    slots = Slots({"emails": 10, "critical": 5})
    slots.queues["emails"].running = 10

    assert slots.wanted(0.0, lambda: 0) == (["critical"], [5])


def test_a_claim_that_brings_nothing_takes_nothing_from_those_that_age() -> None:
    queue = QueueSlots("emails", 10)
    assert queue.aged(10) == 1
    for _ in range(5):
        queue.brought(0, 1)

    assert queue.aged(10) == 1


def test_a_closed_queue_is_asked_when_it_opens_and_one_where_only_some_wait_is_asked_before() -> None:
    slots = Slots({"emails": 10, "critical": 5})
    slots.queues["emails"].heard(Visit("emails", "", None, 0.9, True, True, True), 100.0, 1.0)
    slots.queues["critical"].heard(Visit("critical", "", None, 0.8, True, False, True), 100.0, 1.0)

    assert slots.wanted(100.01, lambda: 0) == ([], [])
    assert slots.shut(100.01)
    assert round(slots.opening(100.0), 3) == 0.8
    assert slots.wanted(100.0 + BETWEEN_LOOKS, lambda: 0) == (["critical"], [5])
    slots.reopen()
    assert slots.wanted(100.01, lambda: 0) == (["emails", "critical"], [10, 5])


def braked(queue: QueueSlots, now: float) -> bool:
    slots = Slots({})
    slots.queues[queue.name] = queue
    assert slots.shut(now) is (slots.wanted(now, lambda: 1)[0] == [])
    return slots.shut(now)


def test_a_queue_whose_jobs_start_late_is_asked_after_pauses_that_grow_to_a_second() -> None:
    queue = QueueSlots("emails", 10)
    queue.start_within = 0.25
    now, pauses = 100.0, []
    for _ in range(4):
        queue.late(now)
        queue.late(now + 0.125)  # of the same claim
        pauses.append(queue.braked_until - now)
        now = queue.braked_until

    assert pauses == [0.25, 0.5, 1.0, 1.0]
    queue.in_time()
    queue.late(now)
    assert queue.braked_until - now == 0.25


def test_neither_a_word_nor_a_claim_under_way_ends_the_pause() -> None:
    queue = QueueSlots("emails", 10)
    queue.start_within = 0.25
    queue.late(100.0)
    slots = Slots({})
    slots.queues["emails"] = queue

    slots.reopen()
    queue.heard(Visit("emails", "", 0.25, None, True, False, False), 100.0, 60.0)

    assert braked(queue, 100.125)
    assert slots.opening(100.125) == 0.125
    assert not braked(queue, 100.25)
    assert slots.opening(100.25) == math.inf
