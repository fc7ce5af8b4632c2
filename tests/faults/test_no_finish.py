"""Completions that can't be written for long (6): nothing is lost, nothing runs again, memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from tests.faults.engines import Order
from tests.faults.nemesis import pause
from tests.faults.scale import ENGINE, LEASE, full_or_short
from tests.faults.site import Site

pytestmark = pytest.mark.faults

SECONDS = full_or_short(60.0, 2.5 * LEASE)
SLOTS = 10
JOBS = 1000
HELD = 2 * 200 + 200 + 400 + SLOTS
"""What a worker may hold at most: an outbox of two batches, one under way, a prefetch, the slots."""

LOCKS = {
    "history": {"ours": "advisorjobs_runs IN SHARE MODE", "stock": "procrastinate_events IN SHARE MODE"}[ENGINE],
    "jobs": "procrastinate_jobs IN ACCESS EXCLUSIVE MODE",
}
CASES = full_or_short(
    [(table, limit) for table in LOCKS for limit in (None, "lock_timeout", "statement_timeout")],
    [("history", "lock_timeout"), ("history", "statement_timeout"), ("jobs", None)],
)
"""Which table is locked, and which limit of the database's own (2 s) the statements run into."""


@contextmanager
def locked(site: Site, table: str) -> Iterator[None]:
    """Holds a lock that somebody's schema change might hold."""
    with psycopg.connect(site.dsn) as connection:
        connection.execute(f"LOCK TABLE {table}".encode())
        yield


@pytest.mark.parametrize(("table", "limit"), CASES)
def test_completions_wait_out_a_locked_table(
    site: Site, figure: Callable[..., None], table: str, limit: str | None
) -> None:
    if limit is not None:
        with site.connect() as connection:
            connection.execute(f"ALTER DATABASE {connection.info.dbname} SET {limit} = '2s'".encode())
    site.enqueue(*[Order(kind="nap", args={"ms": 10})] * JOBS)
    member = site.start(SLOTS)
    site.wait_event("end", 50)
    with locked(site, LOCKS[table]):
        before = len(site.witness.events("begin"))
        pause(SECONDS)
        begun = len(site.witness.events("begin")) - before
    took = site.wait_done(60)
    site.wait_until(lambda: site.states() == {"done": JOBS}, "the end of what runs", 5)

    again = len(site.witness.events("begin")) - JOBS
    figure(locked=f"{SECONDS:g} s", begun_meanwhile=begun, run_again=again, done_after=f"{took:.1f} s")
    assert member.status is None
    assert again == 0, member.text()
    assert begun <= HELD
    site.check()
