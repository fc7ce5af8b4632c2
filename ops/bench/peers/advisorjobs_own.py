"""AdvisorJobs through its public interface. PEER_JOB names the job: bench:empty (plain) or bench:typed."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from meter import chunks, one_by_one, paced, run, timed

logging.disable(logging.CRITICAL)
JOB = os.environ.get("PEER_JOB", "bench:empty")


def payload(number: int) -> dict[str, Any]:
    if JOB == "bench:empty":
        return {"number": number}
    return {"organization_id": f"org-{number % 50}", "number": number, "note": "typed"}


async def main(command: str, *words: str) -> None:
    from bench_jobs import empty

    from advisorjobs import app, get_queue_manager

    manager = get_queue_manager()

    async def bulk(part: Sequence[int]) -> None:
        if JOB == "bench:empty":
            await empty.batch_defer_async(*[payload(i) for i in part])
        else:
            await manager.add_jobs([{"name": JOB, "payload": payload(i)} for i in part])

    async def single(number: int) -> None:
        if JOB == "bench:empty":
            await empty.defer_async(**payload(number))
        else:
            await manager.add_job("critical", JOB, payload(number))

    match command:
        case "single":
            await timed(int(words[0]), one_by_one(int(words[0]), single))
        case "bulk":
            await timed(int(words[0]), chunks(int(words[0]), 20_000, bulk))
        case "paced":
            await paced(int(words[0]), float(words[1]), single)
        case "work":
            os.environ.update(PEER_TALLY=words[0], PEER_EXPECTED=words[1])
            slots = os.environ.get("PEER_SLOTS")
            await app.run_worker_async(queues=["critical"], **({"concurrency": int(slots)} if slots else {}))


run(main)
