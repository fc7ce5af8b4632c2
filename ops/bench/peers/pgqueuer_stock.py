"""PgQueuer on its own tables, at its best by default: asyncpg, uvloop, batches of 500, a pool."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
from meter import Tally, chunks, one_by_one, paced, run, timed
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries

logging.disable(logging.CRITICAL)


async def main(command: str, *words: str) -> None:
    connection = await asyncpg.connect(os.environ["PEER_DSN"])
    queries = Queries(AsyncpgDriver(connection))

    async def bulk(part: Sequence[int]) -> None:
        await queries.enqueue(["empty"] * len(part), [b"%d" % i for i in part], [0] * len(part))

    match command:
        case "setup":
            await queries.install()
        case "single":
            await timed(int(words[0]), one_by_one(int(words[0]), lambda i: queries.enqueue("empty", b"%d" % i)))
        case "bulk":
            await timed(int(words[0]), chunks(int(words[0]), 20_000, bulk))
        case "paced":
            await paced(int(words[0]), float(words[1]), lambda i: queries.enqueue("empty", b"%d" % i))
        case "work":
            tally = Tally(words[0], int(words[1]))
            watching = asyncio.ensure_future(tally.watch())
            pool = await asyncpg.create_pool(os.environ["PEER_DSN"], min_size=4, max_size=4)
            queuer = PgQueuer.from_asyncpg_pool(pool)

            @queuer.entrypoint("empty")
            async def empty(job: Any) -> None:
                tally.hit(int(job.payload))

            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, queuer.shutdown.set)
            await queuer.run(batch_size=500, dequeue_timeout=timedelta(seconds=1))
            watching.cancel()


run(main)
