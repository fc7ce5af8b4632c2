"""The soak's worker: an empty job, and a line on stdout for each claim: when it was answered (monotonic), milliseconds."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Mapping
from typing import Any

from advisorjobs import app
from advisorjobs.database.link import Link

__all__ = ["main"]


@app.task(name="soak:empty", queue="critical")
async def empty(number: int) -> None:
    """Does nothing."""


def time_claims() -> None:
    """Puts a clock around what the worker sends its claims with."""
    plain = Link.fetch

    async def fetch(link: Link, name: str, params: Mapping[str, Any] | None = None, **options: Any) -> Any:
        begun = time.monotonic()
        rows = await plain(link, name, params, **options)
        if name == "claim_jobs":
            ended = time.monotonic()
            sys.stdout.write(f"{ended:.3f} {1000 * (ended - begun):.3f}\n")
        return rows

    Link.fetch = fetch  # type: ignore[method-assign]


async def main() -> None:
    time_claims()
    logging.disable(logging.WARNING)
    await app.run_worker_async(queues=["critical"])


if __name__ == "__main__":
    asyncio.run(main())
