"""Job functions for the tests of child processes: named by ADVISORJOBS_IMPORTS, so that children find them too."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from procrastinate import Blueprint, JobContext
from procrastinate.exceptions import JobAborted

from advisorjobs.application import App
from advisorjobs.backoff import fixed
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.job_run import JobRun
from advisorjobs.outcomes import Fail, Snooze
from advisorjobs.payloads import Payload
from advisorjobs.settings import Settings
from advisorjobs.task import task

log = logging.getLogger(__name__)

QUICKLY = fixed(0.05)


def application() -> App:
    """The App of the tests and of their children."""
    app = App(Settings.from_environment())
    blueprint = Blueprint()
    blueprint.task(name="context", pass_context=True)(context_of)
    blueprint.task(name="retry", retry=3)(retried)
    app.add_tasks_from(blueprint, namespace="plain")
    return app


class Work(Payload):
    """`path`: where a function says that it has begun."""

    path: str = ""
    number: int = 0
    how: str = ""


Job = JobRun[Work]


def say(job: Job, *words: object) -> None:
    """Writes the child's process number and *words* in one piece."""
    if job.payload.path:
        part = Path(f"{job.payload.path}.part")
        part.write_text(" ".join(map(str, (os.getpid(), *words))))
        part.rename(job.payload.path)


@task("test:add", payload=Work, queue="critical")
def add(job: Job) -> dict[str, int]:
    return {"sum": job.payload.number + 1, "pid": os.getpid()}


@task("test:print", payload=Work, queue="critical")
def print_much(job: Job) -> str:
    print("x" * 100_000)  # noqa: T201 - what job functions do
    os.write(1, b"\x00\x00\x00\x05hello")
    sys.stdout.write("no end of line")
    return "done"


@task("test:fork", payload=Work, queue="critical", retries=0)
def fork(job: Job) -> str:
    """Forks. `how` says what the other process does; `number` bytes are returned."""
    match job.payload.how:
        case "returns":
            os.fork()
        case "stays":
            if not os.fork():
                speak(job.payload.path, "during the run")
                while not os.path.exists(f"{job.payload.path}.over"):
                    os.sched_yield()
                speak(job.payload.path, "after it")
                os._exit(0)
            while not os.path.exists(f"{job.payload.path}.during the run"):
                os.sched_yield()
        case "speaks":
            log.info("said")
        case "chatters":
            for _ in range(4):
                if not os.fork():
                    for number in range(200):
                        log.info("line %d", number)
                    os._exit(0)
    return "x" * job.payload.number


def speak(path: str, words: str) -> None:
    """Says it, and leaves a file that tells so."""
    log.info(words)
    Path(f"{path}.{words}").touch()


@task("test:loop", payload=Work, queue="critical", timeout=timedelta(seconds=1), retries=0)
def loop(job: Job) -> None:
    """Never ends by itself; `how` says what else makes it hard to stop."""
    match job.payload.how:
        case "deaf":
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            say(job)
        case "grandchild":
            say(job, subprocess.Popen(["sleep", "300"]).pid)
        case "gil":
            say(job)
            re.match(r"(a+)+$", "a" * 60 + "b")
        case _:
            say(job)
    for _ in count():
        continue


@task("test:die", payload=Work, queue="critical", backoff=QUICKLY)
def die(job: Job) -> None:
    match job.payload.how:
        case "segfault":
            ctypes.string_at(0)
        case "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        case _:
            os._exit(7)


@task("test:eat", payload=Work, queue="critical", memory=150 << 20)
def eat(job: Job) -> None:
    eaten = []
    for _ in count():
        eaten.append(b"x" * (1 << 20))


@task("test:feed", payload=Work, queue="critical", memory=150 << 20)
def feed(job: Job) -> None:
    """The memory is another process's that it started."""
    subprocess.run([sys.executable, "-c", "a = []\nwhile True: a.append(b'x' * (1 << 20))"], check=True)


@task("test:raise", payload=Work, queue="critical")
def fail(job: Job) -> None:
    match job.payload.how:
        case "job error":
            raise JobError(ErrorCode.RATE_LIMITED, "slowly", retry_after=30)
        case "snooze":
            raise Snooze(5)
        case "no text":
            raise ValueError(os.fsdecode(b"\xff"))
        case "no text as outcome":
            raise Fail("validation", ValueError(os.fsdecode(b"\xff")))  # type: ignore[arg-type]
        case "exit":
            sys.exit(3)
    raise ValueError("no")


@task("test:circle", payload=Work, queue="critical")
def circle(job: Job) -> list[Any]:
    """Returns what can't be JSON."""
    ring: list[Any] = []
    ring.append(ring)
    return ring


@task("test:obey", payload=Work, queue="critical")
def obey(job: Job) -> str:
    """Looks whether it is to stop."""
    say(job)
    while not job.should_abort():
        continue
    raise JobAborted


@task("test:alone", payload=Work, queue="critical")
async def alone(job: Job) -> int:
    """A coroutine function: it meets a child as a suspect only."""
    say(job)
    if job.payload.how == "wait":
        await asyncio.Event().wait()
    return os.getpid()


@task("test:effect", payload=Work, queue="critical", retries=0)
def effect(job: Job) -> None:
    """Writes a row and its own completion."""
    job.result = {"rows": 1}
    with job.transaction() as connection:
        connection.execute("INSERT INTO effects VALUES (%s, %s)", [job.id, job.organization_id])
        if job.payload.how == "error":
            raise ValueError("after the row")
    if job.payload.how == "die":
        os._exit(7)


@task("test:effect_async", payload=Work, queue="critical", retries=0)
async def effect_async(job: Job) -> None:
    job.result = {"rows": 1}
    async with job.transaction() as connection:
        await connection.execute("INSERT INTO effects VALUES (%s, %s)", [job.id, job.organization_id])
        if job.payload.how == "error":
            raise ValueError("after the row")


@task("test:report", payload=Work, queue="critical")
def report(job: Job) -> list[str]:
    """Says how far it is, and which rows it may see."""
    for step in range(4):
        job.progress(step, 10, "reading")
    with job.connection() as connection:
        return [row[0] for row in connection.execute("SELECT organization_id FROM effects")]


def in_brackets(call_next: Any, context: JobContext, worker: Any) -> list[Any]:
    """A middleware around blocking tasks."""
    return ["(", call_next(), ")"]


def context_of(context: JobContext, *, word: str) -> list[Any]:
    return [word, context.job.id, context.job.attempts, context.additional_context, context.worker_name]


def retried() -> None:
    raise ValueError("again")
