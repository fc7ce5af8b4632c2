"""AdvisorJobs through its public interface. Options: `job`, bench:empty (plain) or bench:typed (three fields, fifty
organizations), and `slots`, where they are not to be those of a fresh install."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from meter import OPTIONS, chunks, gate, one_by_one, paced, run, timed

logging.disable(logging.CRITICAL)
JOB = OPTIONS.get("job", "bench:empty")
PLAIN = JOB == "bench:empty"


def payload(number: int) -> dict[str, Any]:
    if PLAIN:
        return {"number": number}
    return {"organization_id": f"org-{number % 50}", "number": number, "note": "typed"}


async def main(command: str, *words: str) -> None:
    from bench_jobs import empty

    from advisorjobs import app, get_queue_manager

    manager = get_queue_manager()

    async def bulk(part: Sequence[int], **options: Any) -> None:
        if PLAIN:
            chosen = empty.configure(**options) if options else empty
            await chosen.batch_defer_async(*[payload(i) for i in part])
        else:
            await manager.add_jobs([{"name": JOB, "payload": payload(i), **options} for i in part])

    async def single(number: int) -> None:
        if PLAIN:
            await empty.defer_async(**payload(number))
        else:
            await manager.add_job("critical", JOB, payload(number))

    match command:
        case "setup":
            subprocess.run([sys.executable, "-m", "advisorjobs", "migrate"], check=True, stdout=subprocess.DEVNULL)
        case "single":
            await timed(int(words[0]), one_by_one(int(words[0]), single))
        case "bulk":
            await timed(int(words[0]), chunks(int(words[0]), bulk))
        case "defer":
            many = chunks(int(words[0]), lambda part: empty.batch_defer_async(*[{"number": i} for i in part]), 1000)
            await timed(int(words[0]), many)
        case "fill":
            await chunks(int(words[0]), lambda part: bulk(part, queue="emails"))
            tomorrow: Any = {"days": 1} if PLAIN else timedelta(days=1)
            await chunks(int(words[1]), lambda part: bulk(part, schedule_in=tomorrow))
        case "paced":
            await paced(int(words[0]), float(words[1]), single)
        case "work":
            await gate()
            slots = OPTIONS.get("slots")
            await app.run_worker_async(queues=["critical"], **({"concurrency": slots} if slots else {}))


run(main)
