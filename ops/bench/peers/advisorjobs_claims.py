"""AdvisorJobs' claim alone: the engine's own claimer, completer and link, on a backlog that is kept at its size.

Commands beside `setup`: `load ORGANIZATIONS COUNT` adds jobs, `claims ORGANIZATIONS SAMPLES` claims a hundred at a time,
runs them, adds as many, and reports the milliseconds that each claim's statement took; `load-due COUNT` adds jobs
that fall due in one second that is over already, and `claims-due COUNT` claims until it has them all.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from meter import chunks, report, run

from advisorjobs import app, get_queue_manager
from advisorjobs.database.link import Link
from advisorjobs.engine.assembly import StockWorker, child_spec, handlers_of, plan_of
from advisorjobs.engine.child_pool import PoolLimits
from advisorjobs.engine.claimed import Claimed
from advisorjobs.engine.dispatch import Dispatcher
from advisorjobs.engine.executor import ChildExecutor
from advisorjobs.engine.ports_async import AsyncPorts
from advisorjobs.engine.worker import Worker, WorkerSpec

logging.disable(logging.CRITICAL)
AT_ONCE = 100
WARM = 20


class TimedLink(Link):
    """A link that notes how long claims took, in milliseconds."""

    def __init__(self, dsn: str, purpose: str) -> None:
        super().__init__(dsn, purpose)
        self.times: list[float] = []

    async def fetch(
        self, name: str, params: Mapping[str, Any] | None = None, *, timeout: float = 10.0
    ) -> list[tuple[Any, ...]]:
        begun = perf_counter()
        rows = await super().fetch(name, params, timeout=timeout)
        if name == "claim_jobs":
            self.times.append((perf_counter() - begun) * 1e3)
        return rows


class Counting(Dispatcher):
    """The dispatcher, which says how many jobs the last claim brought, and that there may be more of them."""

    taken = 0
    wake: Callable[[], None]

    def take(self, jobs: Sequence[Claimed], *rest: Any) -> None:
        self.taken = len(jobs)
        super().take(jobs, *rest)
        self.wake()


def jobs_of(organizations: int, numbers: Iterable[int]) -> list[dict[str, Any]]:
    return [
        {
            "name": "bench:typed",
            "payload": {"organization_id": f"org-{i % organizations}", "number": i, "note": "typed"},
        }
        for i in numbers
    ]


@contextlib.asynccontextmanager
async def a_worker() -> AsyncIterator[tuple[Worker, Counting]]:
    """A worker of a hundred slots as the engine puts it together, registered, whose claims are timed and asked for singly."""
    plan = plan_of(app, {"queues": ["critical"], "concurrency": AT_ONCE})
    await app.publish_async()
    async with (
        AsyncPorts(app.dsn, size=AT_ONCE) as ports,
        ChildExecutor(child_spec(app, plan), PoolLimits(children=1, size=2**30), memory=2**30) as children,
    ):
        spec = WorkerSpec(dsn=app.dsn, direct_dsn=app.dsn, name="bench", slots=plan.slots, listen=False)
        worker = Worker(spec, handlers_of(app, plan, StockWorker(app, plan)), children, ports)
        dispatcher = Counting(
            slots=worker.slots,
            completer=worker.completer,
            handlers=worker.handlers,
            executor=children,
            ports=ports,
            on_room=worker.claimer.room,
        )
        dispatcher.wake = worker.claimer.wake
        worker.claimer.link = TimedLink(app.dsn, "claim")
        worker.claimer.dispatcher = dispatcher
        await worker._register()
        completing = asyncio.ensure_future(worker.completer.loop())
        try:
            yield worker, dispatcher
        finally:
            completing.cancel()
            await worker._leave()


async def claims(organizations: int, samples: int) -> list[float]:
    """Milliseconds of each claim's statement, after a few that don't count."""
    add_jobs = get_queue_manager().add_jobs
    numbers = itertools.count()
    async with a_worker() as (worker, dispatcher):
        for _ in range(WARM + samples):
            await worker.claimer._step()
            while dispatcher.runs or len(worker.completer):
                await worker.completer.drained()
                await asyncio.sleep(0)
            await add_jobs(jobs_of(organizations, itertools.islice(numbers, dispatcher.taken)))
        return worker.claimer.link.times[WARM:]


async def load_due(count: int) -> None:
    """Adds jobs for one second that is to come, and returns when it is over."""
    at = datetime.now(UTC) + timedelta(seconds=20)
    add_jobs = get_queue_manager().add_jobs
    due = [{**job, "schedule_at": at + timedelta(seconds=i / count)} for i, job in enumerate(jobs_of(50, range(count)))]
    await chunks(count, lambda part: add_jobs(due[part[0] : part[-1] + 1]))
    await asyncio.sleep(max(0.0, (at - datetime.now(UTC)).total_seconds() + 1))


async def claims_due(count: int) -> tuple[list[float], float]:
    """Milliseconds of each claim's statement, and the seconds until *count* jobs were taken."""
    left = count
    async with a_worker() as (worker, dispatcher):
        begun = perf_counter()
        while left > 0:
            dispatcher.taken = 0
            await worker.claimer._step()
            left -= dispatcher.taken
            while dispatcher.runs or len(worker.completer):
                await worker.completer.drained()
                await asyncio.sleep(0)
        return worker.claimer.link.times, perf_counter() - begun


async def main(command: str, *words: str) -> None:
    match command:
        case "setup":
            subprocess.run([sys.executable, "-m", "advisorjobs", "migrate"], check=True, stdout=subprocess.DEVNULL)
        case "load":
            organizations = int(words[0])
            add_jobs = get_queue_manager().add_jobs
            await chunks(int(words[1]), lambda part: add_jobs(jobs_of(organizations, part)))
        case "load-due":
            await load_due(int(words[0]))
        case "claims-due":
            with tempfile.TemporaryDirectory() as folder:
                os.environ["PEER_TALLY"] = folder
                times, seconds = await claims_due(int(words[0]))
            report(times=times, seconds=seconds)
        case "claims":
            with tempfile.TemporaryDirectory() as folder:
                os.environ["PEER_TALLY"] = folder
                report(times=await claims(int(words[0]), int(words[1])))


run(main)
