"""The heartbeat's thread: it renews, it loses, and nothing that the database does can hold it for ever."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from advisorjobs.engine.heartbeat import Heartbeat, Pulse
from advisorjobs.engine.lease import Lease
from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for


class Told:
    """What a heartbeat said."""

    def __init__(self) -> None:
        self.lost = False
        self.aborts: list[int] = []

    def on_lost(self) -> None:
        self.lost = True

    def on_aborts(self, ids: list[int]) -> None:
        self.aborts = ids


@pytest.fixture
def beating(database: str) -> Iterator[tuple[Desk, Heartbeat, Told]]:
    """A worker with a lease of 1.5 s and its heartbeat."""
    desk = Desk(database, lease=1.5)
    lease = Lease(desk.worker, desk.token, 1.5, 0.0)
    told = Told()
    heartbeat = Heartbeat(
        database, lease, Pulse(), on_lost=told.on_lost, on_aborts=told.on_aborts, on_stuck=lambda: None
    )
    heartbeat.start()
    yield desk, heartbeat, told
    heartbeat._stopped.set()
    heartbeat._thread.join(5)
    desk.close()


def test_a_heartbeat_renews_the_lease_and_tells_of_cancellations(beating: tuple[Desk, Heartbeat, Told]) -> None:
    desk, heartbeat, told = beating
    (job_id,) = desk.enqueue()
    (job,) = desk.claim()
    heartbeat.lease.claims[job.token] = 1
    desk.connection.execute("UPDATE procrastinate_jobs SET abort_requested = true")

    wait_for(lambda: told.aborts == [job_id], "word of the cancellation")
    assert heartbeat.lease.alive
    assert not told.lost


def test_a_lease_that_was_taken_is_noticed(beating: tuple[Desk, Heartbeat, Told]) -> None:
    desk, heartbeat, told = beating
    desk.die()

    wait_for(lambda: told.lost, "word of the lost lease")
    assert not heartbeat.lease.alive


def test_a_call_without_an_answer_is_cut(beating: tuple[Desk, Heartbeat, Told], database: str) -> None:
    desk, heartbeat, told = beating
    with psycopg.connect(database) as other:
        other.execute("SELECT FROM advisorjobs_workers WHERE id = %s FOR UPDATE", [desk.worker])

        def word() -> bool:
            heartbeat.unstick()
            return told.lost

        wait_for(word, "word of the lost lease, while the row is still locked")
