"""Ten open dashboards as browsers have them: each listens to /live and looks again when what it shows has changed."""

from __future__ import annotations

import asyncio
import itertools
import re
import statistics
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import psycopg
import uvicorn
from starlette.applications import Starlette

from advisorjobs.database.statement import statement
from advisorjobs.web.access.person import Role
from advisorjobs.web.server import listen
from ops.bench.dashboard_site import Watched, looking_site, person_at
from ops.bench.own_depth import Desk

__all__ = ["WINDOWS", "Windows", "percentage", "ten_dashboards"]

SQL = Path(__file__).parent / "sql"
WINDOW, WINDOWS = 10.0, 9
SETTLE = 5.0
"""Seconds until all look and what they need is planned and cached."""
REGION = re.compile(r'data-live="([^"]*)"')
DASHBOARDS = (
    ("/",) * 4 + ("/queues/critical",) * 2 + ("/jobs", "/jobs?status=failed", "/jobs/{last_in_line}", "/organizations")
)


Windows = list[tuple[float, int]]
"""Of each window: per cent of a processor that the database's processes used, and pages that were shown."""


async def ten_dashboards(dsn: str, jobs: Mapping[str, int], windows: int = WINDOWS) -> Windows:
    """Windows of ten seconds in which a worker completes a hundred jobs a second, and as many are enqueued."""
    with busy_worker(dsn):
        async with looking_site(dsn) as (served, watched), serving(served) as base, AsyncExitStack() as stack:
            client = await stack.enter_async_context(person_at(served, Role.ADMIN, base=base))
            pages = Counter()
            looking = [asyncio.create_task(look(client, each.format(**jobs), pages)) for each in DASHBOARDS]
            stack.callback(lambda: [each.cancel() for each in looking])
            await asyncio.sleep(SETTLE)
            return [await window(watched, pages, looking) for _ in range(windows)]


class Counter:
    """How many pages were shown."""

    def __init__(self) -> None:
        self.count = 0


async def window(watched: Watched, pages: Counter, looking: list[asyncio.Task[None]]) -> tuple[float, int]:
    spent, shown, begun = watched.spent(), pages.count, time.perf_counter()
    done, _ = await asyncio.wait(looking, timeout=WINDOW, return_when=asyncio.FIRST_COMPLETED)
    for each in done:  # none ends by itself: this raises why
        each.result()
    seconds = time.perf_counter() - begun
    return (watched.spent() - spent) / seconds / 10, pages.count - shown


async def look(client: httpx.AsyncClient, address: str, pages: Counter) -> None:
    """As static/app.js does: the page, and the page again for each event that names a topic of one of its regions."""
    first = await client.get(address)
    first.raise_for_status()
    topics = {topic for region in REGION.findall(first.text) for topic in region.split()}
    assert topics, address
    job = next((topic.removeprefix("job:") for topic in topics if topic.startswith("job:")), None)
    async with client.stream("GET", "/live", params={"job": job} if job else {}, timeout=None) as events:
        async for line in events.aiter_lines():
            if line.startswith("data:") and topics & set(line.removeprefix("data:").split()):
                (await client.get(address)).raise_for_status()
                pages.count += 1


@asynccontextmanager
async def serving(served: Starlette) -> AsyncIterator[str]:
    """The application over the network of this machine; its address."""
    with listen("127.0.0.1", 0) as listening:
        server = uvicorn.Server(
            uvicorn.Config(served, lifespan="off", log_level="warning", timeout_graceful_shutdown=1)
        )
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            served.state.site.pulse.stop()
            server.should_exit = True
            await running


@contextmanager
def busy_worker(dsn: str) -> Iterator[None]:
    """A worker that takes, completes and replaces a hundred jobs a second, folds what it did, and beats, as workers do."""
    stopped = threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with psycopg.connect(dsn, autocommit=True, prepare_threshold=0) as connection:
                desk = Desk(connection)
                for second in itertools.count():
                    if stopped.wait(1):
                        break
                    desk.turn(look_aside=False)
                    connection.execute((SQL / "beat_workers.sql").read_bytes(), {"second": second})
                    for chore in ("fold_counts", "fold_tallies"):
                        connection.execute(statement(chore))
        except BaseException as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
    assert not failed, failed


def percentage(windows: Windows) -> float:
    """The median window's."""
    return statistics.median(percent for percent, _ in windows)
