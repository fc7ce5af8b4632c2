"""The outbox against a database that refuses what it is given."""

from __future__ import annotations

import asyncio
import time

from advisorjobs.database.link import Link
from advisorjobs.engine.complete import Completer
from advisorjobs.engine.lease import Lease
from advisorjobs.engine.run import Run
from tests.fixtures.desk import Desk

REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
CREATE TRIGGER refuse BEFORE INSERT ON advisorjobs_runs FOR EACH ROW EXECUTE FUNCTION refuse()"""


async def test_a_run_whose_end_is_refused_is_not_held_for_ever_but_given_back_by_the_heartbeat(
    database: str, desk: Desk
) -> None:
    (job_id,) = desk.enqueue()
    (job,) = desk.claim()
    lease = Lease(desk.worker, desk.token, 60.0, time.monotonic())
    lease.holds(job.token, 1)
    desk.connection.execute(REFUSE)
    link = Link(database, "test")
    outbox = Completer(link, on_written=lambda: None)
    writing = asyncio.ensure_future(outbox.loop())
    outbox.complete(Run(job, None, lease, None), 1, "null")  # type: ignore[arg-type]
    async with asyncio.timeout(20):
        await outbox.drained()
    writing.cancel()
    await link.close()
    assert desk.one("SELECT status FROM procrastinate_jobs") == "doing"

    desk.connection.execute("DROP TRIGGER refuse ON advisorjobs_runs")
    desk.beat(*lease.claims)
    assert desk.beat(*lease.claims) == (True, [job_id], [])
    assert desk.one("SELECT status FROM procrastinate_jobs") == "todo"
