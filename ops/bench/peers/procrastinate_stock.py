"""Stock procrastinate on its own tables."""

from __future__ import annotations

import asyncio
import logging
import os

import procrastinate
from meter import Tally, chunks, one_by_one, paced, run, timed

logging.disable(logging.CRITICAL)
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["PEER_DSN"]))
tally: Tally


@app.task(name="bench:empty", queue="critical")
async def empty(number: int) -> None:
    tally.hit(number)


async def main(command: str, *words: str) -> None:
    global tally
    async with app.open_async():
        match command:
            case "setup":
                await app.schema_manager.apply_schema_async()
            case "single":
                await timed(int(words[0]), one_by_one(int(words[0]), lambda i: empty.defer_async(number=i)))
            case "bulk":
                count = int(words[0])
                bulk = chunks(count, 1000, lambda part: empty.batch_defer_async(*[{"number": i} for i in part]))
                await timed(count, bulk)
            case "paced":
                await paced(int(words[0]), float(words[1]), lambda i: empty.defer_async(number=i))
            case "work":
                tally = Tally(words[0], int(words[1]))
                watching = asyncio.ensure_future(tally.watch())
                await app.run_worker_async(queues=["critical"], concurrency=int(os.environ.get("PEER_SLOTS", "10")))
                watching.cancel()


run(main)
