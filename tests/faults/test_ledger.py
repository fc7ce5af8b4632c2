"""Completion in the job's own transaction (8): the books are right whatever is killed."""

from __future__ import annotations

import random
from collections.abc import Callable

import psycopg
import pytest

from tests.faults.engines import Order
from tests.faults.nemesis import every
from tests.faults.scale import LEASE, full_or_short
from tests.faults.site import Site

pytestmark = pytest.mark.faults

JOBS = full_or_short(10_000, 300)
TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = %s AND application_name <> 'feed' AND backend_type = 'client backend' ORDER BY random() LIMIT 1"""


def test_each_booking_is_made_once_whatever_is_killed(site: Site, figure: Callable[..., None]) -> None:
    dice = random.Random(1)
    orders = [
        Order(
            kind=dice.choice(("ledger", "ledger", "ledger", "block-ledger")),
            args={"ms": 100, "amount": dice.randint(1, 10**6)},
        )
        for _ in range(JOBS)
    ]
    kills = terminated = 0
    nemesis = psycopg.connect(site.cluster.dsn, autocommit=True)

    def kill() -> None:
        nonlocal kills
        site.fleet.kill(dice.choice(site.fleet.living()))
        site.start(10)
        kills += 1

    def terminate() -> None:
        nonlocal terminated
        terminated += len(nemesis.execute(TERMINATE, [site.name]).fetchall())

    for _ in range(2):
        site.start(10)
    site.wait_working(2)
    site.enqueue(*orders)
    with every(full_or_short(5.0, 2.0), kill), every(0.1, terminate):
        site.wait_done(full_or_short(900, 120) + 2 * LEASE)
    nemesis.close()

    booked = site.one("SELECT sum(amount) FROM effects")
    figure(jobs=JOBS, kills=kills, backends_terminated=terminated, bookings=site.effects())
    assert site.effects() == JOBS, "bookings beside jobs"
    assert booked == sum(int(order.args["amount"]) for order in orders)
    site.check()
