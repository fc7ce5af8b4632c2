"""The jobs of the fault tests on our engine: named by ADVISORJOBS_IMPORTS in the worker processes that the tests start."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta

from procrastinate import JobContext

from advisorjobs.application import the_app
from advisorjobs.backoff import fixed
from advisorjobs.errors import ErrorCode, JobError, LeaseLost
from advisorjobs.job_run import JobRun
from advisorjobs.payloads import Payload
from advisorjobs.task import JobType, task
from tests.faults import bodies, crash
from tests.faults.witness import Witness, seen

INSERT_EFFECT = "INSERT INTO effects (job, run, amount) VALUES (%s, %s, %s)"
QUICKLY = fixed(0.05)


class Work(Payload):
    """`ms`: how long; `amount`: what a ledger job books; `key`, `gate`, `how`, `seconds`: see bodies.py."""

    ms: float = 0
    amount: int = 1
    key: str = ""
    gate: str = ""
    how: str = ""
    seconds: float = 0


Job = JobRun[Work]


@task("faults:nap", payload=Work, queue="critical")
async def nap(job: Job) -> None:
    crash.point("job begins")
    await bodies.nap(job.id, job.run, job.payload.ms)
    crash.point("job ends")


@task("faults:block", payload=Work, queue="critical")
def block(job: Job) -> None:
    crash.point("job begins")
    bodies.block(job.id, job.run, job.payload.ms)
    crash.point("job ends")


@task("faults:ledger", payload=Work, queue="critical", backoff=QUICKLY, retries=50)
async def ledger(job: Job) -> None:
    """Books its amount and is completed in the same transaction."""
    with seen(job.id, job.run):
        await asyncio.sleep(job.payload.ms / 1000)  # noqa: TID251 - the work itself
        async with job.transaction() as connection:
            await connection.execute(INSERT_EFFECT, [job.id, job.run, job.payload.amount])
            crash.point("effect written")
        crash.point("effect committed")


@task("faults:block-ledger", payload=Work, queue="critical", backoff=QUICKLY, retries=50)
def block_ledger(job: Job) -> None:
    with seen(job.id, job.run):
        time.sleep(job.payload.ms / 1000)  # noqa: TID251 - the work itself
        with job.transaction() as connection:
            connection.execute(INSERT_EFFECT, [job.id, job.run, job.payload.amount])
            crash.point("effect written")
        crash.point("effect committed")


@task("faults:throttled", payload=Work, queue="critical")
async def throttled(job: Job) -> None:
    """Its service asks for patience, the first time."""
    with seen(job.id, job.run):
        if job.run == 1:
            raise JobError(ErrorCode.RATE_LIMITED, "as the test wants it", retry_after=job.payload.seconds)


@task("faults:keyed", payload=Work, queue="critical", backoff=QUICKLY)
async def keyed(job: Job) -> None:
    await bodies.keyed(job.id, job.run, job.payload.key, job.payload.ms)


@task("faults:fail", payload=Work, queue="critical", retries=1, backoff=QUICKLY)
async def fail(job: Job) -> None:
    await bodies.fail(job.id, job.run)


@task("faults:fail-once-later", payload=Work, queue="critical", retries=1, backoff=QUICKLY)
async def fail_once_later(job: Job) -> None:
    await bodies.fail_once_later(job.id, job.run, job.payload.ms)


@task("faults:stubborn", payload=Work, queue="critical")
async def stubborn(job: Job) -> None:
    await bodies.stubborn(job.id, job.run, job.payload.seconds)


@task("faults:hog", payload=Work, queue="critical")
async def hog(job: Job) -> None:
    await bodies.hog(job.id, job.run, job.payload.seconds)


@task("faults:spin", payload=Work, queue="critical")
async def spin(job: Job) -> None:
    await bodies.spin(job.id, job.run, job.payload.seconds)


@task("faults:hog-too-long", payload=Work, queue="critical", timeout=timedelta(seconds=1), retries=0)
async def hog_too_long(job: Job) -> None:
    if job.payload.how == "deadlock":
        await bodies.deadlock(job.id, job.run)
    await bodies.hog(job.id, job.run, job.payload.seconds)


@task("faults:zombie", payload=Work, queue="critical", retries=5, backoff=QUICKLY)
async def zombie(job: Job) -> None:
    """Frozen in mid-job, and when it wakes it does what `how` says, too late."""
    await bodies.wait_for_go(job.id, job.run, job.payload.gate)
    witness = Witness.of_this_process()
    match job.payload.how:
        case "failure":
            raise bodies.Refused("late")
        case "progress":
            await job.progress(job.run, 100, "late")
        case "write":
            try:
                async with job.transaction() as connection:
                    await connection.execute(INSERT_EFFECT, [job.id, job.run, 1])
            except LeaseLost:
                witness.note("rolled-back", job.id, job.run)
                raise
    witness.note("end", job.id, job.run)


@task("faults:pill", payload=Work, queue="critical", backoff=QUICKLY, memory=256 << 20)
def pill(job: Job) -> None:
    bodies.die(job.id, job.run, job.payload.how)


@task("faults:loop-pill", payload=Work, queue="critical", backoff=QUICKLY)
async def loop_pill(job: Job) -> None:
    """Kills the process whose event loop runs it."""
    bodies.die(job.id, job.run, job.payload.how)


@task("faults:overrun", payload=Work, queue="critical", timeout=timedelta(seconds=1), retries=0)
def overrun(job: Job) -> None:
    bodies.overrun(job.id, job.run, job.payload.how, job.payload.seconds)


@task("faults:overrun-loop", payload=Work, queue="critical", timeout=timedelta(seconds=1), retries=0)
async def overrun_loop(job: Job) -> None:
    await bodies.nap(job.id, job.run, job.payload.seconds * 1000)


def unreachable_by_name() -> JobType[Work]:
    """A blocking job whose function no other process can find: it runs in a thread, which nothing can end."""

    @task("faults:overrun-thread", payload=Work, queue="critical", timeout=timedelta(seconds=1), retries=0)
    def overrun_thread(job: Job) -> None:
        bodies.overrun(job.id, job.run, job.payload.how, job.payload.seconds)

    return overrun_thread


overrun_thread = unreachable_by_name()

if os.environ.get("FAULTS_NEW_CODE"):

    @task("faults:new", payload=Work, queue="critical")
    async def new(job: Job) -> None:
        """A job that only the newer of two deployed programs knows."""
        await bodies.nap(job.id, job.run, job.payload.ms)


app = the_app()


@app.task(name="faults:plain", queue="critical", pass_context=True)
async def plain(context: JobContext, ms: float, organization_id: str = "") -> None:
    """A plain procrastinate task; which run it is, procrastinate doesn't tell it."""
    assert context.job.id is not None
    await bodies.nap(context.job.id, 0, ms)


crash.install()
