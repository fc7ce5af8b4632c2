"""Stock procrastinate on its own tables. Option `slots`: its concurrency."""

from __future__ import annotations

import logging
import os

import procrastinate
from meter import OPTIONS, Tally, chunks, gate, one_by_one, paced, run, timed

logging.disable(logging.CRITICAL)
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["PEER_DSN"]))
tally: Tally


@app.task(name="bench:empty", queue="critical")
async def empty(number: int) -> None:
    tally.hit(number)


async def main(command: str, *words: str) -> None:
    global tally
    later = empty.configure(schedule_in={"days": 1})
    other = empty.configure(queue="emails")
    async with app.open_async():
        match command:
            case "setup":
                await app.schema_manager.apply_schema_async()
            case "single":
                await timed(int(words[0]), one_by_one(int(words[0]), lambda i: empty.defer_async(number=i)))
            case "bulk" | "defer":
                bulk = chunks(int(words[0]), lambda part: empty.batch_defer_async(*[{"number": i} for i in part]))
                await timed(int(words[0]), bulk)
            case "fill":
                await chunks(int(words[0]), lambda part: other.batch_defer_async(*[{"number": i} for i in part]))
                await chunks(int(words[1]), lambda part: later.batch_defer_async(*[{"number": i} for i in part]))
            case "paced":
                await paced(int(words[0]), float(words[1]), lambda i: empty.defer_async(number=i))
            case "work":
                tally = Tally()
                await gate()
                await app.run_worker_async(queues=["critical"], concurrency=OPTIONS["slots"])


run(main)
