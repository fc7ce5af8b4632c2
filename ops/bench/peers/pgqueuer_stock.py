"""PgQueuer on its own tables, through asyncpg. Options: `batch`, and `pool` for a pool of four connections."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
from meter import OPTIONS, Tally, chunks, gate, one_by_one, paced, run, timed
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries

logging.disable(logging.CRITICAL)
DSN = os.environ["PEER_DSN"]
TOMORROW = timedelta(days=1)


async def work(connection: asyncpg.Connection) -> None:
    tally = Tally()
    if OPTIONS.get("pool"):
        queuer = PgQueuer.from_asyncpg_pool(await asyncpg.create_pool(DSN, min_size=4, max_size=4))
    else:
        queuer = PgQueuer.from_asyncpg_connection(connection)

    @queuer.entrypoint("empty")
    async def empty(job: Any) -> None:
        tally.hit(int(job.payload))

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, queuer.shutdown.set)
    await gate()
    await queuer.run(batch_size=OPTIONS["batch"], dequeue_timeout=timedelta(seconds=30))


async def main(command: str, *words: str) -> None:
    connection = await asyncpg.connect(DSN)
    queries = Queries(AsyncpgDriver(connection))

    async def bulk(part: Sequence[int], name: str = "empty", after: timedelta | None = None) -> None:
        count = len(part)
        afters = None if after is None else [after] * count
        await queries.enqueue([name] * count, [b"%d" % i for i in part], [0] * count, afters)

    match command:
        case "setup":
            await queries.install()
        case "single":
            await timed(int(words[0]), one_by_one(int(words[0]), lambda i: queries.enqueue("empty", b"%d" % i)))
        case "bulk":
            await timed(int(words[0]), chunks(int(words[0]), bulk))
        case "fill":
            await chunks(int(words[0]), lambda part: bulk(part, "other"))
            await chunks(int(words[1]), lambda part: bulk(part, "empty", TOMORROW))
        case "paced":
            await paced(int(words[0]), float(words[1]), lambda i: queries.enqueue("empty", b"%d" % i))
        case "work":
            await work(connection)


run(main)
