"""The outbox against a database that refuses what it is given."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from advisorjobs.database.link import Link
from advisorjobs.engine.complete import Completer
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.run import Run
from tests.fixtures.desk import Desk
from tests.fixtures.waiting import wait_for_async

REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE TRIGGER refuse BEFORE INSERT ON advisorjobs_runs FOR EACH ROW EXECUTE FUNCTION refuse()"""

STALE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN IF {guilty} THEN RAISE EXCEPTION ''cache lookup failed'' USING ERRCODE = ''{state}''; END IF; RETURN NEW; END';
CREATE TRIGGER refuse BEFORE INSERT ON advisorjobs_runs FOR EACH ROW EXECUTE FUNCTION refuse()"""


@asynccontextmanager
async def writing(outbox: Completer) -> AsyncIterator[None]:
    """The outbox at work."""
    task = asyncio.ensure_future(outbox.loop())
    try:
        yield
    finally:
        task.cancel()
        await outbox.link.close()


@pytest.mark.parametrize("by", ["row", "job lock"])
async def test_what_an_open_transaction_of_somebody_holds_does_not_keep_the_others_waiting(
    database: str, desk: Desk, by: str
) -> None:
    ids = [*desk.enqueue(), *desk.enqueue(lock="one at a time"), *desk.enqueue()]
    jobs = desk.claim()
    (behind,) = desk.enqueue(lock="one at a time")
    lease = Lease(desk.worker, desk.token, 60.0, time.monotonic())
    outbox = Completer(Link(database, "test"), on_written=lambda: None)

    async def left() -> bool:
        return [row["id"] for row in desk.rows("SELECT id FROM procrastinate_jobs ORDER BY id")] == [ids[1], behind]

    with psycopg.connect(database) as somebody:
        somebody.execute("SELECT cancel_job(%s)", [ids[1] if by == "row" else behind])
        async with writing(outbox):
            for job in jobs:
                outbox.complete(Run(job, None, lease, None), 1, "null")  # type: ignore[arg-type]
            await wait_for_async(left, "the others' end")
            somebody.commit()
            async with asyncio.timeout(20):
                await outbox.drained()
    assert desk.one("SELECT count(*) FROM job_executions WHERE status = 'completed'") == 3


async def test_a_run_whose_end_is_refused_is_not_held_for_ever_but_given_back_by_the_heartbeat(
    database: str, desk: Desk
) -> None:
    (job_id,) = desk.enqueue()
    (job,) = desk.claim()
    lease = Lease(desk.worker, desk.token, 60.0, time.monotonic())
    lease.holds(job.token, 1)
    desk.connection.execute(REFUSE)
    outbox = Completer(Link(database, "test"), on_written=lambda: None)
    async with writing(outbox), asyncio.timeout(20):
        outbox.complete(Run(job, None, lease, None), 1, "null")  # type: ignore[arg-type]
        await outbox.drained()
    assert desk.one("SELECT status FROM procrastinate_jobs") == "doing"

    desk.connection.execute("DROP TRIGGER refuse ON advisorjobs_runs")
    desk.beat(*lease.claims)
    assert desk.beat(*lease.claims) == (True, [job_id], [])
    assert desk.one("SELECT status FROM procrastinate_jobs") == "todo"


@pytest.mark.parametrize("state", ["42804", "XX000"])
async def test_what_a_connection_from_before_a_migration_can_not_write_a_new_one_writes(
    database: str, desk: Desk, state: str
) -> None:
    desk.enqueue(3)
    lease = Lease(desk.worker, desk.token, 60.0, time.monotonic())
    link = Link(database, "test")
    await link.value("next_due")
    assert link.connection is not None
    pid = link.connection.info.backend_pid
    desk.connection.execute(STALE.format(guilty=f"pg_backend_pid() = {pid}", state=state))
    outbox = Completer(link, on_written=lambda: None)
    async with writing(outbox), asyncio.timeout(20):
        for job in desk.claim():
            outbox.complete(Run(job, None, lease, None), 1, "null")  # type: ignore[arg-type]
        await outbox.drained()

    assert desk.one("SELECT count(*) FROM job_executions WHERE status = 'completed'") == 3
    assert link.opened == 2


async def test_what_a_new_connection_refuses_too_is_refused_without_asking_yet_another(
    database: str, desk: Desk
) -> None:
    (job_id, *_) = desk.enqueue(3)
    lease = Lease(desk.worker, desk.token, 60.0, time.monotonic())
    link = Link(database, "test")
    await link.value("next_due")
    desk.connection.execute(STALE.format(guilty=f"NEW.job_id = {job_id} AND NEW.status = ''completed''", state="42804"))
    outbox = Completer(link, on_written=lambda: None)
    async with writing(outbox), asyncio.timeout(20):
        for job in desk.claim():
            outbox.complete(Run(job, None, lease, None), 1, "null")  # type: ignore[arg-type]
        await outbox.drained()

    rows = desk.rows("SELECT status, error_code, error_message FROM job_executions ORDER BY job_id")
    assert [row["status"] for row in rows] == ["failed", "completed", "completed"]
    assert "sqlstate 42804" in rows[0]["error_message"]
    assert link.opened == 2
