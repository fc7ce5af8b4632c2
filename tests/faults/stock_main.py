"""procrastinate's own worker on the same jobs: the control. Queues and slots are given as JSON, as to worker_main."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

import procrastinate
import psycopg
from procrastinate import JobContext

from tests.faults import bodies
from tests.faults.witness import seen

INSERT_EFFECT = "INSERT INTO effects (job, run, amount) VALUES (%s, %s, %s)"
DSN = os.environ["DATABASE_URL"]
LEASE = float(os.environ["ADVISORJOBS_LEASE"])
GRACE = float(os.environ.get("ADVISORJOBS_GRACE", "25"))

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=DSN, kwargs={"prepare_threshold": None}))
quickly = procrastinate.RetryStrategy(max_attempts=50, wait=0)


def named(name: str, **options: Any) -> Any:
    return app.task(name=f"faults:{name}", queue="critical", pass_context=True, **options)


def run_of(context: JobContext) -> tuple[int, int]:
    assert context.job.id is not None
    return context.job.id, context.job.attempts + 1


@named("nap")
async def nap(context: JobContext, ms: float = 0) -> None:
    await bodies.nap(*run_of(context), ms)


@named("plain")
async def plain(context: JobContext, ms: float = 0) -> None:
    await bodies.nap(*run_of(context), ms)


@named("block")
def block(context: JobContext, ms: float = 0) -> None:
    bodies.block(*run_of(context), ms)


@named("ledger", retry=quickly)
async def ledger(context: JobContext, ms: float = 0, amount: int = 1) -> None:
    """As our users would write it without job.transaction(): the effect is committed, then the job ends."""
    job, run = run_of(context)
    with seen(job, run):
        await asyncio.sleep(ms / 1000)  # noqa: TID251 - the work itself
        async with await psycopg.AsyncConnection.connect(DSN) as connection:
            await connection.execute(INSERT_EFFECT, [job, run, amount])


@named("block-ledger", retry=quickly)
def block_ledger(context: JobContext, ms: float = 0, amount: int = 1) -> None:
    job, run = run_of(context)
    with seen(job, run):
        time.sleep(ms / 1000)  # noqa: TID251 - the work itself
        with psycopg.connect(DSN) as connection:
            connection.execute(INSERT_EFFECT, [job, run, amount])


@named("keyed", retry=quickly)
async def keyed(context: JobContext, key: str, ms: float = 0) -> None:
    await bodies.keyed(*run_of(context), key, ms)


@named("fail", retry=1)
async def fail(context: JobContext) -> None:
    await bodies.fail(*run_of(context))


@named("fail-once-later", retry=procrastinate.RetryStrategy(max_attempts=1, wait=0))
async def fail_once_later(context: JobContext, ms: float) -> None:
    await bodies.fail_once_later(*run_of(context), ms)


@named("stubborn")
async def stubborn(context: JobContext, seconds: float) -> None:
    await bodies.stubborn(*run_of(context), seconds)


@named("zombie", retry=procrastinate.RetryStrategy(max_attempts=5, wait=0))
async def zombie(context: JobContext, gate: str, how: str) -> None:
    job, run = run_of(context)
    await bodies.wait_for_go(job, run, gate)
    if how == "failure":
        raise bodies.Refused("late")
    if how == "write":
        async with await psycopg.AsyncConnection.connect(DSN) as connection:
            await connection.execute(INSERT_EFFECT, [job, run, 1])


if os.environ.get("FAULTS_NEW_CODE"):

    @named("new")
    async def new(context: JobContext, ms: float) -> None:
        await bodies.nap(*run_of(context), ms)


@named("pill", retry=quickly)
def pill(context: JobContext, how: str) -> None:
    bodies.die(*run_of(context), how)


@named("loop-pill", retry=quickly)
async def loop_pill(context: JobContext, how: str) -> None:
    bodies.die(*run_of(context), how)


@app.periodic(cron="* * * * * */1")
@app.task(name="faults:retry_stalled_jobs", queue="critical", queueing_lock="stalled", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """The recipe of procrastinate's documentation, every second instead of every ten minutes."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=LEASE):
        await app.job_manager.retry_job(job)


async def work(slots: dict[str, int]) -> None:
    async with app.open_async():
        await app.run_worker_async(
            queues=list(slots),
            concurrency=sum(slots.values()),
            shutdown_graceful_timeout=GRACE,
            update_heartbeat_interval=LEASE / 5,
            stalled_worker_timeout=LEASE,
            fetch_job_polling_interval=1.0,
        )


if __name__ == "__main__":
    asyncio.run(work(json.loads(sys.argv[1])))
