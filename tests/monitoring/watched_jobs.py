"""Jobs of a worker that is watched, named by ADVISORJOBS_IMPORTS."""

from __future__ import annotations

import asyncio
from pathlib import Path

from advisorjobs.application import the_app
from tests.fixtures.waiting import wait_for


def begin(path: str) -> None:
    """Says at *path* that the job has begun."""
    Path(path).touch()


@the_app().task(name="watched:sleep", queue="critical")
async def sleep(seconds: float, path: str) -> None:
    """Leaves the event loop to others meanwhile."""
    begin(path)
    try:
        await asyncio.wait_for(asyncio.Event().wait(), seconds)
    except TimeoutError:
        return


@the_app().task(name="watched:block", queue="critical")
async def block(path: str, until: str) -> None:
    """Holds the event loop, as a coroutine must not, until there is a file *until*."""
    begin(path)
    wait_for(lambda: Path(until).exists(), until, seconds=60)


@the_app().task(name="watched:fail", queue="critical")
async def fail() -> None:
    """Fails for good."""
    raise ValueError("no")
