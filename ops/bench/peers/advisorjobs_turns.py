"""AdvisorJobs with organizations in line. Options: `slots`.

Commands beside `setup` and `work`: `line ORGANIZATIONS EACH MILLISECONDS` adds the jobs of one organization after the
other's, `newcomer NUMBER MILLISECONDS` one job of another organization, and reports the moment at which it was added.
"""

from __future__ import annotations

import logging
import subprocess
import sys

from meter import OPTIONS, chunks, gate, monotonic, report, run

from advisorjobs import app, get_queue_manager

logging.disable(logging.CRITICAL)


async def main(command: str, *words: str) -> None:
    add_jobs = get_queue_manager().add_jobs
    match command:
        case "setup":
            subprocess.run([sys.executable, "-m", "advisorjobs", "migrate"], check=True, stdout=subprocess.DEVNULL)
        case "line":
            organizations, each, milliseconds = map(int, words)
            await chunks(
                organizations * each,
                lambda part: add_jobs([job(n, f"org-{n // each}", milliseconds) for n in part]),
            )
        case "newcomer":
            number, milliseconds = map(int, words)
            await add_jobs([job(number, f"new-{number}", milliseconds)])
            report(added=monotonic())
        case "work":
            await gate()
            await app.run_worker_async(queues=["critical"], concurrency=OPTIONS.get("slots"))


def job(number: int, organization: str, milliseconds: int) -> dict[str, object]:
    payload = {"organization_id": organization, "number": number, "milliseconds": milliseconds}
    return {"name": "bench:nap", "payload": payload}


run(main)
