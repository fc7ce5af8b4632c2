"""Storms on few keys (32): one at a time, in order, and nobody trips over anybody."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.faults.checker import overlaps
from tests.faults.engines import Order
from tests.faults.nemesis import every
from tests.faults.scale import full_or_short
from tests.faults.site import Site

pytestmark = pytest.mark.faults

WORKERS = full_or_short(12, 3)
SLOTS = 6
KEYS = 20
PER_KEY = full_or_short(300, 15)
LOW, HIGH = -5, -1


def job(key: int, *, priority: int = LOW, ms: float = 2, **fields: float) -> Order:
    return Order(kind="keyed", args={"key": f"key-{key}", "ms": ms}, lock=f"key-{key}", priority=priority, **fields)  # type: ignore[arg-type]


def test_jobs_of_one_key_run_alone_and_in_order_under_many_workers(site: Site, figure: Callable[..., None]) -> None:
    dice = random.Random(1)
    ordered = site.enqueue(*(job(key) for _ in range(PER_KEY) for key in range(KEYS)))
    later = site.enqueue(*(job(key, delay=3600) for key in range(KEYS)))

    def urge() -> None:
        """A job that goes before all that wait, while somebody is claiming."""
        site.enqueue(*(job(dice.randrange(KEYS), priority=HIGH) for _ in range(3)))

    members = [site.start(SLOTS) for _ in range(WORKERS)]
    with every(0.05, urge):
        site.wait_done(full_or_short(600, 60), ordered)
    due = [each for each in site.ids if each not in set(later)]
    site.wait_done(60, due)

    entries = site.witness.read()
    order: dict[str, list[int]] = defaultdict(list)
    first_of = set(ordered)
    for entry in entries:
        if entry.event == "begin" and entry.job in first_of:
            order[entry.detail].append(entry.job)
    disorder = [key for key, ids in order.items() if ids != sorted(ids)]
    exits = [member.status for member in members if member.status is not None]
    figure(jobs=len(due), overlaps=len(overlaps(entries)), keys_out_of_order=len(disorder), exits=len(exits))
    assert exits == [], site.fleet.tails()
    assert overlaps(entries) == []
    assert disorder == [], f"{disorder[0]}: {order[disorder[0]]}"
    assert site.states(later) == {"todo": KEYS}
    assert "UniqueViolation" not in site.fleet.tails()
    site.ids = due
    site.fleet.stop()
    with site.connect() as connection:
        connection.execute("DELETE FROM procrastinate_jobs WHERE id = ANY (%s)", [later])
    site.check()


def test_a_retry_whose_queueing_lock_is_taken_meanwhile_ends_all_the_same(
    site: Site, figure: Callable[..., None]
) -> None:
    """The job that fails wants to wait again under a queueing lock that a newer job holds."""
    site.start(1)
    for _ in range(5):
        (first,) = site.enqueue(Order(kind="fail-once-later", args={"ms": 300}, queueing_lock="once"))
        site.wait_event("begin", 1, jobs=[first])
        site.enqueue(Order(kind="fail-once-later", args={"ms": 0}, queueing_lock="once"))
        site.wait_done(20)
    states = site.states()
    figure(jobs=len(site.ids), doing_for_ever=states["doing"])
    assert states["doing"] == 0
    site.check()
